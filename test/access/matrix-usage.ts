import { hasOrganizationPermission, maySeeOrganization } from '../../src/domain/policy/policy.ts'
import { places } from './matrix-queries.ts'
import { type MatrixCase, on, organizationSubject } from './matrix-world.ts'

const november = 'from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z"'

export const usageCases: readonly MatrixCase[] = [
  ...ofUsage('usageReport', `${november}, groupBy: [DAY]`),
  ...ofUsage('usageTotals', november),
]

function ofUsage(field: string, args: string): readonly MatrixCase[] {
  return places((place, what) =>
    on(`Organization.${field}`, what, {
      document: `query ($name: String!) { organization(name: $name) { ${field}(${args}) { pulls } } }`,
      subject: (world) => organizationSubject(place(world)),
      variables: (name) => ({ name }),
      expected: (principal, { organizationId }) => {
        if (principal.kind === 'ANONYMOUS') return 'sign in'
        if (!maySeeOrganization(principal, organizationId)) return 'null'
        return hasOrganizationPermission(principal, organizationId, 'REPORT_READ') ? 'yes' : 'forbidden'
      },
    }),
  )
}
