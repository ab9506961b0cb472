import type { Latencies } from './load.ts'
import type { Usage } from './servers/probe.ts'

/** A server under a kind of load. */
export interface Candidate {
  readonly name: string
  /** Sends load for a time, and returns the duration of each request, in ms. */
  readonly run: (durationMs: number) => Promise<Latencies>
  /** The resources that its processes have used so far. */
  readonly usage: () => Promise<Usage>
  /** Called after each slice, outside of the measured time. */
  readonly afterSlice?: () => Promise<void>
}

export interface Pace {
  readonly rounds: number
  readonly sliceMs: number
  readonly warmUpMs: number
}

/**
 * For candidates that write what they recorded some seconds later: most writes then fall into the slice that caused
 * them.
 */
export function withLongSlices({ rounds, sliceMs, warmUpMs }: Pace): Pace {
  return { rounds: Math.ceil(rounds / 2), sliceMs: sliceMs * 3, warmUpMs }
}

/** The measurements of a candidate. All values of one slice have the same index. */
export interface Measured {
  readonly name: string
  readonly requestsPerSecond: number[]
  readonly cpuMsPerRequest: number[]
  readonly p50Ms: number[]
  readonly p99Ms: number[]
  readonly statementsPerRequest: number[]
  residentMb: number
}

/**
 * Candidates take turns in short slices, and each round begins with another candidate. So other load on the machine
 * affects all of them, and ratios are computed within a round.
 */
export async function takeTurns<const Candidates extends readonly Candidate[]>(
  candidates: Candidates,
  pace: Pace,
): Promise<{ [Index in keyof Candidates]: Measured }> {
  for (const candidate of candidates) await slice(candidate, pace.warmUpMs)
  const measured = candidates.map(
    ({ name }): Measured => ({
      name,
      requestsPerSecond: [],
      cpuMsPerRequest: [],
      p50Ms: [],
      p99Ms: [],
      statementsPerRequest: [],
      residentMb: 0,
    }),
  )
  for (let round = 0; round < pace.rounds; round++)
    for (let turn = 0; turn < candidates.length; turn++) {
      const index = (round + turn) % candidates.length
      const candidate = candidates[index]
      const into = measured[index]
      if (candidate !== undefined && into !== undefined) addSlice(into, await slice(candidate, pace.sliceMs))
    }
  // One per candidate, in the same order.
  return measured as { [Index in keyof Candidates]: Measured }
}

interface Slice {
  readonly latencies: Latencies
  readonly seconds: number
  readonly before: Usage
  readonly after: Usage
}

async function slice(candidate: Candidate, durationMs: number): Promise<Slice> {
  const before = await candidate.usage()
  const startedAt = performance.now()
  const latencies = await candidate.run(durationMs)
  const seconds = (performance.now() - startedAt) / 1000
  const after = await candidate.usage()
  await candidate.afterSlice?.()
  return { latencies: latencies.toSorted((a, b) => a - b), seconds, before, after }
}

function addSlice(into: Measured, { latencies, seconds, before, after }: Slice): void {
  const requests = latencies.length
  into.requestsPerSecond.push(requests / seconds)
  into.cpuMsPerRequest.push((after.cpuMs - before.cpuMs) / requests)
  into.p50Ms.push(quantile(latencies, 0.5))
  into.p99Ms.push(quantile(latencies, 0.99))
  into.statementsPerRequest.push((after.statements - before.statements) / requests)
  into.residentMb = after.residentMb
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}

/** One ratio per round, and the goal for their median. */
export interface Comparison {
  readonly text: string
  readonly ratios: readonly number[]
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number }
}

/** Compares two candidates by one figure, round by round: `one` divided by `other`. */
export function compare(
  text: string,
  one: readonly number[],
  other: readonly number[],
  goal?: Comparison['goal'],
): Comparison {
  const ratios = one.map((value, round) => value / (other[round] ?? Number.NaN))
  return { text, ratios, ...(goal && { goal }) }
}
