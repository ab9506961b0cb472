import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  CreateRepositoryDocument,
  DeleteRepositoryDocument,
  type ScopeInput,
  UpdateRepositoryDocument,
} from '../../schema/typed-documents.ts'
import { createRepository, generateToken } from '../harness/postern.ts'
import { everyRepository } from '../token/arrange.ts'
import { type Act, fresh, type PreparedAct, sending, type World } from './acts.ts'

/** An action of a token of `acme` with all permissions on repositories. */
async function ofToken<Data, Variables>(
  { postern, owner, acme }: World,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  event: object,
): Promise<PreparedAct> {
  const scopes: ScopeInput[] = [
    { ...everyRepository(), permissions: ['REPOSITORY_ADMIN'] },
    { resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_CREATE'] },
  ]
  const { id, secret } = await generateToken(owner, { label: 'robot', scopes })
  const actor = { actorKind: 'ORGANIZATION_TOKEN', actorId: id, actorName: 'acme', tokenId: id, tokenLabel: 'robot' }
  return {
    send: sending(postern.client(secret), document, variables),
    event: () => ({ namespace: acme, data: {}, ...actor, ...event }),
  }
}

/** The actions of organization tokens over GraphQL that record an event. */
export const tokenActs: readonly Act[] = [
  {
    action: 'repository.create',
    how: 'with a token',
    prepare(world) {
      const name = `acme/${fresh('made')}`
      const input = { name, visibility: 'PRIVATE' } as const
      return ofToken(world, CreateRepositoryDocument, { input }, { target: name, data: { visibility: 'PRIVATE' } })
    },
  },
  {
    action: 'repository.update',
    how: 'with a token',
    async prepare(world) {
      const name = `acme/${fresh('changed')}`
      await createRepository(world.owner, name)
      const input = { description: 'what it holds', visibility: 'PUBLIC' } as const
      return ofToken(world, UpdateRepositoryDocument, { name, input }, { target: name, data: input })
    },
  },
  {
    action: 'repository.delete',
    how: 'with a token',
    async prepare(world) {
      const name = `acme/${fresh('removed')}`
      await createRepository(world.owner, name)
      return ofToken(world, DeleteRepositoryDocument, { name }, { target: name })
    },
  },
]
