import { requireSameAnswers } from '../answers.ts'
import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns, withLongSlices } from '../measure.ts'
import { bearerRequests, bearerToken } from '../operations.ts'
import { figures, ratios } from '../report.ts'

/** The registry door against the least that a token server can do. */
export const tokenEndpoint: Benchmark = {
  name: bearerToken.name,
  about:
    'GET /token with an organization token and two scopes. The bare server is Fastify with an HMAC, one prepared SELECT and one ES256 signature. Different grants are of a thousand tokens, which ask for other repositories of theirs each time: a signature is shared by the requests for the same grant within five seconds, and so it never is. Of tokens that have not come for a while, each use is written soon; of the others, one in ten seconds. Pulls are counted, which is a statement that writes; pushes are not. Uses are written a second or two after they were noted, so the slices are of several seconds.',
  async run({ database, worlds, pace, startPostern, startPeer }) {
    const url = await database(worlds.usual)
    const { different, fresh, same, pulls, unknown, malformed } = bearerRequests(worlds.usual)
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

/** Who was granted what; ids and times differ from token to token. */
function grantsOf(answer: unknown): unknown {
  const token = typeof answer === 'object' && answer !== null && 'token' in answer ? String(answer.token) : ''
  const { sub, aud, iss, access } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { sub, aud, iss, access }
}
