import { readFileSync } from 'node:fs'
import { buildSchema } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Random } from '../execution/generate-operation.ts'
import { type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { createDocumentWorld, type DocumentWorld, sendDocument } from './document-world.ts'
import { maxStatements } from './documents.ts'
import { smallestDocument } from './grow-document.ts'
import { worstDocuments } from './worst-documents.ts'

let postern: Postern
let world: DocumentWorld
beforeAll(async () => {
  postern = await startPostern()
  world = await createDocumentWorld(postern.url)
})
afterAll(() => postern.stop())

// `npm run test:abuse` searches longer, and also measures CPU time and memory.
const steps = 120

it.each(['anonymous', 'organization token', 'personal token', 'owner'])(
  'a search finds no document that takes more than 15 statements as the %s, or causes a server error',
  async (kind) => {
    const seed = Date.now() % 1_000_000
    const random = new Random(seed)
    const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'))
    let best = { document: smallestDocument(schema, world), statements: 0 }
    let accepted = 0
    for (let step = 0; step < steps; step++) {
      const document = best.document.grow(random)
      let status = 0
      const statements = await statementsOf(async () => {
        status = (await sendDocument(postern.url, world.principals[kind] ?? null, document.text)).status
      })
      expect({ seed, text: document.text, isFault: status >= 500 }).toMatchObject({ isFault: false })
      if (status !== 200) continue
      accepted++
      expect({ seed, text: document.text, isOver: statements.length > maxStatements }).toMatchObject({ isOver: false })
      if (statements.length >= best.statements) best = { document, statements: statements.length }
    }
    expect(accepted).toBeGreaterThan(0)
  },
)

it('known expensive documents are invalid, or cost no more than others', async () => {
  for (const [name, text] of worstDocuments())
    for (const bearer of [null, world.principals.owner ?? null, null]) {
      const statements = await statementsOf(async () => {
        const { status } = await sendDocument(postern.url, bearer, text)
        expect({ name, isAnswered: status === 200 || status === 400 }).toEqual({ name, isAnswered: true })
      })
      expect({ name, isOver: statements.length > maxStatements }).toEqual({ name, isOver: false })
    }
})
