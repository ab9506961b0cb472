import { throwInvalid } from '../shared/errors.ts'
import { ProviderFailed } from './openid.ts'

/** Throws `InvalidInput` (SIGN_IN_FAILED) for any failure of the provider. Rethrows other errors. */
export function throwProviderFailed(path: readonly string[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ProviderFailed)) throw error
    throwSsoSignInFailed(path)
  }
}

/** The same error for every reason, so that callers learn nothing about the provider. */
export function throwSsoSignInFailed(path: readonly string[]): never {
  throwInvalid(
    'SIGN_IN_FAILED',
    path,
    "Signing in through the organization's provider did not work. Start again; if it fails again, ask an owner of " +
      'the organization.',
  )
}
