import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql'
import { approveDevice } from '../../domain/device/approve-device.ts'
import { denyDevice } from '../../domain/device/deny-device.ts'
import type { DeviceRequestRow } from '../../domain/device/device-request-store.ts'
import { findDeviceRequest } from '../../domain/device/find-device-request.ts'
import type { Context } from '../context.ts'
import { toPayload } from '../user-error.ts'
import { DeviceRequest, DeviceRequestPayload } from './device.types.ts'

const userCodeArgument = { description: 'The code that the device shows, in any case, with or without the hyphen.' }

@Resolver()
export class DeviceOperations {
  @Query(() => DeviceRequest, {
    nullable: true,
    description:
      'The device that waits with this code. Null if no device does: codes expire, and count once. For people.',
  })
  deviceRequest(
    @Ctx() context: Context,
    @Arg('userCode', () => String, userCodeArgument) userCode: string,
  ): Promise<DeviceRequestRow | null> {
    return findDeviceRequest(context, userCode)
  }

  @Mutation(() => DeviceRequestPayload, {
    description:
      'Signs in the device that waits with this code, as the person who is signed in, like `signInDevice`: with a ' +
      'token of its own for 90 days. Approve only a device that you have in front of you.',
  })
  approveDevice(@Ctx() context: Context, @Arg('userCode', () => String, userCodeArgument) userCode: string) {
    return toPayload(context, async () => ({ deviceRequest: await approveDevice(context, userCode) }))
  }

  @Mutation(() => DeviceRequestPayload, {
    description: 'Denies the device that waits with this code. Nobody can approve it afterwards. For people.',
  })
  denyDevice(@Ctx() context: Context, @Arg('userCode', () => String, userCodeArgument) userCode: string) {
    return toPayload(context, async () => ({ deviceRequest: await denyDevice(context, userCode) }))
  }
}
