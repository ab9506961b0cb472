import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'

/** A top-level error as it came over the wire. */
export interface WireError {
  readonly message: string
  readonly path?: ReadonlyArray<string | number>
  readonly extensions: { readonly code: string }
}

export interface WireAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly data?: Record<string, unknown> | null
    readonly errors?: readonly WireError[]
  }
  /** What the response says about the request itself: its cost, and whether its bearer secret was rejected. */
  readonly extensions: { readonly cost?: Readonly<Record<string, number>>; readonly authentication?: unknown }
}

/** Thrown where an answer has top-level errors and none were expected. */
export class UnexpectedErrors extends Error {
  constructor(errors: readonly WireError[]) {
    super(errors.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('\n'))
  }
}

/** A client of the API that speaks typed documents, as a frontend does. */
export class Client {
  readonly #url: string
  readonly token: string | undefined

  constructor(url: string, token: string | undefined) {
    this.#url = url
    this.token = token
  }

  /** Runs an operation that must have no top-level errors; answers its data. */
  async execute<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
    const { body } = await this.send({ query: print(document), variables })
    if (body.errors) throw new UnexpectedErrors(body.errors)
    return body.data as Data
  }

  /** Runs an operation that must fail with top-level errors; answers their codes. */
  async codesOf<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<string[]> {
    const { body } = await this.send({ query: print(document), variables })
    return (body.errors ?? []).map(({ extensions }) => extensions.code)
  }

  /** Sends any body, and answers whatever came back. */
  async send(body: unknown, headers: Record<string, string> = {}): Promise<WireAnswer> {
    const response = await fetch(`${this.#url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const { extensions = {}, ...answer } = (await response.json()) as WireAnswer['body'] & Partial<WireAnswer>
    return { status: response.status, headers: response.headers, body: answer, extensions }
  }
}
