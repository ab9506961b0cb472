import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as budgets from '../../src/domain/guess/budgets.ts'
import { permissionDefinitions } from '../../src/domain/model/permission.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import { refusalReasons } from '../../src/domain/model/refusal-reason.ts'
import { userErrorCodes } from '../../src/domain/shared/errors.ts'
import { maxTextLength } from '../../src/graphql/execution/execution.ts'
import * as documentLimits from '../../src/graphql/limits/document-limits.ts'
import * as costLimits from '../../src/graphql/limits/limit-cost.ts'
import { maxVariableValues } from '../../src/graphql/limits/variable-limits.ts'
import { oauthErrorCodes } from '../../src/http/device/oauth-error.ts'
import { codeSpans, firstCode, read, root, rowsOf } from './markdown.ts'

const limits = 'docs/reference/limits.md'
const errors = 'docs/reference/error-codes.md'

describe('docs/guides/tokens.md', () => {
  it('has the permissions of the catalogue, with what each includes', () => {
    const rows = rowsOf('docs/guides/tokens.md', 'Permissions')
    expect(
      rows.map(([permission, on, , includes = '']) => [firstCode(permission), firstCode(on), codeSpans(includes)]),
    ).toEqual(permissionDefinitions.map(({ permission, resource, includes }) => [permission, resource, includes]))
  })
})

describe('docs/reference/limits.md', () => {
  it('has the limits of the plans', () => {
    const rows = rowsOf(limits, 'Plans').map(([plan, tokens, pulls, activityDays]) => [
      firstCode(plan),
      {
        tokens: Number(tokens),
        pulls: pulls === 'unlimited' ? null : Number(pulls),
        activityDays: Number(activityDays),
      },
    ])
    expect(Object.fromEntries(rows)).toEqual(defaultPlanTable)
  })

  it('has every limit of a document and of its cost', () => {
    const numbers = Object.values({ ...documentLimits, ...costLimits, maxVariableValues, maxTextLength }).filter(
      (value) => typeof value === 'number',
    )
    const rows = rowsOf(limits, 'Requests').filter((cells) => cells.length === 2)
    const shown = rows.map(([, most = '']) => Number(most.replaceAll(',', '')))
    expect(shown.sort()).toEqual(numbers.sort())
  })

  it('has the budgets of failed attempts', () => {
    const time = { 900: '15 minutes', 3600: 'an hour', 86400: 'a day' } as Readonly<Record<number, string>>
    const text = ({ failures, windowSeconds }: budgets.Budget) => `${failures} in ${time[windowSeconds]}`
    expect(rowsOf(limits, 'Failed attempts').map(([, limit]) => limit)).toEqual([
      `${text(budgets.passwordsOfAccount)}, ${text(budgets.passwordsOfAccountInADay)}`,
      text(budgets.passwordsOfNetwork),
      text(budgets.rejectedSecrets),
      text(budgets.rejectedSecrets),
      text(budgets.providerSignIns),
      text(budgets.signUps),
      text(budgets.takenNames),
      text(budgets.providersOfOrganization),
      text(budgets.providersOfNetwork),
      text(budgets.deviceRequests),
      text(budgets.userCodesOfAccount),
      text(budgets.userCodesOfNetwork),
      text(budgets.conflictingKeys),
    ])
    const { passwordsFromAnywhere, passwordsOfAccount, failuresUnderAttack } = budgets
    expect(read(limits).replaceAll(/\s+/g, ' ')).toContain(
      `After ${passwordsFromAnywhere.failures} failures of an account in an hour, from all networks together, each ` +
        `network that failed has ${failuresUnderAttack} attempts instead of ${passwordsOfAccount.failures}.`,
    )
  })
})

describe('docs/reference/error-codes.md', () => {
  it('has every code of a user error', () => {
    expect(rowsOf(errors, 'Invalid input: `userErrors`').map(([code]) => firstCode(code))).toEqual(userErrorCodes)
  })

  it('has every code of a top-level error', () => {
    const named = [read('src/domain/shared/errors.ts'), read('src/graphql/format-error.ts')].join('\n')
    const codes = rowsOf(errors, 'All other errors: `errors`').map(([code]) => firstCode(code))
    for (const code of codes) expect(named).toContain(`'${code}'`)
    const [, union = ''] = /type DenialCode =([\s\S]*?)\n\n/.exec(read('src/domain/shared/errors.ts')) ?? []
    const denials = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)
    expect(codes).toEqual([...denials, 'INTERNAL_SERVER_ERROR'])
  })

  it('has every code of the registry', () => {
    const [, union = ''] = /type RegistryErrorCode =(.*)$/m.exec(read('src/registry/registry-error.ts')) ?? []
    const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)
    expect(
      rowsOf(errors, 'At the registry')
        .map(([, code]) => firstCode(code))
        .sort(),
    ).toEqual(codes.sort())
  })

  it('has every error of OAuth', () => {
    const named = rowsOf(errors, 'At `/oauth`').map(([code]) => firstCode(code))
    expect([...new Set(named)].sort()).toEqual([...oauthErrorCodes].sort())
  })

  it('has every reason of a denied or rejected attempt', () => {
    const rows = rowsOf(errors, 'Reasons of denied and rejected attempts')
    expect(rows.map(([reason]) => firstCode(reason))).toEqual(refusalReasons)
  })
})

describe('docs/operating', () => {
  it('lists every metric of Postern', () => {
    const named = [...read('src/http/metrics.ts').matchAll(/'(postern_\w+)'/g)].map(([, name]) => name)
    const rows = rowsOf('docs/operating/monitoring.md', 'Health and metrics').map(([name]) => firstCode(name))
    expect(rows.filter((name) => name.startsWith('postern_')).sort()).toEqual(named.sort())
  })

  it('quotes messages that the code has', () => {
    const sources = globSync('src/**/*.ts', { cwd: root }).map((path) => read(join(path)))
    const source = sources.join('\n')
    const rows = rowsOf('docs/operating/runbook.md', 'Postern does not start')
    const quoted = rows.flatMap(([message = '']) => codeSpans(message))
    expect(quoted.length).toBeGreaterThan(5)
    expect(quoted.filter((message) => !source.includes(message))).toEqual([])
  })
})
