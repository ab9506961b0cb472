import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { NewUser } from '../account/create-user.ts'
import { displayNameRule } from '../model/display-name.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { parseOptionalText } from '../shared/text.ts'
import { kysely } from '../sql/tables.ts'
import { freeUsername } from './free-username.ts'
import type { ProviderProfile } from './openid.ts'

const emailRule = { name: 'e-mail address', minLength: 3, maxLength: 254 }

/**
 * The account to make for somebody whom a provider tells of; without an address, which would be theirs in all organizations:
 * invites are for addresses. Throws `InvalidInput` (TAKEN) when an account has their e-mail
 * address: it is not theirs by that, for whoever configures a provider has it tell whatever they like.
 */
export async function toNewUser(
  em: EntityManager,
  profile: ProviderProfile,
): Promise<Pick<NewUser, 'username' | 'displayName' | 'email'>> {
  const email = textOf(profile.email, emailRule)
  if (email !== null && (await hasAccount(em, email)))
    throwInvalid(
      'TAKEN',
      ['input', 'link'],
      'An account here has your e-mail address already. Start again, and link it: give its username and password in `link`.',
    )
  const username = await freeUsername(em, profile.preferredUsername ?? profile.email)
  return {
    username,
    displayName: textOf(profile.displayName, displayNameRule) ?? username,
    email: null,
  }
}

/** What a provider tells, if it can be kept. */
function textOf(value: string | null, rule: typeof displayNameRule): string | null {
  const errors = new InputErrors()
  const text = parseOptionalText(value, rule, [], errors)
  return errors.hasAny ? null : text
}

async function hasAccount(em: EntityManager, email: string): Promise<boolean> {
  const row = await kysely(em)
    .selectFrom('user_account')
    .select('id')
    .where(sql`lower(email)`, '=', sql`lower(${email})`)
    .executeTakeFirst()
  return row !== undefined
}
