import {
  GeneratePersonalTokenDocument,
  type GeneratePersonalTokenInput,
  SignInDeviceDocument,
} from '../../schema/typed-documents.ts'
import type { Client } from './client.ts'
import type { Postern } from './postern.ts'

/** A generated token, as the caller of the mutation gets it. */
export interface GeneratedToken {
  readonly id: string
  readonly secret: string
}

/**
 * Generates a personal token with READ_WRITE unless `input` says otherwise. Returns the payload, which may have user
 * errors.
 */
export async function tryToGeneratePersonal(person: Client, input: Partial<GeneratePersonalTokenInput> = {}) {
  const { generatePersonalToken: payload } = await person.execute(GeneratePersonalTokenDocument, {
    input: { label: 'laptop', access: 'READ_WRITE', ...input },
  })
  return payload
}

/** Like `tryToGeneratePersonal`, but must succeed. */
export async function generatePersonal(
  person: Client,
  input: Partial<GeneratePersonalTokenInput> = {},
): Promise<GeneratedToken> {
  return generatedIn(await tryToGeneratePersonal(person, input))
}

/** Signs a device in with a person's password. Returns the payload, which may have user errors. */
export async function tryToSignInDevice(
  postern: Pick<Postern, 'client'>,
  login: { readonly username: string; readonly password: string },
  deviceName = 'desktop',
) {
  const { username, password } = login
  const input = { username, password, deviceName }
  return (await postern.client().execute(SignInDeviceDocument, { input })).signInDevice
}

/** Like `tryToSignInDevice`, but must succeed. */
export async function signInDevice(...args: Parameters<typeof tryToSignInDevice>): Promise<GeneratedToken> {
  return generatedIn(await tryToSignInDevice(...args))
}

function generatedIn(payload: Awaited<ReturnType<typeof tryToSignInDevice>>): GeneratedToken {
  const { accessToken, secret, userErrors } = payload
  if (!accessToken || !secret) throw new Error(JSON.stringify(userErrors))
  return { id: accessToken.id, secret }
}
