import { afterAll, beforeAll, expect, it } from 'vitest'
import { countPulls } from '../../src/domain/usage/count-pulls.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

const windowStart = new Date('2030-05-06T06:00:00Z')

let postern: Postern
let namespaceId: string
let limited: string
let unlimited: string

beforeAll(async () => {
  postern = await startPostern()
  const owner = await postern.signInAsAdministrator()
  namespaceId = await createOrganization(owner, 'acme')
  limited = (await generateToken(owner)).id
  unlimited = (await generateToken(owner)).id
})
afterAll(() => postern.stop())

const want = (subjectId: string, pulls: number, limit: number | null = null, at = windowStart) => ({
  namespaceId,
  subjectId,
  at,
  pulls,
  limit,
})

it('counts those of one token together, and where there is no room for all, each for which there is', async () => {
  const em = postern.em()
  const wanted = [
    want(limited, 2, 5),
    want(unlimited, 3),
    want(limited, 4, 5),
    want('tok_deleted', 1),
    want(limited, 2, 5),
    want(unlimited, 4),
    want(limited, 1, 5),
    want(limited, 1, 5),
  ]
  expect(await countPulls(em, wanted)).toEqual([
    'COUNTED',
    'COUNTED',
    'LIMIT_REACHED',
    'NO_SUBJECT',
    'COUNTED',
    'COUNTED',
    'COUNTED',
    'LIMIT_REACHED',
  ])
  const rows = await em.execute('select subject_id, reserved as pulls from usage_window order by reserved')
  expect(rows).toEqual([
    { subject_id: limited, pulls: 5 },
    { subject_id: unlimited, pulls: 7 },
  ])
})

it('tells the windows of a token apart', async () => {
  const next = new Date('2030-05-06T12:00:00Z')
  const outcomes = await countPulls(postern.em(), [
    want(limited, 1, 5),
    want(limited, 5, 5, next),
    want(limited, 6, 5, next),
  ])
  expect(outcomes).toEqual(['LIMIT_REACHED', 'COUNTED', 'LIMIT_REACHED'])
})
