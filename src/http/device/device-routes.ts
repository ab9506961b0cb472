import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { redeemDeviceCode } from '../../domain/device/redeem-device-code.ts'
import { startDeviceRequest } from '../../domain/device/start-device-request.ts'
import type { RequestContext } from '../../domain/policy/request-context.ts'
import { Denied } from '../../domain/shared/errors.ts'
import { ServiceLimits } from '../../domain/shared/service-limits.ts'
import { acceptForms } from '../accept-forms.ts'
import { allowAnyOrigin } from '../allow-any-origin.ts'
import { anonymousContext, type RequestContextSource } from '../authenticate-request.ts'
import { holdResponse } from '../hold-denied.ts'
import { sendServiceLimits } from '../send-service-limits.ts'
import { leavePlace } from '../share-by-network.ts'
import { OAuthError, sendOAuthError, toOAuthError } from './oauth-error.ts'

export interface DeviceRoutesOptions extends RequestContextSource {
  /** The address of this server, known once it listens. Never derived from a request. */
  readonly publicUrl: () => string
}

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code'

/**
 * Signs in devices on which nobody types a password (RFC 8628): `POST /oauth/device` starts, and the device polls
 * `POST /oauth/token` until a person has approved it.
 */
export async function deviceRoutes(app: FastifyInstance, options: DeviceRoutesOptions): Promise<void> {
  acceptForms(app)
  app.addHook('onRequest', (_request, reply, done) => {
    allowAnyOrigin(reply)
    // RFC 6749, section 5.1.
    void reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
    done()
  })
  // What Fastify rejects before the handler: bodies that it cannot read.
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return sendOAuthError(reply, new OAuthError('invalid_request', formRule, status))
    return sendFault(error, request, reply)
  })
  const route = (url: string, answer: (form: URLSearchParams, context: RequestContext) => Promise<object>) =>
    app.post(url, async (request, reply) => {
      const limits = new ServiceLimits()
      try {
        const form = formOf(request)
        return await answer(form, anonymousContext(request, options, limits))
      } catch (error) {
        if (error instanceof Denied) limits.noteWait(error.wait)
        sendServiceLimits(reply, limits)
        if (limits.isDenied || error === errorOf.EARLY) {
          leavePlace(request)
          await holdResponse()
        }
        return sendFault(error, request, reply)
      }
    })

  route('/oauth/device', async (form, context) => {
    const input = { clientId: valueIn(form, 'client_id'), deviceName: valueIn(form, 'device_name') }
    const started = await startDeviceRequest(context, input)
    const uri = `${options.publicUrl()}/device`
    return {
      device_code: started.deviceCode.reveal(),
      user_code: started.userCode,
      verification_uri: uri,
      verification_uri_complete: `${uri}?user_code=${started.userCode}`,
      expires_in: started.expiresInSeconds,
      interval: started.intervalSeconds,
    }
  })

  route('/oauth/token', async (form, context) => {
    const grantType = requiredIn(form, 'grant_type')
    if (grantType !== deviceCodeGrant)
      throw new OAuthError('unsupported_grant_type', `Send grant_type=${deviceCodeGrant}.`)
    const input = { deviceCode: requiredIn(form, 'device_code'), clientId: requiredIn(form, 'client_id') }
    const outcome = await redeemDeviceCode(context, input)
    if (outcome.kind !== 'SIGNED_IN') throw errorOf[outcome.kind]
    const { secret, expiresAt } = outcome
    const expiresInMs = expiresAt.getTime() - context.now.getTime()
    return {
      access_token: secret.reveal(),
      token_type: 'Bearer',
      expires_in: Math.floor(expiresInMs / 1000),
      // Another scope than the client asked for has to be named (RFC 6749, section 5.1), and there is one alone.
      scope: 'READ_WRITE_DELETE',
    }
  })
}

const errorOf = {
  PENDING: new OAuthError('authorization_pending', 'Nobody has approved this device yet.'),
  EARLY: new OAuthError('slow_down', 'Wait 5 seconds longer between requests.'),
  DENIED: new OAuthError('access_denied', 'The person denied this device.'),
  EXPIRED: new OAuthError('expired_token', 'The code has expired. Start again.'),
  UNKNOWN: new OAuthError('invalid_grant', 'This device code is unknown, was used, or belongs to another client.'),
} as const

const formRule = 'Send a form of 64 KiB at most: Content-Type: application/x-www-form-urlencoded.'

function formOf({ body, headers }: FastifyRequest): URLSearchParams {
  if (headers.authorization !== undefined)
    throw new OAuthError('invalid_client', 'Send client_id in the form, and no header Authorization.', 401)
  if (!(body instanceof URLSearchParams)) throw new OAuthError('invalid_request', formRule)
  // RFC 6749, section 3.2. Parameters without a value count as omitted.
  if (new Set(body.keys()).size < body.size) throw new OAuthError('invalid_request', 'Send each parameter once.')
  return body
}

function valueIn(form: URLSearchParams, name: string): string | null {
  return form.get(name) || null
}

function requiredIn(form: URLSearchParams, name: string): string {
  const value = valueIn(form, name)
  if (value === null) throw new OAuthError('invalid_request', `Send the parameter ${name}.`)
  return value
}

function sendFault(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toOAuthError(error)
  if (known.status >= 500) request.log.error({ err: error }, 'fault')
  return sendOAuthError(reply, known)
}
