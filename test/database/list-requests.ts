import * as documents from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import type { Ask } from './ask.ts'

const organization = 'acme'
const directions = ['ASC', 'DESC'] as const

/** Every list with filters, in each order, forward and backward. */
export async function everyListRequest(ask: Ask, owner: Client): Promise<void> {
  await everyTokenList(ask, owner)
  for (const direction of directions) {
    for (const field of ['NAME', 'PUSHED_AT'] as const) {
      const list = { organization, orderBy: { field, direction } }
      const page = await ask(owner, documents.RepositoriesDocument, { ...list, first: 1 })
      const cursor = page.organization?.repositories.pageInfo.endCursor ?? ''
      await ask(owner, documents.RepositoriesDocument, { ...list, after: cursor })
      await ask(owner, documents.RepositoriesDocument, { ...list, last: 1, before: cursor })
    }
    for (const field of ['USERNAME', 'JOINED_AT'] as const) {
      const list = { organization, orderBy: { field, direction } }
      const page = await ask(owner, documents.MembersDocument, { ...list, first: 1 })
      const cursor = page.organization?.members.pageInfo.endCursor ?? ''
      await ask(owner, documents.MembersDocument, { ...list, after: cursor })
      await ask(owner, documents.MembersDocument, { ...list, last: 1, before: cursor })
    }
  }
  await ask(owner, documents.ViewerDocument, { last: 1 })
  await ask(owner, documents.PersonalTokensDocument, { last: 1 })
  await ask(owner, documents.RepositoryTagsDocument, { name: 'acme/api', last: 1 })
  for (const document of [
    documents.ActivityDocument,
    documents.GroupsDocument,
    documents.InvitesDocument,
    documents.WebhooksDocument,
  ] as const)
    await ask<object, { organization: string; last: number }>(owner, document, { organization, last: 1 })
  const { body } = await owner.send({
    query: `{ organization(name: "${organization}") {
      groups { nodes { members(last: 1) { nodes { id } } } }
      webhooks { nodes { deliveries(last: 1) { nodes { id } } } } } }`,
  })
  if (body.errors) throw new Error(JSON.stringify(body.errors))
}

async function everyTokenList(ask: Ask, owner: Client): Promise<void> {
  const now = new Date().toISOString()
  const filters: documents.AccessTokenFilter[] = [
    { status: ['ACTIVE'] },
    { status: ['INACTIVE'] },
    { status: ['EXPIRED', 'ACTIVE'] },
    { search: 'ci' },
    { createdBy: 'grace' },
    { unusedSince: now },
    { expiresBefore: now },
    { status: ['ACTIVE'], search: 'ci', createdBy: 'grace', unusedSince: now, expiresBefore: now },
  ]
  const first = await ask(owner, documents.AccessTokensDocument, { organization, first: 1 })
  const after = first.organization?.accessTokens.pageInfo.endCursor ?? ''
  await ask(owner, documents.AccessTokensDocument, { organization, after })
  await ask(owner, documents.AccessTokensDocument, { organization, last: 2, before: after })
  for (const filter of filters) {
    await ask(owner, documents.AccessTokensDocument, { organization, filter })
    await ask(owner, documents.AccessTokensDocument, { organization, filter, after })
  }
  for (const field of ['CREATED_AT', 'LABEL', 'LAST_USED_AT', 'EXPIRES_AT'] as const)
    for (const direction of directions) {
      const list = { organization, orderBy: { field, direction } }
      const page = await ask(owner, documents.AccessTokensDocument, { ...list, first: 1 })
      const cursor = page.organization?.accessTokens.pageInfo.endCursor ?? ''
      await ask(owner, documents.AccessTokensDocument, { ...list, after: cursor })
      await ask(owner, documents.AccessTokensDocument, { ...list, last: 1, before: cursor })
      await ask(owner, documents.AccessTokensDocument, { ...list, filter: { status: ['ACTIVE'] } })
    }
}
