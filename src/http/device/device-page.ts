import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { packageRoot } from '../graphiql/package-root.ts'
import { securityHeaders } from '../security-headers.ts'

const directory = join(packageRoot, 'src', 'http', 'device', 'page')

/** The files of the page, by address. They are served as they are: nothing is built. */
const files = [
  { url: '/device', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/device/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { url: '/device/send-operation.js', file: 'send-operation.js', type: 'text/javascript; charset=utf-8' },
  { url: '/device/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
]

/** Nothing from elsewhere, no scripts or styles in the page itself, no form that leaves it, and no frame around it. */
const headers = securityHeaders(["script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:"])

/**
 * `GET /device`: the page where a person approves a device (RFC 8628, section 3.3). It uses the API as anyone could.
 */
export async function devicePage(app: FastifyInstance): Promise<void> {
  for (const { url, file, type } of files) {
    const contents = await readFile(join(directory, file))
    app.get(url, (_request, reply) =>
      reply.headers(headers).header('cache-control', 'no-cache').type(type).send(contents),
    )
  }
}
