import fastify from 'fastify'
import mercurius from 'mercurius'
import { authenticate, type Caller, resolvers, resolveTokenType, typeDefs } from './graphql-schema.ts'

declare module 'mercurius' {
  interface MercuriusContext extends Caller {}
}

const app = fastify()
await app.register(mercurius.default, {
  schema: typeDefs,
  resolvers: { ...resolvers, AccessToken: { resolveType: resolveTokenType } },
  context: ({ headers }) => authenticate(headers.authorization),
  // Compile a query when it arrives for the second time.
  jit: 1,
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
