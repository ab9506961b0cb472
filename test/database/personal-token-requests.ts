import * as documents from '../../schema/typed-documents.ts'
import { poll, startDevice } from '../harness/device.ts'
import { createRepository, type Postern } from '../harness/postern.ts'
import { askForToken } from '../harness/token-endpoint.ts'
import type { Ask } from './ask.ts'

/** Every request for the tokens of a person, at the API and the token endpoint. */
export async function everyPersonalTokenRequest(ask: Ask, postern: Postern): Promise<void> {
  const { client, username, password } = await postern.signUp('ida')
  await createRepository(client, 'ida/diary')
  const input = { label: 'laptop', access: 'READ' as const, repositories: ['ida/diary'], idempotencyKey: 'laptop' }
  const generated = await ask(client, documents.GeneratePersonalTokenDocument, { input })
  await ask(client, documents.GeneratePersonalTokenDocument, { input })
  const id = generated.generatePersonalToken.accessToken?.id ?? ''
  for (const changes of [{ access: 'READ_WRITE' as const }, { repositories: null }])
    await ask(client, documents.UpdateTokenDocument, { id, input: changes })
  await ask(client, documents.DeactivateTokenDocument, { id })
  await ask(client, documents.ActivateTokenDocument, { id })
  const question = { token: id, repository: 'ida/diary', permissions: ['IMAGE_PULL' as const] }
  await ask(client, documents.ExplainAccessDocument, question)
  const desktop = { input: { username, password, deviceName: 'desktop' } }
  for (const repeated of [desktop, desktop]) await ask(postern.client(), documents.SignInDeviceDocument, repeated)
  const [approved, denied] = [await startDevice(postern), await startDevice(postern)]
  await ask(client, documents.DeviceRequestDocument, { userCode: approved.userCode })
  await ask(client, documents.ApproveDeviceDocument, { userCode: approved.userCode })
  await ask(client, documents.DenyDeviceDocument, { userCode: denied.userCode })
  for (const device of [approved, denied]) await poll(postern, device)
  const { viewer } = await ask(client, documents.PersonalTokensDocument, {})
  const [newest] = viewer?.user?.accessTokens.nodes ?? []
  const bearer = postern.client(generated.generatePersonalToken.secret ?? '')
  await ask(bearer, documents.ViewerDocument, {})
  await ask(bearer, documents.RepositoryDocument, { name: 'ida/diary' })
  for (const login of [
    { username, password },
    { username, password: bearer.token ?? '' },
  ])
    for (const name of ['diary', 'new'])
      await askForToken(postern.url, { login, scopes: [`repository:ida/${name}:pull,push`] })
  await ask(client, documents.DeleteTokenDocument, { id: newest?.id ?? '' })
}
