import * as documents from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Postern } from '../harness/postern.ts'
import type { Ask } from './ask.ts'

/** Every request for groups of `acme`, by its owner `admin`, its member `grace` and a token. */
export async function everyGroupRequest(ask: Ask, postern: Postern, owner: Client, member: Client): Promise<void> {
  const organization = 'acme'
  const scopes = [{ resource: 'ORGANIZATION' as const, path: organization, permissions: ['GROUP_READ' as const] }]
  const token = postern.client((await generateToken(owner, { scopes })).secret)
  const ids: string[] = []
  for (const name of ['developers', 'operators', 'testers']) {
    const { createGroup } = await ask(owner, documents.CreateGroupDocument, { input: { organization, name } })
    ids.push(createGroup.group?.id ?? '')
  }
  const [group = '', other = ''] = ids
  for (const username of ['admin', 'grace']) await ask(owner, documents.AddGroupMemberDocument, { group, username })
  for (const access of ['READ', 'WRITE', null] as const)
    await ask(owner, documents.SetGroupRepositoryAccessDocument, { group, repository: 'acme/api', access })
  await ask(owner, documents.SetGroupRepositoryAccessDocument, { group, repository: 'acme/web', access: 'ADMIN' })
  await ask(owner, documents.UpdateGroupDocument, {
    id: group,
    input: { name: 'builders', description: 'All of them' },
  })

  for (const client of [owner, member, token]) {
    const page = await ask(client, documents.GroupsDocument, { organization, first: 1 })
    const after = page.organization?.groups.pageInfo.endCursor ?? ''
    for (const variables of [{}, { after }, { search: 'e' }, { search: 'e', after }])
      await ask(client, documents.GroupsDocument, { organization, ...variables })
    await ask(client, documents.NodeDocument, { id: group })
  }
  await ask(owner, documents.RemoveGroupMemberDocument, { group, username: 'grace' })
  await ask(owner, documents.DeleteGroupDocument, { id: other })
}
