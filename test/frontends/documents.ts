/** The documents that Apollo Client and urql send. Relay compiles its own. */

const token = `fragment TokenFields on AccessToken {
  id
  label
  lastUsedAt
}`

export const listTokens = `query ListTokens($first: Int, $after: String, $last: Int, $before: String) {
  organization(name: "acme") {
    id
    tokenLimit { used }
    accessTokens(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { ...TokenFields } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
} ${token}`

export const generateToken = `mutation GenerateToken($input: GenerateOrganizationTokenInput!) {
  generateOrganizationToken(input: $input) {
    accessTokenEdge { cursor node { ...TokenFields } }
    organization { id tokenLimit { used } }
    userErrors { code }
  }
} ${token}`

export const updateToken = `mutation UpdateToken($id: ID!, $label: String!) {
  updateToken(id: $id, input: { label: $label }) {
    accessToken { ...TokenFields }
    userErrors { code }
  }
} ${token}`

export const deleteToken = `mutation DeleteToken($id: ID!) {
  deleteToken(id: $id) {
    deletedId
    deletedTypename
    organization { id tokenLimit { used } }
    userErrors { code }
  }
}`

/** A page of the list, as the documents select it. */
export interface TokenEdge {
  readonly cursor: string
  readonly node: { readonly id: string; readonly label: string }
}

export interface TokenList {
  readonly organization: {
    readonly id: string
    readonly tokenLimit: { readonly used: number } | null
    readonly accessTokens: {
      readonly edges: readonly TokenEdge[]
      readonly pageInfo: Readonly<Record<'startCursor' | 'endCursor', string | null>>
    } | null
  } | null
}

/** The variables of a page. */
export type PageVariables = {
  readonly first?: number | null
  readonly after?: string | null | undefined
  readonly last?: number | null
  readonly before?: string | null | undefined
}

export function newToken(label: string) {
  const scopes = [{ resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PULL'] }]
  return { organization: 'acme', label, scopes }
}
