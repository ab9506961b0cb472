import { requireSameAnswers } from '../answers.ts'
import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import { bearerRequests, bearerToken } from '../operations.ts'
import { figures, ratios } from '../report.ts'

/** The registry door against the least that a token server can do. */
export const tokenEndpoint: Benchmark = {
  name: bearerToken.name,
  about:
    'GET /token with an organization token and two scopes. The bare server is Fastify with an HMAC, one prepared SELECT and one ES256 signature; it is asked for different tokens. A signature is shared by the requests for the same grant within five seconds, which different tokens keep from happening. Pulls are counted, which is a statement that writes; pushes are not.',
  async run({ database, worlds, pace, startPostern, startPeer }) {
    const url = await database(worlds.usual)
    const { different, same, pulls, unknown, malformed } = bearerRequests(worlds.usual)
    const own = await startPostern(url)
    // It signs under the key that Postern made at its start.
    const peer = await startPeer('token-server', url)
    await requireSameAnswers(
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
        postern('different tokens', different),
        postern('the same grant', same),
        postern('pulls', pulls),
        postern('unknown tokens', unknown),
        postern('malformed tokens', malformed),
      ],
      pace,
    )
    const [bare, ofDifferent, ofSame, ofPulls, ofUnknown, ofMalformed] = measured
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
        toBare(ofSame, 2),
        toBare(ofPulls),
        compare('Postern, pulls ÷ Postern, different tokens', ofPulls.requestsPerSecond, ofDifferent.requestsPerSecond),
        toBare(ofUnknown, 2.5),
        toBare(ofMalformed, 2.5),
        compare('p99 ÷ p50, different tokens', ofDifferent.p99Ms, ofDifferent.p50Ms, { atMost: 3 }),
      ]),
    ]
  },
}

/** Who was granted what; ids and times differ from token to token. */
function grantsOf(answer: unknown): unknown {
  const token = typeof answer === 'object' && answer !== null && 'token' in answer ? String(answer.token) : ''
  const { sub, aud, iss, access } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { sub, aud, iss, access }
}
