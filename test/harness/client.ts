import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'

/** A top-level error of a response. */
export interface WireError {
  readonly message: string
  readonly path?: ReadonlyArray<string | number>
  readonly extensions: { readonly code: string }
}

export interface WireResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly data?: Record<string, unknown> | null
    readonly errors?: readonly WireError[]
  }
  /** The cost of the request, and whether its bearer secret was rejected. */
  readonly extensions: { readonly cost?: Readonly<Record<string, number>>; readonly authentication?: unknown }
}

/** Thrown if a response has unexpected top-level errors. */
export class UnexpectedErrors extends Error {
  constructor(errors: readonly WireError[]) {
    super(errors.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('\n'))
  }
}

/** Fields that are null only with an error beside them: the caller was denied. */
type GuardedField =
  | 'accessTokens'
  | 'activity'
  | 'emailNotices'
  | 'groups'
  | 'invites'
  | 'members'
  | 'repositories'
  | 'tokenLimit'
  | 'usageReport'
  | 'webhooks'

/** The data of a response without errors: all guarded fields have values. */
export type Allowed<Data> =
  Data extends ReadonlyArray<infer Item>
    ? Array<Allowed<Item>>
    : Data extends object
      ? { [Key in keyof Data]: Key extends GuardedField ? NonNullable<Allowed<Data[Key]>> : Allowed<Data[Key]> }
      : Data

/** A client of the API that uses typed documents, like a frontend. */
export class Client {
  readonly #url: string
  readonly token: string | undefined

  constructor(url: string, token: string | undefined) {
    this.#url = url
    this.token = token
  }

  /** Runs an operation that must have no top-level errors, and returns its data. */
  async execute<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Allowed<Data>> {
    const { body } = await this.send({ query: print(document), variables })
    if (body.errors) throw new UnexpectedErrors(body.errors)
    return body.data as Allowed<Data>
  }

  /** Runs an operation that must fail with top-level errors, and returns their codes. */
  async codesOf<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<string[]> {
    const { body } = await this.send({ query: print(document), variables })
    return (body.errors ?? []).map(({ extensions }) => extensions.code)
  }

  /** Sends any body, and returns any response. */
  async send(body: unknown, headers: Record<string, string> = {}): Promise<WireResponse> {
    const response = await fetch(`${this.#url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const { extensions = {}, ...rest } = (await response.json()) as WireResponse['body'] & Partial<WireResponse>
    return { status: response.status, headers: response.headers, body: rest, extensions }
  }
}
