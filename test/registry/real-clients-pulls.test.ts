import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { AccessTokenDocument, ActivityDocument } from '../../schema/typed-documents.ts'
import { writeMultiPlatformImage } from '../harness/image.ts'
import { createRepository, generateToken } from '../harness/postern.ts'
import { type RealClients, startRealClients } from '../harness/real-clients.ts'
import { type DockerClient, describeWithClients } from '../harness/registry.ts'

const told = { timeout: 30_000, interval: 250 }

describeWithClients('a registry with images for several platforms', () => {
  let world: RealClients
  let directory: string
  let client: DockerClient
  let token: string

  beforeAll(async () => {
    world = await startRealClients()
    directory = await mkdtemp(join(tmpdir(), 'postern-platforms-'))
    await createRepository(world.owner, 'acme/app')
    const writer = await world.loggedIn((await generateToken(world.owner)).secret)
    const layout = join(directory, 'pushed')
    await writeMultiPlatformImage(layout, layout)
    const { code, stderr } = await writer.skopeo(
      ...['copy', '--all', '--preserve-digests', `oci:${layout}:latest`, world.at('acme/app:1.0')],
    )
    expect({ code, stderr }).toMatchObject({ code: 0 })
  })
  beforeEach(async () => {
    const generated = await generateToken(world.owner, {
      pullLimit: 5,
      scopes: [{ resource: 'REPOSITORY', path: 'acme/app', permissions: ['IMAGE_PULL'] }],
    })
    token = generated.id
    client = await world.loggedIn(generated.secret)
  })
  afterAll(async () => {
    await world?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const copy = (...options: string[]) =>
    client.skopeo('copy', ...options, world.at('acme/app:1.0'), `oci:${join(directory, 'pulled')}:latest`)

  /** The pulls that have been reported, and their events. */
  async function pulls() {
    const filter = { token, actions: ['repository.pull'] }
    const { organization } = await world.owner.execute(ActivityDocument, { organization: 'acme', filter })
    const [row] = await world.postern
      .em()
      .execute('select pulls, reserved::text from usage_window where subject_id = ?', [token])
    return { ...row, events: organization?.activity.nodes.length }
  }
  const counted = (count: number) => ({ pulls: count, reserved: '{0,0,0,0,0}', events: count })

  it('counts one pull for the platform of the client', async () => {
    expect(await copy('--override-os', 'linux', '--override-arch', 'amd64')).toMatchObject({ code: 0 })
    await expect.poll(pulls, told).toEqual(counted(1))
  })

  it('counts a pull for each platform that is copied, and no index and attestation', async () => {
    expect(await copy('--all', '--preserve-digests')).toMatchObject({ code: 0 })
    await expect.poll(pulls, told).toEqual(counted(2))
  })

  it('counts no pull for the index alone', async () => {
    const { code, stdout } = await client.skopeo('inspect', '--raw', world.at('acme/app:1.0'))
    expect({ code, manifests: JSON.parse(stdout).manifests.length }).toEqual({ code: 0, manifests: 4 })
    expect(await client.skopeo('list-tags', world.at('acme/app'))).toMatchObject({ code: 0 })
    expect(await copy('--override-os', 'linux', '--override-arch', 'arm64')).toMatchObject({ code: 0 })
    await expect.poll(pulls, told).toMatchObject({ pulls: 1, events: 1 })
  })

  it('allows exactly as many pulls as the limit, one after the other', async () => {
    for (let count = 1; count <= 5; count++) {
      expect(await copy('--override-os', 'linux', '--override-arch', 'amd64')).toMatchObject({ code: 0 })
      await expect.poll(pulls, told).toEqual(counted(count))
    }
    expect(await copy()).toMatchObject({ code: 1, stderr: expect.stringContaining('too many requests') })
    const { accessToken } = await world.owner.execute(AccessTokenDocument, { id: token })
    expect(accessToken?.usageLimit).toMatchObject({ used: 5, remaining: 0 })
  })
})
