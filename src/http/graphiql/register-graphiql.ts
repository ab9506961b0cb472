import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { securityHeaders } from '../security-headers.ts'
import type { ExampleOperation } from './example-operation.ts'
import { packageRoot } from './package-root.ts'

/** The place for the operations in `page/index.html`. The element contains data, which browsers do not execute. */
const emptyList = '<script type="application/json" id="operations">[]</script>'

const decorator = 'graphiqlPage'

/**
 * The page can load from this server only, and inline scripts do not run. Inline styles are allowed, because the editor
 * (Monaco) and React add them at run time; the other directives limit what styles can load to this server. The style
 * sheet of GraphiQL contains fonts as `data:`.
 */
const headers = securityHeaders([
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
])

/** The options of GraphiQL. */
export interface GraphiqlOptions {
  /** The operations in the sidebar, in this order; the first one is open at the start. */
  operations: ReadonlyArray<ExampleOperation>
  /** The directory of the built page. Defaults to `dist/graphiql`, where `npm run build` writes it. */
  directory?: string
}

/**
 * Registers GraphiQL: its static files under `/graphiql/assets/`, and the page for {@link sendGraphiql}. The caller
 * defines the route of the page. If the page was not built, it logs a warning only, because the API does not need it.
 */
export async function registerGraphiql(app: FastifyInstance, options: GraphiqlOptions): Promise<void> {
  const directory = options.directory ?? join(packageRoot, 'dist', 'graphiql')
  const template = await readTemplate(join(directory, 'index.html'))
  app.decorate(decorator, template === undefined ? null : Buffer.from(withOperations(template, options.operations)))
  if (template === undefined) {
    app.log.warn('GraphiQL was not built, so GET /graphql does not show it: run `npm run build`')
    return
  }
  await app.register(fastifyStatic, {
    root: join(directory, 'assets'),
    prefix: '/graphiql/assets/',
    // File names contain a hash of the contents.
    immutable: true,
    maxAge: '365d',
    preCompressed: true,
    index: false,
    decorateReply: false,
    // The policy of a worker is that of its file, not that of the page.
    setHeaders: (reply) => void reply.headers(headers),
  })
}

/**
 * Whether a request for `/graphql` comes from a browser: a GET that prefers HTML to the formats of GraphQL over HTTP,
 * and has no `query`.
 */
export function wantsGraphiql(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  if (typeof request.query === 'object' && request.query !== null && 'query' in request.query) return false
  // The first is chosen if the client has no preference (`*/*`).
  const offered = ['application/graphql-response+json', 'application/json', 'text/html']
  return new Negotiator(request.raw).mediaType(offered) === 'text/html'
}

/** Sends the page, or 503 with a message if the page was not built. */
export function sendGraphiql(reply: FastifyReply): FastifyReply {
  const page = reply.server.getDecorator<Buffer | null>(decorator)
  void reply.headers(headers).header('cache-control', 'no-cache').header('vary', 'accept')
  if (page === null) {
    return reply.code(503).type('text/plain; charset=utf-8').send('GraphiQL was not built: run `npm run build`.\n')
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
  if (!template.includes(emptyList))
    throw new Error('The built page of GraphiQL has no place for operations. Run `npm run build`.')
  // No part of the JSON may close the element that contains it.
  const json = JSON.stringify(operations).replaceAll('<', '\\u003c')
  return template.replace(emptyList, () => emptyList.replace('[]', () => json))
}
