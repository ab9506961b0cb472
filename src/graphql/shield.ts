import { createRequire } from 'node:module'
import type * as GraphqlMiddleware from 'graphql-middleware'
import type * as GraphqlShield from 'graphql-shield'

// The ESM build of graphql-shield imports something that Node no longer has. Its CommonJS build works, and needs the
// CommonJS build of graphql-middleware. `chain`, `race` and `not` are omitted on purpose: in that build the first two
// always deny, and `not` allows when its rule throws.
const require = createRequire(import.meta.url)
const graphqlShield: typeof GraphqlShield = require('graphql-shield')
const graphqlMiddleware: typeof GraphqlMiddleware = require('graphql-middleware')

export const { allow, rule, shield } = graphqlShield
export const { applyMiddleware } = graphqlMiddleware
