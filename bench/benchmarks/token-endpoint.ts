import { bearerRequests, bearerToken } from '../bearer-requests.ts'
import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns, withLongSlices } from '../measure.ts'
import { figures, ratios } from '../report.ts'
import { requireSameResponses } from '../responses.ts'

/** Compares the token endpoint with the least that a token server can do. */
export const tokenEndpoint: Benchmark = {
  name: bearerToken.name,
  about:
    'GET /token with an organization token and two scopes. The bare server is Fastify with an HMAC, one prepared SELECT and one ES256 signature. Different grants are for a thousand tokens with other repositories each time, because requests for the same grant within five seconds share a signature. For tokens that were not used recently, each use is written soon; for others, one per ten seconds. Pulls are counted, which takes a statement that writes; pushes are not. Uses are written a second or two after they are recorded, so slices last several seconds.',
  async run({ database, worlds, pace, startPostern, startPeer }) {
    const url = await database(worlds.usual)
    const { different, fresh, same, pulls, unknown, malformed } = bearerRequests(worlds.usual)
    const own = await startPostern(url)
    // The bare server signs with the key that Postern generated at its start.
    const peer = await startPeer('token-server', url)
    await requireSameResponses(
      [
        { name: 'Postern', url: own.url, requests: different },
        { name: 'the bare server', url: peer.url, requests: different },
      ],
      grantsOf,
    )

    const postern = (variant: string, requests: typeof different) =>
      underLoad(`Postern, ${variant}`, own, requests, bearerToken.connections)
    const measured = await takeTurns(
      [
        underLoad('bare server', peer, different, bearerToken.connections),
        postern('different grants', different),
        postern('tokens that come once', fresh),
        postern('the same grant', same),
        postern('pulls', pulls),
        postern('unknown tokens', unknown),
        postern('malformed tokens', malformed),
      ],
      withLongSlices(pace),
    )
    const [bare, ofDifferent, ofFresh, ofSame, ofPulls, ofUnknown, ofMalformed] = measured
    const toBare = (each: typeof bare, atLeast?: number) =>
      compare(
        `${each.name} ÷ bare server`,
        each.requestsPerSecond,
        bare.requestsPerSecond,
        atLeast === undefined ? undefined : { atLeast },
      )
    return [
      figures(measured),
      ratios([
        toBare(ofDifferent, 0.8),
        toBare(ofFresh),
        toBare(ofSame, 2),
        toBare(ofPulls),
        compare('Postern, pulls ÷ Postern, different grants', ofPulls.requestsPerSecond, ofDifferent.requestsPerSecond),
        toBare(ofUnknown, 2.5),
        toBare(ofMalformed, 2.5),
        compare('p99 ÷ p50, different grants', ofDifferent.p99Ms, ofDifferent.p50Ms, { atMost: 3 }),
      ]),
    ]
  },
}

/** The grants in a response, without ids and times, which differ from grant to grant. */
function grantsOf(response: unknown): unknown {
  const token = typeof response === 'object' && response !== null && 'token' in response ? String(response.token) : ''
  const { sub, aud, iss, access } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { sub, aud, iss, access }
}
