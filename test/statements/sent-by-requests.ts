import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import pg from 'pg'

/** The statements of one request, from its arrival to its response. */
interface Recording {
  readonly statements: string[]
  isOpen: boolean
}

const started = 'http.server.request.start'

/**
 * Records the statements of requests to servers in this process, except those of background jobs and of what is
 * written after the response.
 */
export class RequestStatements {
  readonly #requests = new AsyncLocalStorage<Recording>()
  readonly #query: unknown
  #recordings: Recording[] = []

  constructor() {
    this.#query = Reflect.get(pg.Client.prototype, 'query')
    const query = this.#query
    const record = this.#record
    if (typeof query !== 'function') throw new TypeError('pg.Client has no method `query` any more.')
    Reflect.set(pg.Client.prototype, 'query', function (this: pg.Client, ...args: unknown[]): unknown {
      record(args[0])
      return Reflect.apply(query, this, args)
    })
    subscribe(started, this.#onRequest)
  }

  /** The statements that the requests of `work` send, including `begin` and `commit`. */
  async during(work: () => Promise<unknown>): Promise<string[]> {
    this.#recordings = []
    await work()
    return this.#recordings.flatMap(({ statements }) => inOneOrder(statements.map(normalized)))
  }

  stop(): void {
    unsubscribe(started, this.#onRequest)
    Reflect.set(pg.Client.prototype, 'query', this.#query)
  }

  readonly #record = (statement: unknown): void => {
    const recording = this.#requests.getStore()
    if (recording?.isOpen === true) recording.statements.push(textOf(statement))
  }

  readonly #onRequest = (message: unknown): void => {
    const { response } = message as { readonly response: ServerResponse }
    const recording: Recording = { statements: [], isOpen: true }
    response.once('close', () => {
      recording.isOpen = false
    })
    this.#recordings.push(recording)
    this.#requests.enterWith(recording)
  }
}

/** Outside of transactions, statements are sent at the same time, in an order that varies. Here, it is alphabetical. */
function inOneOrder(statements: readonly string[]): string[] {
  const ordered: string[] = []
  let together: string[] = []
  let isInTransaction = false
  const flush = () => {
    ordered.push(...together.sort())
    together = []
  }
  for (const statement of statements) {
    if (/^(begin|start transaction)\b/i.test(statement)) isInTransaction = true
    if (isInTransaction) {
      flush()
      ordered.push(statement)
    } else together.push(statement)
    if (/^(commit|rollback)\b/i.test(statement)) isInTransaction = false
  }
  flush()
  return ordered
}

function textOf(statement: unknown): string {
  const text: unknown = typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'text') : statement
  if (typeof text !== 'string') throw new TypeError('A statement without a text was sent.')
  return text
}

// MikroORM writes the values of entities into the text, where they differ from run to run.
const literals = /E?'(?:[^']|'')*'/g

function normalized(text: string): string {
  const withoutLiterals = text.replaceAll(literals, '?')
  return inLines(/\$\d/.test(withoutLiterals) ? text : withoutLiterals)
}

const clauses =
  /(?<!\b(?:delete|left|inner|full|cross)) (?=(?:select|from|where|(?:left |inner |full |cross )?join|group by|order by|on conflict|returning|values|union all)\b)/gi

/** One line per clause, so that a review shows which one changed. */
function inLines(text: string): string {
  let depth = 0
  const lines = text.replace(/\s+/g, ' ').trim().split(clauses)
  return lines
    .map((line, index) => {
      const indented = `${'  '.repeat(depth + (index === 0 ? 0 : 1))}${line}`
      for (const character of line) depth += Number(character === '(') - Number(character === ')')
      return indented
    })
    .join('\n')
}
