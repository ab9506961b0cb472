import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationTokenPrincipal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { insertLogins, type LoginRow, loginIntervalMs } from './registry-login-store.ts'

type LoginContext = Pick<RequestContext, 'now' | 'origin'> & { readonly principal: OrganizationTokenPrincipal }

/** What a login needs for its event, without the database of its request. */
interface NotedLogin extends LoginContext {
  readonly network: string
}

// So many take PostgreSQL some milliseconds.
const maxLoginsAtOnce = 100
/** Logins that wait to be written at most. A token that comes from ever new networks causes more than are written. */
const maxPending = 10_000

/**
 * Records logins at the registry with organization tokens as activity events, at most one a minute for a token and
 * address. They are written soon, and together: a login itself sends no statement, and its repetition within the minute
 * causes no later one either. If too many wait, further ones are not recorded. Instances claim logins in the database,
 * so that several record no more than one does.
 */
export class LoginRecorder {
  readonly #em: EntityManager
  readonly #flushIntervalMs: number
  readonly #onError: (error: unknown) => void
  /** When a token last logged in from a network, within the minute; the oldest first. */
  readonly #recent = new Map<string, number>()
  readonly #pending = new Map<string, NotedLogin>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(em: EntityManager, flushIntervalMs: number, onError: (error: unknown) => void) {
    this.#em = em
    this.#flushIntervalMs = flushIntervalMs
    this.#onError = onError
  }

  /** Notes a login. For other callers, nothing happens. */
  note({ principal, now, origin }: Pick<RequestContext, 'principal' | 'now' | 'origin'>): void {
    if (principal.kind !== 'ORGANIZATION_TOKEN') return
    const network = clientNetwork(origin.ipAddress)
    const key = keyOf({ principal, network })
    const last = this.#recent.get(key)
    if (last !== undefined && now.getTime() - last < loginIntervalMs) return
    if (this.#pending.size >= maxPending) return
    this.#recent.delete(key)
    this.#recent.set(key, now.getTime())
    this.#pending.set(key, { principal, now, origin, network })
    this.#flushLater()
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => this.flush().catch(this.#onError), this.#flushIntervalMs).unref()
  }

  /** Writes everything pending, after the current write. What could not be written is kept for the next flush. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const flushed = this.#flushing.then(async () => {
      this.#forget()
      for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch()) await this.#write(batch)
    })
    this.#flushing = flushed.catch(() => {})
    return flushed
  }

  /** Forgets the logins that are too old to matter, measured from the latest. */
  #forget(): void {
    const latest = [...this.#recent.values()].at(-1) ?? 0
    for (const [key, at] of this.#recent) {
      if (latest - at < loginIntervalMs) break
      this.#recent.delete(key)
    }
  }

  #takeBatch(): NotedLogin[] {
    const batch: NotedLogin[] = []
    for (const [key, login] of this.#pending) {
      if (batch.length === maxLoginsAtOnce) break
      this.#pending.delete(key)
      batch.push(login)
    }
    return batch
  }

  async #write(batch: readonly NotedLogin[]): Promise<void> {
    try {
      await this.#em.fork().transactional(async (em) => {
        const claimed = await insertLogins(em, batch.map(toRow))
        const recorded = batch.filter((_, position) => claimed.has(position))
        // Chains are locked in one order, as in `recordActivities`.
        for (const login of recorded.toSorted(byNamespaceDescending)) recordLogin(em, login)
      })
    } catch (error) {
      for (const login of batch) this.#pending.set(keyOf(login), login)
      this.#flushLater()
      throw error
    }
  }
}

function keyOf({ principal, network }: Pick<NotedLogin, 'principal' | 'network'>): string {
  return `${principal.token.id} ${network}`
}

function toRow({ principal, now, network }: NotedLogin): LoginRow {
  return { namespace_id: principal.organization.id, token_id: principal.token.id, network, at: now.toISOString() }
}

function byNamespaceDescending({ principal: one }: NotedLogin, { principal: other }: NotedLogin): number {
  return Number(one.organization.id < other.organization.id) - Number(one.organization.id > other.organization.id)
}

function recordLogin(em: EntityManager, login: NotedLogin): void {
  const { organization, token } = login.principal
  recordActivity(login, em, {
    namespaceId: organization.id,
    action: 'access_token.registry_login',
    target: token.label,
  })
}
