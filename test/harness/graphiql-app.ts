import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import { buildSchema, graphql } from 'graphql'
import {
  type GraphiqlOptions,
  registerGraphiql,
  sendGraphiql,
  wantsGraphiql,
} from '../../src/http/graphiql/register-graphiql.ts'

const schema = buildSchema(`
  type Viewer { username: String }
  type Query { "Who is calling." viewer: Viewer }
  type SignInPayload { sessionToken: String }
  type Mutation { signIn(password: String!): SignInPayload! }
`)

/** What `signIn` answers with. */
export const sessionToken = 'pstn_ses_made-by-signing-in'

/** An operation that reached the GraphQL handler. */
export interface ReceivedOperation {
  operationName: string | undefined
  authorization: string | undefined
}

interface GraphqlRoute {
  Body: { query: string; operationName?: string; variables?: Record<string, unknown> } | undefined
}

/** The smallest server that GraphiQL can be registered on; its GraphQL handler says so where it is asked nothing. */
export async function makeGraphiqlApp(
  options: GraphiqlOptions,
  onOperation: (operation: ReceivedOperation) => void = () => {},
): Promise<FastifyInstance> {
  const app = Fastify()
  await registerGraphiql(app, options)
  app.route<GraphqlRoute>({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: async (request, reply) => {
      if (wantsGraphiql(request)) return sendGraphiql(reply)
      if (request.body === undefined) return { handledBy: 'GraphQL' }
      const { query: source, operationName, variables: variableValues } = request.body
      onOperation({ operationName, authorization: request.headers.authorization })
      const rootValue = { viewer: { username: 'ada' }, signIn: { sessionToken } }
      return graphql({ schema, source, operationName: operationName ?? null, variableValues, rootValue })
    },
  })
  return app
}

/** Builds the page as `npm run build` does, when it is not up to date; gives what the build said. */
export async function buildGraphiql(): Promise<string> {
  const { stderr } = await promisify(execFile)(process.execPath, ['src/http/graphiql/build-page.ts'])
  return stderr
}
