import { throwInvalid } from '../shared/errors.ts'
import { ProviderFailed } from './openid.ts'

/** Refuses for whatever went wrong at the provider, in one sentence; other errors are thrown on. */
export function throwProviderFailed(path: readonly string[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ProviderFailed)) throw error
    throwSsoSignInFailed(path)
  }
}

/** One answer for every reason. */
export function throwSsoSignInFailed(path: readonly string[]): never {
  throwInvalid(
    'SIGN_IN_FAILED',
    path,
    "Signing in through the organization's provider did not work. Start again; if it goes on, ask an owner of the organization.",
  )
}
