import { once } from 'node:events'
import { createServer } from 'node:http'
import { useGraphQlJit as graphqlJit } from '@envelop/graphql-jit'
import { createSchema, createYoga } from 'graphql-yoga'
import { authenticate, type Caller, resolvers, resolveTokenType, typeDefs } from './graphql-schema.ts'

const yoga = createYoga({
  schema: createSchema<Caller>({
    typeDefs,
    resolvers: { ...resolvers, AccessToken: { __resolveType: resolveTokenType } },
  }),
  context: ({ request }) => authenticate(request.headers.get('authorization') ?? undefined),
  plugins: [graphqlJit()],
  logging: false,
  graphiql: false,
})
const server = createServer(yoga).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
