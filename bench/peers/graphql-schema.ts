import { readFileSync } from 'node:fs'
import { GraphQLError } from 'graphql'
import { DateTime } from '../../src/graphql/date-time.ts'
import { rowsOf } from './database.ts'
import { sessionHashOf } from './session.ts'
import { findTokens, type TokenOwner } from './tokens.ts'

/*
 * What the GraphQL peers on hand-written SQL share: Postern's own schema, so that they parse and validate the same
 * documents, and resolvers for the list of tokens.
 */

export const typeDefs = readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8')

/** The caller; null if anonymous. */
export interface Caller {
  readonly userId: string | null
}

/** Sends one prepared statement, or no statement if the header has no well-formed session token. */
export async function authenticate(authorization: string | undefined): Promise<Caller> {
  const hash = sessionHashOf(authorization)
  if (hash === null) return { userId: null }
  const [session] = await rowsOf<{ user_id: string }>(
    'session',
    'select user_id from session where secret_hash = $1 and expires_at > now()',
    [hash],
  )
  return { userId: session?.user_id ?? null }
}

async function organization(_root: unknown, { name }: { name: string }, { userId }: Caller) {
  const [row] = await rowsOf<TokenOwner & { owner: boolean }>(
    'organization',
    `select o.id, o.name, o.plan, coalesce(m.role = 'OWNER', false) or c.user_id is not null as owner
     from namespace n join organization o on o.id = n.id
     left join membership m on m.organization_id = o.id and m.user_id = $1
     left join company_owner c on c.company_id = o.company_id and c.user_id = $1
     where n.name = $2`,
    [userId, name],
  )
  if (row?.owner !== true) throw new GraphQLError('Only owners may.', { extensions: { code: 'FORBIDDEN' } })
  return row
}

export const resolvers = {
  DateTime,
  Query: { organization },
  Organization: {
    accessTokens: async (owner: TokenOwner, { first }: { first: number }) => ({
      nodes: await findTokens(owner, first),
    }),
  },
}

/** The list's items have an interface as their type, which has one implementation here. */
export const resolveTokenType = (): string => 'OrganizationAccessToken'
