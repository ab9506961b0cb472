import { setTimeout as sleep } from 'node:timers/promises'

/** Something that is done again and again while the server runs, by every instance: so it has to bear company. */
export interface Job {
  /** What it does, for the log. */
  readonly name: string
  /** How long after its end it begins again. */
  readonly everyMs: number
  readonly run: (now: Date) => Promise<void>
}

// Instances that start together would otherwise go on in step, and ask for the same rows at the same moment.
const spread = 0.2

/**
 * Runs the jobs one after the other and then each at its interval, never twice at a time. A job that fails is told of and tried
 * again at its time. Answers a function that waits for those under way, and ends the rest.
 */
export function startJobs(jobs: readonly Job[], onFault: (job: string, error: unknown) => void): () => Promise<void> {
  const ending = new AbortController()
  const attempt = ({ name, run }: Job) => run(new Date()).catch((error: unknown) => onFault(name, error))
  const repeat = async (job: Job) => {
    for (;;) {
      const pause = job.everyMs * (1 + spread * Math.random())
      await sleep(pause, undefined, { signal: ending.signal, ref: false }).catch(() => {})
      if (ending.signal.aborted) return
      await attempt(job)
    }
  }
  // All at once would take a connection each, at a moment when there is most to do.
  const running = (async () => {
    const repeating: Promise<void>[] = []
    for (const job of jobs) {
      if (ending.signal.aborted) break
      await attempt(job)
      repeating.push(repeat(job))
    }
    await Promise.all(repeating)
  })()
  return async () => {
    ending.abort()
    await running
  }
}
