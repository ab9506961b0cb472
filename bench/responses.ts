import { isDeepStrictEqual } from 'node:util'
import { type LoadRequest, responseTo } from './load.ts'

/** A candidate's requests, and the part of each response that is compared. */
export interface CandidateRequests {
  readonly name: string
  readonly url: string
  readonly requests: readonly LoadRequest[]
}

const samples = 5

/**
 * Throws unless all candidates return the same to requests with the same index. The first candidate is the reference.
 */
export async function requireSameResponses(
  [first, ...others]: readonly [CandidateRequests, ...CandidateRequests[]],
  dataOf: (response: unknown) => unknown = dataOfResponse,
): Promise<void> {
  for (let sample = 0; sample < samples; sample++) {
    const index = Math.floor((sample * first.requests.length) / samples)
    const expected = await ask(first, index, dataOf)
    for (const other of others) {
      const received = await ask(other, index, dataOf)
      if (!isDeepStrictEqual(received, expected))
        throw new Error(`${first.name} and ${other.name} differ:\n${shortened(expected)}\n${shortened(received)}`)
    }
  }
}

/** Throws if a server lists tokens to somebody who may not see them. */
export async function requireDenial({ name, url, requests }: CandidateRequests): Promise<void> {
  for (const request of requests) {
    const response = JSON.stringify(await responseTo(url, request))
    if (response.includes('"nodes"')) throw new Error(`${name} does not check the caller:\n${response.slice(0, 500)}`)
  }
}

async function ask(
  { url, requests }: CandidateRequests,
  index: number,
  dataOf: (response: unknown) => unknown,
): Promise<unknown> {
  const request = requests[index]
  if (request === undefined) throw new Error('There is no such request.')
  return withComparableTimes(dataOf(await responseTo(url, request)))
}

/** Returns `data` of a GraphQL response, and a REST response unchanged. */
function dataOfResponse(response: unknown): unknown {
  if (typeof response !== 'object' || response === null || !('data' in response)) return response
  if ('errors' in response) throw new Error(`A response has errors: ${shortened(response)}`)
  return response.data
}

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

// Candidates write times in different formats; all are valid.
function withComparableTimes(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'string' && timestamp.test(each) ? new Date(each).getTime() : each,
    ),
  )
}

function shortened(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 1_000) ?? 'nothing'
}
