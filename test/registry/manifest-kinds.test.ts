import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AccessTokenDocument, ActivityDocument, UsageReportDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { digestOf, imageIndex, reportServed, type ServedRequest } from '../harness/registry-reports.ts'

const config = 'application/vnd.oci.image.config.v1+json'
const empty = 'application/vnd.oci.empty.v1+json'
const layer = 'application/vnd.oci.image.layer.v1.tar+gzip'

let postern: Postern
let owner: Client
let token: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/app')
})
beforeEach(async () => {
  token = (await generateToken(owner)).id
})
afterAll(() => postern.stop())

const serve = (...requests: ReadonlyArray<Omit<ServedRequest, 'subject'>>) =>
  reportServed(postern, ...requests.map((request) => ({ ...request, subject: token })))

/** The pulls of the token in its limit, the log and the report. */
async function pulls() {
  const [{ accessToken }, { organization: logged }, { organization: reported }] = [
    await owner.execute(AccessTokenDocument, { id: token }),
    await owner.execute(ActivityDocument, { organization: 'acme', filter: { token, actions: ['repository.pull'] } }),
    await owner.execute(UsageReportDocument, {
      organization: 'acme',
      from: new Date(Date.now() - 3_600_000).toISOString(),
      to: new Date(Date.now() + 3_600_000).toISOString(),
      groupBy: ['TOKEN'],
    }),
  ]
  const row = reported?.usageReport.find((each) => each.accessToken?.id === token)
  return {
    used: accessToken?.usageLimit.used,
    events: logged?.activity.nodes.map(({ target }) => target),
    reported: row?.pulls ?? 0,
  }
}

const none = { used: 0, events: [], reported: 0 }

describe('no pull', () => {
  it.each<[string, Omit<ServedRequest, 'subject'>]>([
    ['a check of an image', { method: 'HEAD', tag: '1.0' }],
    ['a check of an index', { method: 'HEAD', mediaType: imageIndex }],
    ['an index', { mediaType: imageIndex, tag: '1.0' }],
    ['a list of manifests', { mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json' }],
    ['an attestation of BuildKit', { references: [config, 'application/vnd.in-toto+json'] }],
    ['two attestations', { references: [empty, 'application/vnd.in-toto+json', 'application/vnd.in-toto+json'] }],
    ['a signature of cosign', { references: [config, 'application/vnd.dev.cosign.simplesigning.v1+json'] }],
    ['an attestation of cosign', { references: [config, 'application/vnd.dsse.envelope.v1+json'] }],
    ['a bundle of Sigstore', { references: [empty, 'application/vnd.dev.sigstore.bundle.v0.3+json'] }],
    ['a signature of Notary', { references: ['application/vnd.cncf.notary.signature', 'application/jose+json'] }],
  ])('no pull is counted for %s', async (_, request) => {
    await serve(request)
    expect(await pulls()).toEqual(none)
  })
})

describe('a pull', () => {
  it.each<[string, Omit<ServedRequest, 'subject'>]>([
    ['an image', { references: [config, layer] }],
    ['an image of a registry that reports no references', {}],
    ['an image of Docker', { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }],
    ['an image of version 1', { mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' }],
    ['an image that contains a statement', { references: [config, 'application/vnd.in-toto+json', layer] }],
    ['an image without layers', { references: [config] }],
    ['a chart', { references: ['application/vnd.cncf.helm.config.v1+json', 'application/vnd.cncf.helm.chart.v1'] }],
  ])('a pull is counted for %s', async (_, request) => {
    await serve({ ...request, tag: '1.0' })
    expect(await pulls()).toEqual({ used: 1, events: ['acme/app:1.0'], reported: 1 })
  })

  it('a pull is counted for each platform of an image, not for its index and attestations', async () => {
    await serve(
      { method: 'HEAD', mediaType: imageIndex, tag: '1.0', digest: digestOf('1') },
      { mediaType: imageIndex, digest: digestOf('1') },
      { digest: digestOf('2'), references: [config, layer] },
      { digest: digestOf('3'), references: [config, 'application/vnd.in-toto+json'] },
    )
    expect(await pulls()).toEqual({ used: 1, events: [`acme/app@${digestOf('2')}`], reported: 1 })
    await serve({ digest: digestOf('4'), references: [config, layer] })
    expect(await pulls()).toMatchObject({ used: 2, reported: 2 })
  })
})
