import type { EntityManager } from '@mikro-orm/postgresql'
import type { z } from 'zod'
import type { NewUser } from '../account/create-user.ts'
import { displayNameInput } from '../model/display-name.ts'
import { emailAddressInput } from '../model/email-address.ts'
import { throwInvalid } from '../shared/errors.ts'
import { checkValue } from '../shared/input.ts'
import { freeUsername } from './free-username.ts'
import type { ProviderProfile } from './openid.ts'
import { findHasEmail } from './sso-account-store.ts'

/**
 * The account to create for a person's profile at a provider. It has no e-mail address, because the address would be
 * theirs in all organizations, and invites are for addresses. Throws `InvalidInput` (TAKEN) if an account has their
 * address: whoever configures a provider controls the profiles, so the profile is not a proof.
 */
export async function toNewUser(
  em: EntityManager,
  profile: ProviderProfile,
): Promise<Pick<NewUser, 'username' | 'displayName' | 'email'>> {
  const email = validText(profile.email, emailAddressInput)
  if (email !== null && (await findHasEmail(em, email)))
    throwInvalid(
      'TAKEN',
      ['input', 'link'],
      'An account here has your e-mail address already. Start again, and link it: give its username and ' +
        'password in `link`.',
    )
  const username = await freeUsername(em, profile.preferredUsername ?? profile.email)
  return { username, displayName: validText(profile.displayName, displayNameInput) ?? username, email: null }
}

/** A text of a profile, or null if it is invalid. */
function validText(value: string | null, schema: z.ZodType<string, string | null>): string | null {
  const checked = checkValue(schema, value, [])
  return checked.isValid ? checked.value : null
}
