import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-codegen-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

it('the typed documents are the output of codegen; `npm run codegen` updates them', async () => {
  const kept = 'schema/typed-documents.ts'
  const settings = await readFile('codegen.yml', 'utf8')
  // The same settings with another output file, so that nothing in the checkout changes.
  const created = join(directory, 'typed-documents.ts')
  expect(settings).toContain(`${kept}:`)
  const config = join(directory, 'codegen.yml')
  await writeFile(
    config,
    settings
      .replace(`${kept}:`, `${created}:`)
      .replace('schema: schema/', `schema: ${resolve('schema')}/`)
      .replace('documents: schema/', `documents: ${resolve('schema')}/`),
  )
  const codegen = resolve('node_modules/@graphql-codegen/cli/esm/bin.js')
  await promisify(execFile)(process.execPath, [codegen, '--config', config, '--silent'])
  expect(await readFile(created, 'utf8')).toBe(await readFile(kept, 'utf8'))
})
