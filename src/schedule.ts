import { setTimeout as sleep } from 'node:timers/promises'

/** A background job. It runs on every instance, so it must be safe to run concurrently. */
export interface Job {
  /** The name, for the log. */
  readonly name: string
  /** The time from the end of a run to the next one, in milliseconds. */
  readonly everyMs: number
  readonly run: (now: Date) => Promise<void>
}

// Otherwise, instances that start together would request the same rows at the same time.
const spread = 0.2

/**
 * Runs the jobs one after the other, and then each at its interval, never twice at the same time. A failed job is
 * reported to `onFault` and runs again at its next time. Returns a function that stops the jobs and waits for the
 * running ones.
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
  // All jobs at once would take a connection each, at the start, which is the busiest time.
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
