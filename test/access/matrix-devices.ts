import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { ApproveDeviceDocument, DenyDeviceDocument, DeviceRequestDocument } from '../../schema/typed-documents.ts'
import { startDevice } from '../harness/device.ts'
import { forPeople, type MatrixCase, on, type Subject, type World } from './matrix-world.ts'

/** A device that waits. Everyone who knows its code may know of it. */
async function waitingDevice({ postern }: World): Promise<Subject> {
  const { userCode } = await startDevice(postern)
  return { reference: userCode, missing: 'BCDF-GHJK', isKnownTo: () => true }
}

function onDevices<Data>(field: string, document: TypedDocumentNode<Data, { userCode: string }>): MatrixCase {
  return on(field, 'a device that waits', {
    document,
    subject: waitingDevice,
    variables: (userCode) => ({ userCode }),
    expected: (principal) => forPeople(principal, () => 'yes'),
  })
}

export const deviceCases: readonly MatrixCase[] = [
  onDevices('Query.deviceRequest', DeviceRequestDocument),
  onDevices('Mutation.approveDevice', ApproveDeviceDocument),
  onDevices('Mutation.denyDevice', DenyDeviceDocument),
]
