import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import * as documents from '../../schema/typed-documents.ts'
import type { Allowed, Client } from '../harness/client.ts'
import type { Postern } from '../harness/postern.ts'
import { insertGroup } from '../member/arrange.ts'

type Ask = <Data extends object, Variables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Allowed<Data>>

/** Every request for members and invites of `acme`, by its owner and by a person who joins and leaves again. */
export async function everyMemberRequest(
  ask: Ask,
  postern: Postern,
  owner: Client,
  organizationId: string,
): Promise<void> {
  const [organization, username] = ['acme', 'joan']
  const joining = await postern.signUp(username)
  const group = await insertGroup(postern.em(), organizationId, 'invited')
  const input = { organization, invitees: [username, 'someone@example.com'], group }
  await ask(owner, documents.InviteMembersDocument, { input })
  const { inviteMembers } = await ask(owner, documents.InviteMembersDocument, { input })
  const [own = '', other = ''] = inviteMembers.results?.map(({ invite }) => invite?.id ?? '') ?? []
  const page = await ask(owner, documents.InvitesDocument, { organization, first: 1 })
  const after = page.organization?.invites.pageInfo.endCursor ?? ''
  await ask(owner, documents.InvitesDocument, { organization, after })
  await ask(owner, documents.NodeDocument, { id: own })
  await ask(joining.client, documents.ViewerInvitesDocument, {})
  await ask(joining.client, documents.AcceptInviteDocument, { id: own })
  await ask(owner, documents.CancelInviteDocument, { id: other })

  const afterBob = Buffer.from('bob').toString('base64url')
  const filters = [{}, { search: 'a' }, { role: 'MEMBER' as const }, { search: 'a', role: 'MEMBER' as const }]
  for (const filter of filters)
    for (const variables of [filter, { ...filter, after: afterBob }])
      await ask(owner, documents.MembersDocument, { organization, ...variables })
  for (const role of ['OWNER', 'EDITOR'] as const)
    await ask(owner, documents.ChangeMemberRoleDocument, { organization, username, role })
  await ask(owner, documents.RemoveMemberDocument, { organization, username })
}
