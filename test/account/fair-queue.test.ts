import { expect, it } from 'vitest'
import { FairQueue } from '../../src/domain/secrets/fair-queue.ts'

/** A queue, and what its work does: it starts, is noted, and ends when the test says so. */
function createWork(options: { maxAtOnce: number; maxWaiting: number; maxWaitingOfNetwork: number }) {
  const queue = new FairQueue(options)
  const started: string[] = []
  const denied: string[] = []
  const ends: Array<() => void> = []
  const enter = (name: string, isProven = false) =>
    queue
      .run(name.slice(0, 1), isProven, () => {
        started.push(name)
        return new Promise<void>((end) => ends.push(end))
      })
      .catch(() => denied.push(name))
  return {
    started,
    denied,
    enter: (...names: string[]) => names.map((name) => enter(name)),
    enterProven: (...names: string[]) => names.map((name) => enter(name, true)),
    /** Ends the work that has run longest, and lets the next start. */
    async endNext(): Promise<void> {
      ends.shift()?.()
      await new Promise((resume) => setImmediate(resume))
    },
  }
}

const roomy = { maxAtOnce: 1, maxWaiting: 100, maxWaitingOfNetwork: 100 }

it('networks take turns, however many wait at each', async () => {
  const work = createWork(roomy)
  work.enter('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1')
  for (let i = 0; i < 7; i++) await work.endNext()
  expect(work.started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
})

it('clients that have proved themselves have every second turn', async () => {
  const work = createWork(roomy)
  work.enter('a1', 'a2', 'b1', 'c1', 'd1')
  work.enterProven('o1', 'p1')
  for (let i = 0; i < 7; i++) await work.endNext()
  expect(work.started).toEqual(['a1', 'o1', 'a2', 'p1', 'b1', 'c1', 'd1'])
})

it('clients that have proved themselves wait although other networks have taken all places', async () => {
  const work = createWork({ maxAtOnce: 1, maxWaiting: 3, maxWaitingOfNetwork: 2 })
  work.enter('a1', 'b1', 'c1', 'd1', 'e1')
  work.enterProven('o1')
  for (let i = 0; i < 6; i++) await work.endNext()
  expect(work.denied).toEqual(['e1'])
  expect(work.started).toContain('o1')
})

it('a network where most wait makes room for one where fewer do, and for no other', async () => {
  const work = createWork({ maxAtOnce: 1, maxWaiting: 3, maxWaitingOfNetwork: 3 })
  work.enter('a1', 'a2', 'a3', 'a4', 'b1', 'b2')
  for (let i = 0; i < 6; i++) await work.endNext()
  expect(new Set(work.denied)).toEqual(new Set(['a4', 'b2']))
  expect(work.started).toEqual(['a1', 'a2', 'b1', 'a3'])
})

it('a network has so many waiting at most, and the next is denied with how long to wait', async () => {
  const queue = new FairQueue({ maxAtOnce: 1, maxWaiting: 9, maxWaitingOfNetwork: 1 })
  const forever = () => new Promise<void>(() => undefined)
  void queue.run('a', false, forever)
  void queue.run('a', false, forever)
  await expect(queue.run('a', false, forever)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    wait: { seconds: 10, limits: [] },
  })
})
