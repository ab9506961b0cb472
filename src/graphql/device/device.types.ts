import { Field, ObjectType } from 'type-graphql'
import type { DeviceRequestRow } from '../../domain/device/device-request-store.ts'
import { DateTime } from '../date-time.ts'
import { type UserError, UserErrorsField } from '../user-error.ts'

@ObjectType({
  description: 'A device that waits to be approved. It says its own names; only the code and the address are proof.',
  simpleResolvers: true,
})
export class DeviceRequest {
  @Field(() => String, { description: 'The name of the device. It becomes the label of its token.' })
  deviceName!: string

  @Field(() => String, { description: 'The program on the device, as it names itself.' })
  clientId!: string

  @Field(() => String, { nullable: true, description: 'The address that the device asked from.' })
  ipAddress!: string | null

  @Field(() => String, { nullable: true, description: 'The User-Agent that the device sent.' })
  userAgent!: string | null

  @Field(() => DateTime, { description: 'When the device asked.' })
  createdAt!: string

  @Field(() => DateTime, { description: 'When the code expires.' })
  expiresAt!: string
}

@ObjectType({ description: 'A decision on a device.', simpleResolvers: true })
export class DeviceRequestPayload {
  @Field(() => DeviceRequest, {
    nullable: true,
    description: 'The device that was approved or denied; null when `userErrors` is not empty.',
  })
  deviceRequest!: DeviceRequestRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}
