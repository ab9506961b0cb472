import type { Benchmark } from '../benchmark.ts'
import { median } from '../measure.ts'
import { verdict } from '../report.ts'

const goal = { atMost: 2_000 }

/** Measures how long a start takes. */
export const start: Benchmark = {
  name: 'start',
  about: 'From the start of the process, on a database in use, until it accepts requests.',
  async run({ database, worlds, pace, startPostern }) {
    const url = await database(worlds.usual)
    // The first start on a database generates its keys, so it is not measured.
    await (await startPostern(url)).stop()
    const startsMs: number[] = []
    const residentMb: number[] = []
    for (let round = 0; round < pace.rounds; round++) {
      const server = await startPostern(url)
      startsMs.push(server.startMs)
      residentMb.push((await server.usage()).residentMb)
      await server.stop()
    }
    const columns = ['', 'median ms', 'slowest ms', 'RSS MB', 'goal', '']
    const ms = (value: number) => value.toFixed(0)
    const row = ['start', ms(median(startsMs)), ms(Math.max(...startsMs)), ms(median(residentMb))]
    return [{ columns, rows: [[...row, ...verdict(median(startsMs), goal)]] }]
  },
}
