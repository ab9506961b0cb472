import { once } from 'node:events'
import { createServer } from 'node:http'
import { postgraphile } from 'postgraphile'
import type { PgSelectSingleStep } from 'postgraphile/@dataplan/pg'
import { makePgService } from 'postgraphile/adaptors/pg'
import { context, type FieldArgs, get, lambda, list, object, SafeError, type Step } from 'postgraphile/grafast'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { extendSchema, gql } from 'postgraphile/utils'
import { statusOf } from '../../src/domain/model/access-token.ts'
import { defaultPlanTable, type Plan } from '../../src/domain/model/plan.ts'
import { resourceOf, type ScopeKind, scopePath } from '../../src/domain/model/scope.ts'
import { pullLimitOf, usageLimit, usageWindowAt } from '../../src/domain/usage/usage-limit.ts'
import { authenticate, type Caller } from './graphql-schema.ts'

/*
 * PostGraphile 5 plans its own SQL over the tables. Values that are not in the tables (a status, a limit) are plans of
 * their own, as its documentation recommends. The fields that it would generate for every table are disabled, because
 * no request uses them.
 */

type Row = PgSelectSingleStep

const typeDefs = gql`
  extend type Query {
    organization(name: String!): OwnedOrganization
  }
  type OwnedOrganization {
    accessTokens(first: Int!): TokenPage!
  }
  type TokenPage {
    nodes: [Token!]!
  }
  type Token {
    label: String!
    status: String!
    createdAt: Datetime!
    createdBy: Creator
    expiresAt: Datetime
    lastUsedAt: Datetime
    lastUsed: LastUse
    scopes: [TokenScope!]!
    usageLimit: TokenUsage!
  }
  type Creator {
    username: String!
  }
  type LastUse {
    at: Datetime!
    ipAddress: String
    client: String
    repository: String
  }
  type TokenScope {
    resource: String!
    path: String!
    permissions: [String!]!
  }
  type TokenUsage {
    limit: Int
    used: Int!
    remaining: Int
    resetsAt: String!
  }
`

declare global {
  namespace Grafast {
    interface Context extends Caller {
      readonly now: Date
      readonly windowStart: string
    }
  }
}

const tokens = extendSchema((build) => {
  const table = (name: string) => {
    const found = build.pgResources[name]
    if (found === undefined) throw new Error(`There is no table ${name}.`)
    return found
  }
  const namespace = table('namespace')
  const organization = table('organization')
  const membership = table('membership')
  const companyOwner = table('company_owner')
  const repository = table('repository')
  const user = table('user_account')
  const accessToken = table('access_token')
  const scope = table('access_token_scope')
  const lastUse = table('access_token_last_use')
  const usageWindow = table('usage_window')

  const ofToken = ($token: Row) => ({ namespace_id: $token.get('namespace_id'), token_id: $token.get('id') })
  const lastUseOf = ($token: Row) => lastUse.get(ofToken($token))
  const organizationOf = ($row: Row) => organization.get({ id: $row.get('namespace_id') })

  return {
    typeDefs,
    objects: {
      Query: {
        plans: {
          organization(_$root: Step, args: FieldArgs) {
            const $organization: Row = organization.get({ id: namespace.get({ name: args.getRaw('name') }).get('id') })
            const $user = context().get('userId')
            const $id = $organization.get('id')
            const $role = membership.get({ organization_id: $id, user_id: $user }).get('role')
            const $companyId = $organization.get('company_id')
            const $companyOwner = companyOwner.get({ company_id: $companyId, user_id: $user }).get('user_id')
            return object({ id: lambda(list([$id, $role, $companyOwner]), ownedId, true) })
          },
        },
      },
      OwnedOrganization: {
        plans: {
          accessTokens($owned: Step, args: FieldArgs) {
            const $tokens = accessToken.find({ namespace_id: get($owned, 'id') })
            $tokens.orderBy({ attribute: 'id', direction: 'DESC' })
            $tokens.setFirst(args.getRaw('first'))
            return object({ nodes: $tokens })
          },
        },
      },
      Token: {
        plans: {
          status: ($token: Row) =>
            lambda(list([$token.get('expires_at'), $token.get('deactivated_at')]), statusOfTimes, true),
          createdAt: ($token: Row) => $token.get('created_at'),
          createdBy: ($token: Row) => user.get({ id: $token.get('created_by_id') }),
          expiresAt: ($token: Row) => $token.get('expires_at'),
          lastUsedAt: ($token: Row) => lastUseOf($token).get('at'),
          lastUsed: lastUseOf,
          scopes($token: Row) {
            const $scopes = scope.find(ofToken($token))
            $scopes.orderBy({ attribute: 'position', direction: 'ASC' })
            return $scopes
          },
          usageLimit($token: Row) {
            const $now = context().get('now')
            const $window = usageWindow.get({
              namespace_id: $token.get('namespace_id'),
              subject_id: $token.get('id'),
              starts_at: context().get('windowStart'),
            })
            const $plan = organizationOf($token).get('plan')
            const $pulls = list(['pulls', 'unreported'].map((column) => $window.get(column)))
            return lambda(list([$token.get('pull_limit'), $plan, $pulls, $now]), limitOf, true)
          },
        },
      },
      LastUse: { plans: { ipAddress: ($use: Row) => $use.get('ip_address') } },
      TokenScope: {
        plans: {
          resource: ($scope: Row) => lambda($scope.get('kind'), resourceOf, true),
          path($scope: Row) {
            const $name = organizationOf($scope).get('name')
            const place = { namespace_id: $scope.get('namespace_id'), id: $scope.get('repository_id') }
            return lambda(list([$scope.get('kind'), $name, repository.get(place).get('path')]), pathOf, true)
          },
        },
      },
    },
  }
})

function ownedId([id, role, companyOwner]: readonly [string, string | null, string | null]): string {
  if (role !== 'OWNER' && companyOwner === null) throw new SafeError('Only owners may.', { code: 'FORBIDDEN' })
  return id
}

function statusOfTimes([expiresAt, deactivatedAt]: readonly [string | null, string | null]) {
  return statusOf({ expiresAt, deactivatedAt }, null, new Date())
}

type Counted = ReadonlyArray<number | null>

function limitOf([pullLimit, plan, pulls, now]: readonly [number | null, Plan, Counted, Date]) {
  const used = pulls.reduce<number>((sum, each) => sum + (each ?? 0), 0)
  return usageLimit(pullLimitOf(pullLimit, defaultPlanTable[plan]), used, usageWindowAt(now).endsAt.toISOString())
}

function pathOf([kind, name, path]: readonly [ScopeKind, string, string | null]): string {
  return scopePath({ kind, repositoryPath: path, repositoryNamespace: null }, name)
}

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [tokens],
  pgServices: [
    makePgService({ connectionString: process.env.DATABASE_URL ?? '', schemas: ['public'], poolConfig: { max: 20 } }),
  ],
  schema: { defaultBehavior: '-*' },
  grafast: {
    explain: false,
    async context({ node }) {
      const now = new Date()
      const windowStart = usageWindowAt(now).startsAt.toISOString()
      return { ...(await authenticate(node?.req.headers.authorization)), now, windowStart }
    },
  },
  grafserv: { graphiql: false, watch: false },
})
const server = createServer()
await instance.createServ(grafserv).addTo(server)
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
