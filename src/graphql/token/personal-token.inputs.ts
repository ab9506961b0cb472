import { Field, InputType } from 'type-graphql'
import type { PersonalAccess } from '../../domain/model/personal-access.ts'
import { DateTime } from '../date-time.ts'
import { PersonalAccessEnum } from './token.types.ts'

@InputType({ description: 'A new personal token.' })
export class GeneratePersonalTokenInput {
  @Field(() => String, { description: 'What people call it, 1 to 100 characters.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'What it is for, up to 200 characters.' })
  description?: string | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it expires: in the future, at most one year ahead. Null: never. This cannot be edited later.',
  })
  expiresAt?: Date | null

  @Field(() => PersonalAccessEnum, { description: 'What it may do at most.' })
  access!: PersonalAccess

  @Field(() => [String], {
    nullable: true,
    description:
      'The full names of the only repositories it reaches, 1 to 50, of any namespace. Null: every repository that the person can reach.',
  })
  repositories?: string[] | null

  @Field(() => String, {
    nullable: true,
    description:
      'Any text of your own, up to 200 characters. A retry with the same key and input answers the token it made before, without the secret, and never makes a second one.',
  })
  idempotencyKey?: string | null
}

@InputType({ description: 'The credentials of a person, and the device that is to be signed in with them.' })
export class SignInDeviceInput {
  @Field(() => String, { description: 'The username.' })
  username!: string

  @Field(() => String, { description: 'The password.' })
  password!: string

  @Field(() => String, {
    description:
      'What the device is called, 1 to 100 characters: the label of its token. A device of that name that is signed in already is signed out.',
  })
  deviceName!: string
}
