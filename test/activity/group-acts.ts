import {
  AddGroupMemberDocument,
  CreateGroupDocument,
  DeleteGroupDocument,
  RemoveGroupMemberDocument,
  SetGroupRepositoryAccessDocument,
  UpdateGroupDocument,
} from '../../schema/typed-documents.ts'
import { addToGroup, createGroup, setGroupAccess } from '../group/arrange.ts'
import { createRepository } from '../harness/postern.ts'
import { type Act, fresh, ofOwner } from './acts.ts'

/** Every action on groups that records an event. */
export const groupActs: readonly Act[] = [
  {
    action: 'group.create',
    prepare(world) {
      const name = fresh('group')
      return ofOwner(world, CreateGroupDocument, { input: { organization: 'acme', name } }, { target: name })
    },
  },
  {
    action: 'group.update',
    async prepare(world) {
      const [before, name] = [fresh('group'), fresh('group')]
      const id = await createGroup(world.owner, before)
      const input = { name, description: 'what it is for' }
      return ofOwner(world, UpdateGroupDocument, { id, input }, { target: before, data: input })
    },
  },
  {
    action: 'group.delete',
    async prepare(world) {
      const name = fresh('group')
      const id = await createGroup(world.owner, name)
      await addToGroup(id, world.owner, 'admin')
      return ofOwner(world, DeleteGroupDocument, { id }, { target: name })
    },
  },
  {
    action: 'group.member_add',
    async prepare(world) {
      const name = fresh('group')
      const group = await createGroup(world.owner, name)
      const event = { target: name, data: { member: 'admin' } }
      return ofOwner(world, AddGroupMemberDocument, { group, username: 'admin' }, event)
    },
  },
  {
    action: 'group.member_remove',
    async prepare(world) {
      const name = fresh('group')
      const group = await createGroup(world.owner, name)
      await addToGroup(group, world.owner, 'admin')
      const event = { target: name, data: { member: 'admin' } }
      return ofOwner(world, RemoveGroupMemberDocument, { group, username: 'admin' }, event)
    },
  },
  ...([null, 'READ', 'ADMIN'] as const).map(
    (access): Act => ({
      action: 'group.repository_access',
      how: `of ${access ?? 'nothing'}`,
      async prepare(world) {
        const [name, repository] = [fresh('group'), `acme/${fresh('given')}`]
        const group = await createGroup(world.owner, name)
        await createRepository(world.owner, repository)
        await setGroupAccess(group, world.owner, repository, 'WRITE')
        const event = { target: name, data: { repository, access: access ?? 'NONE' } }
        return ofOwner(world, SetGroupRepositoryAccessDocument, { group, repository, access }, event)
      },
    }),
  ),
]
