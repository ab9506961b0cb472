import { createRequire } from 'node:module'
import type * as GraphqlMiddleware from 'graphql-middleware'
import type * as GraphqlShield from 'graphql-shield'

// graphql-shield's ESM build imports what Node no longer has; its CommonJS build loads, and needs graphql-middleware from
// the same kind of build. `chain`, `race` and `not` are left out on purpose: in that build the first two always deny, and
// `not` allows when its rule throws.
const require = createRequire(import.meta.url)
const graphqlShield: typeof GraphqlShield = require('graphql-shield')
const graphqlMiddleware: typeof GraphqlMiddleware = require('graphql-middleware')

export const { allow, rule, shield } = graphqlShield
export const { applyMiddleware } = graphqlMiddleware
