import type { Principal } from '../../src/domain/policy/principal.ts'
import { mayReadItself } from '../../src/domain/policy/token-policy.ts'
import { type MatrixCase, on } from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

/** Fields that are about the organization token of the request, and null for others. */
function itself(principal: Principal): Outcome {
  if (principal.kind !== 'ORGANIZATION_TOKEN') return 'null'
  return mayReadItself(principal) ? 'yes' : 'forbidden'
}

const ofToken = (['tokenActivity { totalCount }', `tokenUsage(${aMonth()}) { pulls }`] as const).map((selection) => {
  const [field = ''] = selection.split(/\W/, 1)
  return on(`Viewer.${field}`, '', {
    document: `{ viewer { ${selection} } }`,
    reading: { path: ['viewer', field] },
    expected: itself,
  })
})

function aMonth(): string {
  return 'from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z", groupBy: [DAY]'
}

/** What the installation and the token of the request show. */
export const installationCases: readonly MatrixCase[] = [
  on('Query.installation', '', {
    document: '{ installation { allowsSignUp plans { plan tokens } } }',
    expected: () => 'yes',
  }),
  ...ofToken,
]
