import { describe, expect, it } from 'vitest'
import { RepositoryTagsDocument } from '../../schema/typed-documents.ts'
import { RepositoryTag } from '../../src/domain/model/repository-tag.ts'
import { digestOf, imageManifest } from '../harness/registry-reports.ts'
import { arrangeReports, at } from './arrange-reports.ts'

const { world, notification, push, report, logOf, used, tags } = arrangeReports()

describe('a reported push', () => {
  it('a reported push is an event, and stores the tag with its digest and who pushed', async () => {
    expect(await report(push())).toMatchObject({ body: { recorded: 1 } })
    expect(await logOf()).toMatchObject([{ action: 'repository.push', target: 'acme/app:1.0' }])
    expect(await used()).toBe(0)
    expect(await tags()).toEqual([
      {
        name: '1.0',
        digest: digestOf('a'),
        mediaType: imageManifest,
        pushedAt: expect.any(String),
        pushedBy: { kind: 'ORGANIZATION_TOKEN', name: 'acme' },
      },
    ])
  })

  it('a push of a layer is ignored', async () => {
    expect(await report(push({ target: { mediaType: 'application/octet-stream', tag: undefined } }))).toMatchObject({
      body: { recorded: 0 },
    })
  })

  it('a push of an existing tag moves it, unless a later push was reported before', async () => {
    await report(push({ timestamp: at(2), target: { digest: digestOf('c') } }))
    await report(push({ timestamp: at(1), target: { digest: digestOf('b') } }))
    expect(await tags()).toMatchObject([{ digest: digestOf('c'), pushedAt: at(2) }])
    await report(
      push({ timestamp: at(4), target: { digest: digestOf('e') } }),
      push({ timestamp: at(3), target: { digest: digestOf('d') } }),
    )
    expect(await tags()).toMatchObject([{ digest: digestOf('e') }])
  })

  it('a push to a deleted repository is an event, and stores no tag', async () => {
    expect(await report(push({ target: { repository: 'acme/gone' } }))).toMatchObject({ body: { recorded: 1 } })
    expect(await world.postern.em().count(RepositoryTag, {})).toBe(0)
  })
})

describe('a reported deletion', () => {
  it('a deletion of a manifest deletes its tags, and no other', async () => {
    for (const tag of ['1.0', '1', 'latest']) await report(push({ timestamp: at(1), target: { tag } }))
    await report(push({ timestamp: at(1), target: { tag: 'other', digest: digestOf('b') } }))
    const target = { digest: digestOf('a'), mediaType: undefined, tag: undefined }
    await report(notification({ action: 'delete', timestamp: at(2), target, request: { method: 'DELETE' } }))
    expect(await tags()).toMatchObject([{ name: 'other' }])
    expect((await logOf())[0]).toMatchObject({
      action: 'repository.manifest_delete',
      target: `acme/app@${digestOf('a')}`,
    })
  })

  it('a deletion of a tag deletes that tag', async () => {
    for (const tag of ['1.0', 'latest']) await report(push({ timestamp: at(1), target: { tag } }))
    const target = { digest: undefined, mediaType: undefined, tag: 'latest' }
    await report(notification({ action: 'delete', timestamp: at(2), target }))
    expect(await tags()).toMatchObject([{ name: '1.0' }])
    expect((await logOf())[0]).toMatchObject({ action: 'repository.tag_delete', target: 'acme/app:latest' })
  })

  it('a deletion that arrives late keeps what was pushed since', async () => {
    await report(push({ timestamp: at(3) }))
    const target = { digest: digestOf('a'), mediaType: undefined, tag: undefined }
    await report(notification({ action: 'delete', timestamp: at(2), target }))
    expect(await tags()).toHaveLength(1)
  })
})

describe('the tags of a repository', () => {
  it('the tags of a repository are listed latest first, by page, and by a part of their name', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `1.${index}`)
    // Two pairs, each at the same moment.
    await report(...names.map((tag, index) => push({ timestamp: at(Math.floor(index / 2)), target: { tag } })))
    const page = async (variables: { after?: string; search?: string }) => {
      const { repository } = await world.owner.execute(RepositoryTagsDocument, {
        name: 'acme/app',
        first: 10,
        ...variables,
      })
      if (!repository) throw new Error('The repository is gone.')
      return repository.tags
    }
    const seen: string[] = []
    let next = await page({})
    for (;;) {
      expect(next.totalCount).toBe(25)
      seen.push(...next.nodes.map(({ name }) => name))
      const { hasNextPage, endCursor } = next.pageInfo
      if (!hasNextPage || !endCursor) break
      next = await page({ after: endCursor })
    }
    expect(seen.toSorted()).toEqual(names.toSorted())
    expect(seen.slice(0, 3)).toEqual(['1.24', '1.23', '1.22'])
    expect((await page({ search: '.2' })).totalCount).toBe(6)
    for (const after of ['nonsense', Buffer.from('acme').toString('base64url')])
      expect(await world.owner.codesOf(RepositoryTagsDocument, { name: 'acme/app', after })).toEqual(['BAD_USER_INPUT'])
  })
})
