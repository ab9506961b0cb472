/** What a frontend shows: the tokens that are in its cache, and the number that the organization has. */
export interface Shown {
  readonly tokens: ReadonlyArray<{ readonly id: string; readonly label: string }>
  /** Null for callers who do not manage the tokens. */
  readonly used: number | null
}

/** A program that shows a list of tokens in pages of two. Each method but `shown` sends one request. */
export interface Frontend {
  /** Opens the first page; backward, the last. */
  open(way: 'forward' | 'backward'): Promise<void>
  /** Adds the page after what is shown, or the one before it. */
  more(way: 'forward' | 'backward'): Promise<void>
  generate(label: string): Promise<void>
  rename(id: string, label: string): Promise<void>
  remove(id: string): Promise<void>
  /** What is shown, from the cache alone. */
  shown(): Promise<Shown>
}

/** Sends the requests of a frontend, with a session token. */
export type Send = typeof fetch
