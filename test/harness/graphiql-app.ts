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
  input SignInInput { username: String!, password: String! }
  type UserError { message: String! }
  type SignInPayload { sessionToken: String, userErrors: [UserError!]! }
  type SignOutPayload { userErrors: [UserError!]! }
  type Mutation { signIn(input: SignInInput!): SignInPayload!, signOut: SignOutPayload! }
`)

/** The token that `signIn` returns for the correct password. */
export const sessionToken = 'pstn_ses_made-by-signing-in'
export const correctPassword = 'example'

/** An operation that reached the GraphQL handler. */
export interface ReceivedOperation {
  operationName: string | undefined
  authorization: string | undefined
}

interface GraphqlRoute {
  Body: { query: string; operationName?: string; variables?: Record<string, unknown> } | undefined
}

interface SignInArgs {
  input: { password: string }
}

const rootValue = {
  viewer: { username: 'ada' },
  signIn: ({ input }: SignInArgs) =>
    input.password === correctPassword
      ? { sessionToken, userErrors: [] }
      : { sessionToken: null, userErrors: [{ message: 'The password is wrong.' }] },
  signOut: { userErrors: [] },
}

/**
 * The smallest server that GraphiQL can be registered on. Its GraphQL handler returns a text for requests without a
 * body.
 */
export async function createGraphiqlApp(
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
      return graphql({ schema, source, operationName: operationName ?? null, variableValues, rootValue })
    },
  })
  return app
}

/** Builds the page like `npm run build`, unless it is up to date. Returns the output of the build. */
export async function buildGraphiql(): Promise<string> {
  const { stderr } = await promisify(execFile)(process.execPath, ['src/http/graphiql/build-page.ts'])
  return stderr
}
