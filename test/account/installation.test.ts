import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InstallationDocument } from '../../schema/typed-documents.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let administrator: Client

beforeAll(async () => {
  const plans = { ...defaultPlanTable, TEAM: { tokens: 25, pulls: 5_000, activityDays: null } }
  postern = await startPostern({ allowSignUp: true, plans, anonymousPulls: 7, registryService: 'registry.example.com' })
  administrator = await postern.signInAsAdministrator()
  await createOrganization(administrator, 'acme')
  await postern.signUp('ada')
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

  it('shows administrators how many organizations and people there are', async () => {
    const { installation } = await administrator.execute(InstallationDocument, {})
    expect(installation.counts).toEqual({ organizations: 1, people: 2 })
  })

  it('shows nobody else these numbers, and the settings beside the error', async () => {
    const { client } = await postern.signUp('grace')
    for (const [caller, code] of [
      [postern.client(), 'UNAUTHENTICATED'],
      [client, 'FORBIDDEN'],
    ] as const) {
      const { body } = await caller.send({ query: '{ installation { allowsSignUp counts { people } } }' })
      expect(body.data).toEqual({ installation: { allowsSignUp: true, counts: null } })
      expect(body.errors?.map(({ extensions, path }) => [extensions.code, path])).toEqual([
        [code, ['installation', 'counts']],
      ])
    }
  })
})
