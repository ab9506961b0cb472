import { Field, InputType } from 'type-graphql'
import type { PersonalAccess } from '../../domain/model/personal-access.ts'
import { DateTime } from '../date-time.ts'
import { PersonalAccessEnum } from './token.types.ts'

@InputType({ description: 'A new personal token.' })
export class GeneratePersonalTokenInput {
  @Field(() => String, { description: 'Display name, 1 to 100 characters.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'Purpose, up to 200 characters.' })
  description?: string | null

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Time when the token expires, at most one year from now. Null means never. It cannot be changed later.',
  })
  expiresAt?: Date | null

  @Field(() => PersonalAccessEnum, { description: 'Access level: the most that the token may do.' })
  access!: PersonalAccess

  @Field(() => [String], {
    nullable: true,
    description:
      'Full names of 1 to 50 repositories of any namespace: the token can reach only these. Null means every ' +
      'repository that the person can reach.',
  })
  repositories?: string[] | null

  @Field(() => String, {
    nullable: true,
    description:
      'Any text, up to 200 characters. A retry with the same key and input returns the same token without its ' +
      'secret, and does not generate another one.',
  })
  idempotencyKey?: string | null
}

@InputType({ description: 'Credentials of a person, and the device to sign in.' })
export class SignInDeviceInput {
  @Field(() => String, { description: 'The username.' })
  username!: string

  @Field(() => String, { description: 'The password.' })
  password!: string

  @Field(() => String, {
    description:
      'Name of the device, 1 to 100 characters. It becomes the label of the token. A signed-in device with the ' +
      'same name is signed out.',
  })
  deviceName!: string
}
