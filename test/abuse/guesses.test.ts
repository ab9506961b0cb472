import { afterAll, beforeAll, expect, it } from 'vitest'
import { adminPassword, type Postern, startPostern } from '../harness/postern.ts'
import { generateToken, measureGuessesAt } from './guesses.ts'

let postern: Postern

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
})
afterAll(() => postern.stop())

it('guessers get no more than their budgets, and lock nobody else out', async () => {
  const administrator = { username: 'admin', password: adminPassword }
  const target = { url: postern.url, administrator, token: await generateToken(postern.url, administrator) }
  const figures = await measureGuessesAt(target, 0.4)
  expect(figures).toHaveLength(9)
  // The number of attempts per minute depends on the machine.
  const ofCounts = figures.filter(({ name }) => !name.endsWith('a minute'))
  expect(ofCounts.filter(({ met }) => !met)).toEqual([])
  for (const { value } of figures.filter(({ name }) => name.endsWith('a minute')))
    expect(value).toMatch(/^[1-9]\d*, all let in$/)
})
