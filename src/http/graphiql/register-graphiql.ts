import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { ExampleOperation } from './example-operation.ts'
import { packageRoot } from './package-root.ts'

/** Where `page/index.html` leaves room for the operations. The element is data, which no browser runs. */
const emptyList = '<script type="application/json" id="operations">[]</script>'

const decorator = 'graphiqlPage'

/**
 * The page may load from this server and nowhere else, and no script that stands in the page itself runs.
 * Inline styles are allowed, because the editor (Monaco) and React place theirs at run time; what they could fetch is
 * limited to this server by the other directives. Fonts come as `data:` inside GraphiQL's style sheet.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** What GraphiQL is registered with. */
export interface GraphiqlOptions {
  /** The operations in the sidebar, in this order; the first one is open at the start. */
  operations: ReadonlyArray<ExampleOperation>
  /** Where the built page lies; `npm run build` puts it into `dist/graphiql`. */
  directory?: string
}

/**
 * Makes GraphiQL ready on `app`: its static files under `/graphiql/assets/`, and the page for {@link sendGraphiql}.
 * The route that serves the page is the caller's. A page that was never built is warned about and does not stop the
 * server, since the API needs none of it.
 */
export async function registerGraphiql(app: FastifyInstance, options: GraphiqlOptions): Promise<void> {
  const directory = options.directory ?? join(packageRoot, 'dist', 'graphiql')
  const template = await readTemplate(join(directory, 'index.html'))
  app.decorate(decorator, template === undefined ? null : withOperations(template, options.operations))
  if (template === undefined) {
    app.log.warn('GraphiQL has not been built: run `npm run build` to have it on GET /graphql.')
    return
  }
  await app.register(fastifyStatic, {
    root: join(directory, 'assets'),
    prefix: '/graphiql/assets/',
    // The names hold a hash of the contents.
    immutable: true,
    maxAge: '365d',
    preCompressed: true,
    index: false,
    decorateReply: false,
    // A worker obeys the policy of its own file, not the page's.
    setHeaders: (reply) => void reply.headers(securityHeaders),
  })
}

/**
 * Whether a request for `/graphql` comes from a person with a browser: a GET that prefers HTML to what GraphQL over
 * HTTP answers with, and that carries no `query` of its own.
 */
export function wantsGraphiql(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  if (typeof request.query === 'object' && request.query !== null && 'query' in request.query) return false
  // The first wins where a client has no preference (`*/*`).
  const offered = ['application/graphql-response+json', 'application/json', 'text/html']
  return new Negotiator(request.raw).mediaType(offered) === 'text/html'
}

/** Answers with the page; with 503 and what to do about it when it has not been built. */
export function sendGraphiql(reply: FastifyReply): FastifyReply {
  const page = reply.server.getDecorator<string | null>(decorator)
  void reply.headers(securityHeaders).header('cache-control', 'no-cache').header('vary', 'accept')
  if (page === null) {
    return reply.code(503).type('text/plain; charset=utf-8').send('GraphiQL has not been built: run `npm run build`.\n')
  }
  return reply.type('text/html; charset=utf-8').send(page)
}

async function readTemplate(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function withOperations(template: string, operations: ReadonlyArray<ExampleOperation>): string {
  if (!template.includes(emptyList)) throw new Error('GraphiQL’s page has no place for operations: `npm run build`.')
  // Nothing in the JSON may end the element that it stands in.
  const json = JSON.stringify(operations).replaceAll('<', '\\u003c')
  return template.replace(emptyList, () => emptyList.replace('[]', () => json))
}
