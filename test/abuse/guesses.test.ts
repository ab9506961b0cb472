import { afterAll, beforeAll, expect, it } from 'vitest'
import { adminPassword, type Postern, startPostern } from '../harness/postern.ts'
import { makeToken, measureGuessesAt } from './guesses.ts'

let postern: Postern

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
})
afterAll(() => postern.stop())

it('guessers get what their budgets allow, and keep nobody else out', async () => {
  const administrator = { username: 'admin', password: adminPassword }
  const target = { url: postern.url, administrator, token: await makeToken(postern.url, administrator) }
  const figures = await measureGuessesAt(target, 0.4)
  expect(figures).toHaveLength(9)
  // How many come in a minute depends on the machine.
  const ofCounts = figures.filter(({ name }) => !name.endsWith('a minute'))
  expect(ofCounts.filter(({ met }) => !met)).toEqual([])
  for (const { value } of figures.filter(({ name }) => name.endsWith('a minute')))
    expect(value).toMatch(/^[1-9]\d*, all let in$/)
})
