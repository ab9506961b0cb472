import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildSchema } from 'graphql'
import { Random } from '../execution/generate-operation.ts'
import { createDocumentWorld, type DocumentWorld, sendDocument } from './document-world.ts'
import type { Figure } from './figure.ts'
import { smallestDocument } from './grow-document.ts'
import { type MeasuredPostern, startMeasuredPostern } from './start-postern.ts'
import { worstDocuments } from './worst-documents.ts'

/** The cost of one document for the server. */
interface Cost {
  readonly text: string
  readonly cpuMs: number
  readonly statements: number
  readonly bytes: number
}

export const maxStatements = 15
const maxCpuMs = 100
const maxRetainedMb = 20
const documentsForMemory = 10_000

/**
 * Searches for the documents that cost most, for every kind of caller, and for the memory that many documents occupy.
 */
export async function measureDocuments({
  seed = Date.now() % 1_000_000,
  steps = 1_500,
} = {}): Promise<readonly Figure[]> {
  const postern = await startMeasuredPostern()
  try {
    const world = await createDocumentWorld(postern.url)
    const figures: Figure[] = [{ name: 'seed of the search for documents', value: String(seed) }]
    for (const [kind, bearer] of Object.entries(world.principals)) {
      const worst = await searchWorst(postern, world, bearer, seed, steps)
      figures.push(
        figure(`${kind}: most CPU of an accepted document`, worst.cpu.cpuMs, 'ms', maxCpuMs),
        figure(`${kind}: most statements of an accepted document`, worst.statements.statements, '', maxStatements),
        figure(`${kind}: longest response`, worst.bytes.bytes / 1024, 'KiB'),
      )
    }
    figures.push(figure('most CPU of a document that was made to cost much', await worstKnown(postern), 'ms', maxCpuMs))
    figures.push(
      figure(`memory kept after ${documentsForMemory} documents`, await retained(postern), 'MB', maxRetainedMb),
    )
    return figures
  } finally {
    await postern.stop()
  }
}

function figure(name: string, value: number, unit: string, most?: number): Figure {
  const shown = `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`.trim()
  return most === undefined ? { name, value: shown } : { name, value: shown, goal: `≤ ${most}`, met: value <= most }
}

/** Changes documents as long as they cost more, and starts again when they do not. */
export async function searchWorst(
  postern: MeasuredPostern,
  world: DocumentWorld,
  bearer: string | null,
  seed: number,
  steps: number,
): Promise<{ readonly cpu: Cost; readonly statements: Cost; readonly bytes: Cost }> {
  const schema = buildSchema(readFileSync(resolve(import.meta.dirname, '../../schema/schema.graphql'), 'utf8'))
  const random = new Random(seed)
  const smallest = smallestDocument(schema, world)
  const none: Cost = { text: '', cpuMs: 0, statements: 0, bytes: 0 }
  const worst = { cpu: none, statements: none, bytes: none }
  let best = { document: smallest, score: 0 }
  let failures = 0
  const by = ['cpuMs', 'statements', 'bytes'] as const
  for (let step = 0; step < steps; step++) {
    const document = best.document.grow(random)
    const cost = await costOf(postern, bearer, document.text)
    const score = cost === null ? -1 : cost[by[Math.floor((3 * step) / steps)] ?? 'cpuMs']
    if (score > best.score) {
      best = { document, score }
      failures = 0
    } else if (++failures > 60) {
      best = { document: smallest, score: 0 }
      failures = 0
    }
    if (cost === null) continue
    if (cost.cpuMs > worst.cpu.cpuMs) worst.cpu = await again(postern, bearer, cost, worst.cpu)
    if (cost.statements > worst.statements.statements) worst.statements = cost
    if (cost.bytes > worst.bytes.bytes) worst.bytes = cost
  }
  return worst
}

/** The cost of a document on its first execution; null if it is invalid. */
async function costOf(postern: MeasuredPostern, bearer: string | null, text: string): Promise<Cost | null> {
  const before = await postern.usage()
  const { status, body } = await sendDocument(postern.url, bearer, text)
  const after = await postern.usage()
  if (status >= 500) throw new Error(`The server failed (${status}) on: ${text}`)
  if (status !== 200) return null
  const statements = after.statements - before.statements
  return { text, cpuMs: after.cpuMs - before.cpuMs, statements, bytes: body.length }
}

/** Measures the cost five more times, because the first measurement can include other work or garbage collection. */
async function again(postern: MeasuredPostern, bearer: string | null, cost: Cost, other: Cost): Promise<Cost> {
  const times: number[] = []
  for (let index = 0; index < 5; index++) {
    const measured = await costOf(postern, bearer, `${cost.text} # ${index}`)
    times.push(measured?.cpuMs ?? 0)
  }
  const cpuMs = times.sort((one, two) => one - two)[2] ?? 0
  return cpuMs > other.cpuMs ? { ...cost, cpuMs } : other
}

async function worstKnown(postern: MeasuredPostern): Promise<number> {
  let most = 0
  // In the first round, V8 has not compiled the code yet.
  for (const isWarm of [false, true])
    for (const text of worstDocuments().values()) {
      const before = await postern.usage()
      await sendDocument(postern.url, null, `${text} # ${isWarm}`)
      if (isWarm) most = Math.max(most, (await postern.usage()).cpuMs - before.cpuMs)
    }
  return most
}

/** The growth of the process by different documents, each sent twice, after a warm-up. */
async function retained(postern: MeasuredPostern): Promise<number> {
  const sendMany = async (kind: string, count: number) => {
    for (let index = 0; index < count; index++) {
      const text = `{ viewer { user { ${Array.from({ length: 60 }, (_, field) => `${kind}${index}_${field}: id`).join(' ')} } } }`
      await sendDocument(postern.url, null, text)
      if (index % 10 === 0) await sendDocument(postern.url, null, text)
    }
  }
  await sendMany('w', documentsForMemory / 5)
  const before = (await postern.usage()).residentMb
  await sendMany('d', documentsForMemory)
  return (await postern.usage()).residentMb - before
}
