import { expect } from 'vitest'
import {
  AddGroupMemberDocument,
  CreateGroupDocument,
  DeleteGroupDocument,
  RemoveGroupMemberDocument,
  type RepositoryAccess,
  SetGroupRepositoryAccessDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import type { Postern } from '../harness/postern.ts'

interface Payload {
  readonly userErrors: readonly object[]
}

function done<P extends Payload>(payload: P): P {
  if (payload.userErrors.length > 0) throw new Error(JSON.stringify(payload.userErrors))
  return payload
}

/** Creates a group without members, and returns its id. */
export async function createGroup(editor: Client, name: string, organization = 'acme'): Promise<string> {
  const { createGroup: payload } = await editor.execute(CreateGroupDocument, { input: { organization, name } })
  return done(payload).group?.id ?? ''
}

export async function deleteGroup(editor: Client, id: string): Promise<void> {
  done((await editor.execute(DeleteGroupDocument, { id })).deleteGroup)
}

export async function addToGroup(group: string, editor: Client, ...usernames: readonly string[]): Promise<void> {
  for (const username of usernames)
    done((await editor.execute(AddGroupMemberDocument, { group, username })).addGroupMember)
}

export async function removeFromGroup(group: string, editor: Client, username: string): Promise<void> {
  done((await editor.execute(RemoveGroupMemberDocument, { group, username })).removeGroupMember)
}

/** Sets the access of a group to a repository, or removes it. */
export async function setGroupAccess(
  group: string,
  editor: Client,
  repository: string,
  access: RepositoryAccess | null,
): Promise<void> {
  const variables = { group, repository, access }
  done((await editor.execute(SetGroupRepositoryAccessDocument, variables)).setGroupRepositoryAccess)
}

/** Expects the database to be the same before and after, except for uses of tokens. */
export async function changesNothing(postern: Postern, work: () => Promise<unknown>): Promise<void> {
  const before = await databaseDigest(postern)
  await work()
  expect(await databaseDigest(postern)).toBe(before)
}
