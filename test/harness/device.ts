import type { Postern } from './postern.ts'

/** What `POST /oauth/device` and `POST /oauth/token` returned. */
export interface OAuthAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** A device that asked to be approved. */
export interface StartedDevice {
  readonly deviceCode: string
  readonly userCode: string
}

export const clientId = 'postern-tests'
export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code'

type Form = Readonly<Record<string, string>> | URLSearchParams

/** Sends a form to one of the two addresses of OAuth. */
export async function postForm(
  url: string,
  path: 'device' | 'token',
  form: Form,
  headers: Record<string, string> = {},
): Promise<OAuthAnswer> {
  const body = new URLSearchParams(form)
  const response = await fetch(`${url}/oauth/${path}`, { method: 'POST', body, headers })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

/** Has a device ask. Throws if it may not. */
export async function startDevice(
  { url }: Pick<Postern, 'url'>,
  deviceName = 'television',
  headers: Record<string, string> = {},
): Promise<StartedDevice> {
  const { body } = await postForm(url, 'device', { client_id: clientId, device_name: deviceName }, headers)
  if (typeof body.device_code !== 'string' || typeof body.user_code !== 'string') throw new Error(JSON.stringify(body))
  return { deviceCode: body.device_code, userCode: body.user_code }
}

/** Has a device ask for its token. */
export function poll({ url }: Pick<Postern, 'url'>, { deviceCode }: Pick<StartedDevice, 'deviceCode'>) {
  return postForm(url, 'token', { grant_type: deviceCodeGrant, device_code: deviceCode, client_id: clientId })
}
