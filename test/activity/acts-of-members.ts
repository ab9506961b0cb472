import {
  AcceptInviteDocument,
  CancelInviteDocument,
  ChangeMemberRoleDocument,
  InviteMembersDocument,
  RemoveMemberDocument,
} from '../../schema/typed-documents.ts'
import { inviteOne } from '../member/arrange.ts'
import { addMember, userIdOf } from '../token/arrange.ts'
import { type Act, fresh, ofOwner, sending } from './acts.ts'

/** Every action on members and invites that records an event. */
export const memberActs: readonly Act[] = [
  {
    action: 'member.invite',
    prepare(world) {
      const invitee = `${fresh('invited')}@example.com`
      const input = { organization: 'acme', invitees: [invitee], role: 'EDITOR' as const }
      const event = { target: invitee, data: { role: 'EDITOR' } }
      return ofOwner(world, InviteMembersDocument, { input }, event)
    },
  },
  {
    action: 'invite.accept',
    async prepare({ postern, owner, acme }) {
      const { client, username } = await postern.signUp(fresh('accepting'))
      const id = await inviteOne(owner, username)
      return {
        send: sending(client, AcceptInviteDocument, { id }),
        event: async () => ({
          namespace: acme,
          actorKind: 'USER',
          actorId: await userIdOf(postern.em(), username),
          actorName: username,
          target: username,
          data: { role: 'MEMBER' },
        }),
      }
    },
  },
  {
    action: 'invite.cancel',
    async prepare(world) {
      const invitee = `${fresh('cancelled')}@example.com`
      const id = await inviteOne(world.owner, invitee)
      return ofOwner(world, CancelInviteDocument, { id }, { target: invitee, data: { role: 'MEMBER' } })
    },
  },
  {
    action: 'member.role_change',
    async prepare(world) {
      const { username } = await world.postern.signUp(fresh('rising'))
      await addMember(world.postern.em(), world.acme, username, 'MEMBER')
      const variables = { organization: 'acme', username, role: 'EDITOR' } as const
      const event = { target: username, data: { from: 'MEMBER', to: 'EDITOR' } }
      return ofOwner(world, ChangeMemberRoleDocument, variables, event)
    },
  },
  {
    action: 'member.remove',
    async prepare(world) {
      const { username } = await world.postern.signUp(fresh('leaving'))
      await addMember(world.postern.em(), world.acme, username, 'EDITOR')
      const event = { target: username, data: { role: 'EDITOR' } }
      return ofOwner(world, RemoveMemberDocument, { organization: 'acme', username }, event)
    },
  },
]
