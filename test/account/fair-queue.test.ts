import { expect, it } from 'vitest'
import { FairQueue } from '../../src/domain/secrets/fair-queue.ts'

// `a1` is a request of the network a, and `10.0.1.7/32 #2` one of the network before the number sign.
const networkOf = (name: string) => (name.includes('#') ? (name.split(' ')[0] ?? '') : name.slice(0, 1))

/** A queue, and its work: it starts, is recorded, and ends when the test releases it. */
function createWork(options: { maxAtOnce: number; maxWaiting: number; maxWaitingOfNetwork: number }) {
  const queue = new FairQueue(options)
  const started: string[] = []
  const denied: string[] = []
  const ends: Array<() => void> = []
  const enter = (name: string, isProven = false) =>
    queue
      .run(networkOf(name), isProven, () => {
        started.push(name)
        return new Promise<void>((end) => ends.push(end))
      })
      .catch(() => denied.push(name))
  return {
    started,
    denied,
    enter: (...names: string[]) => names.map((name) => enter(name)),
    enterProven: (...names: string[]) => names.map((name) => enter(name, true)),
    /** Ends the work that has run longest, so that the next can start. */
    async endNext(): Promise<void> {
      ends.shift()?.()
      await new Promise((resume) => setImmediate(resume))
    },
  }
}

const roomy = { maxAtOnce: 1, maxWaiting: 100, maxWaitingOfNetwork: 100 }

it('networks take turns, however many requests wait for each', async () => {
  const work = createWork(roomy)
  work.enter('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1')
  for (let i = 0; i < 7; i++) await work.endNext()
  expect(work.started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
})

it('authenticated clients have every second turn', async () => {
  const work = createWork(roomy)
  work.enter('a1', 'a2', 'b1', 'c1', 'd1')
  work.enterProven('o1', 'p1')
  for (let i = 0; i < 7; i++) await work.endNext()
  expect(work.started).toEqual(['a1', 'o1', 'a2', 'p1', 'b1', 'c1', 'd1'])
})

it('authenticated clients wait even if other networks have taken all places', async () => {
  const work = createWork({ maxAtOnce: 1, maxWaiting: 3, maxWaitingOfNetwork: 2 })
  work.enter('a1', 'b1', 'c1', 'd1', 'e1')
  work.enterProven('o1')
  for (let i = 0; i < 6; i++) await work.endNext()
  expect(work.denied).toEqual(['e1'])
  expect(work.started).toContain('o1')
})

it('the network with the most waiting requests gives a place to one with fewer, and to no other', async () => {
  const work = createWork({ maxAtOnce: 1, maxWaiting: 3, maxWaitingOfNetwork: 3 })
  work.enter('a1', 'a2', 'a3', 'a4', 'b1', 'b2')
  for (let i = 0; i < 6; i++) await work.endNext()
  expect(new Set(work.denied)).toEqual(new Set(['a4', 'b2']))
  expect(work.started).toEqual(['a1', 'a2', 'b1', 'a3'])
})

it('sites take turns, whatever the number of their networks', async () => {
  const work = createWork(roomy)
  const flood = Array.from({ length: 6 }, (_, index) => `2001:db8:0:${index}::/64 #1`)
  work.enter(...flood, '2001:db8:1:0::/64 #1', '10.0.0.1/32 #1', '10.0.0.2/32 #1')
  for (let i = 0; i < 5; i++) await work.endNext()
  expect(work.started.slice(0, 5)).toEqual([...flood.slice(0, 2), '2001:db8:1:0::/64 #1', '10.0.0.1/32 #1', flood[2]])
})

it('a site with many networks leaves places to others, and fills only its own', async () => {
  const work = createWork({ maxAtOnce: 1, maxWaiting: 4, maxWaitingOfNetwork: 4 })
  const flood = Array.from({ length: 8 }, (_, index) => `10.0.0.${index}/32 #1`)
  work.enter(...flood, '10.0.1.1/32 #1', '2001:db8:1:0::/64 #1')
  for (let i = 0; i < 10; i++) await work.endNext()
  expect(work.denied.every((name) => name.startsWith('10.0.0.'))).toBe(true)
  expect(work.denied).toHaveLength(5)
  expect(work.started).toEqual(expect.arrayContaining(['10.0.1.1/32 #1', '2001:db8:1:0::/64 #1']))
})

it('a network has a maximum of waiting requests, and the next is denied with the time to wait', async () => {
  const queue = new FairQueue({ maxAtOnce: 1, maxWaiting: 9, maxWaitingOfNetwork: 1 })
  const forever = () => new Promise<void>(() => undefined)
  void queue.run('a', false, forever)
  void queue.run('a', false, forever)
  await expect(queue.run('a', false, forever)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    wait: { seconds: 10, limits: [] },
  })
})
