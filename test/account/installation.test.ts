import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import type { Client } from '../harness/client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let administrator: Client

beforeAll(async () => {
  const plans = { ...defaultPlanTable, TEAM: { tokens: 25, pulls: 5_000, activityDays: null } }
  postern = await startPostern({ allowSignUp: true, plans, anonymousPulls: 7, registryService: 'registry.example.com' })
  administrator = await postern.signInAsAdministrator()
})
afterAll(() => postern.stop())

const settings =
  '{ installation { allowsSignUp registryService defaultPlan anonymousPulls plans { plan tokens pulls activityDays } } }'

describe('the installation', () => {
  it('shows everybody its settings, as the operator chose them', async () => {
    for (const client of [postern.client(), administrator])
      expect((await client.send({ query: settings })).body).toEqual({
        data: {
          installation: {
            allowsSignUp: true,
            registryService: 'registry.example.com',
            defaultPlan: postern.config.defaultPlan,
            anonymousPulls: 7,
            plans: [
              { plan: 'FREE', ...defaultPlanTable.FREE },
              { plan: 'TEAM', tokens: 25, pulls: 5_000, activityDays: null },
              { plan: 'BUSINESS', ...defaultPlanTable.BUSINESS },
            ],
          },
        },
      })
  })
})
