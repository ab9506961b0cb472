const key = 'postern.token'

// In memory too, so that what the page shows is what it sends even where the storage is cleared under it.
let kept = sessionStorage.getItem(key) ?? ''

/** The token of this browser tab; empty when there is none. */
export function readToken(): string {
  return kept
}

/**
 * Keeps the token for as long as this browser tab lives, over reloads. It is a secret: it stands in no storage that
 * outlives the tab.
 */
export function keepToken(token: string): void {
  kept = token
  if (token === '') sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, token)
}
