import type { FastifyInstance } from 'fastify'

/**
 * A body that has arrived and waits to be parsed. Parsed JSON can take 28 times as much memory as its text, which is
 * what counts for the memory of bodies.
 */
export class UnparsedBody {
  /** Throws an error with a status if the body is invalid. */
  readonly parse: () => unknown

  constructor(parse: () => unknown) {
    this.parse = parse
  }
}

/** Parses bodies when their requests have a place among those of their network. To be called after `shareByNetwork`. */
export function parseBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    const parse = () => {
      let parsed: unknown
      void parseJson(request, String(text), (error, body: unknown) => {
        if (error !== null) throw error
        parsed = body
      })
      return parsed
    }
    done(null, new UnparsedBody(parse))
  })
  app.addHook('preHandler', (request, _reply, done) => {
    const { body } = request
    if (!(body instanceof UnparsedBody)) return done()
    try {
      request.body = body.parse()
    } catch (error) {
      return done(error instanceof Error ? error : new TypeError('The body could not be parsed.'))
    }
    done()
  })
}
