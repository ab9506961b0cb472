import { isDeepStrictEqual } from 'node:util'
import { answerTo, type LoadRequest } from './load.ts'

/** Who is asked what, and what of the answers is compared. */
export interface Asked {
  readonly name: string
  readonly url: string
  readonly requests: readonly LoadRequest[]
}

const samples = 5

/** Throws unless all answer the same to the requests of the same index. The first one says what is right. */
export async function requireSameAnswers(
  [first, ...others]: readonly [Asked, ...Asked[]],
  dataOf: (answer: unknown) => unknown = dataOfAnswer,
): Promise<void> {
  for (let sample = 0; sample < samples; sample++) {
    const index = Math.floor((sample * first.requests.length) / samples)
    const right = await ask(first, index, dataOf)
    for (const other of others) {
      const answered = await ask(other, index, dataOf)
      if (!isDeepStrictEqual(answered, right))
        throw new Error(`${first.name} and ${other.name} differ:\n${shortened(right)}\n${shortened(answered)}`)
    }
  }
}

/** Throws when a server tells somebody about tokens who must not know of them. */
export async function requireRefusal({ name, url, requests }: Asked): Promise<void> {
  for (const request of requests) {
    const answer = JSON.stringify(await answerTo(url, request))
    if (answer.includes('"nodes"')) throw new Error(`${name} does not check who asks:\n${answer.slice(0, 500)}`)
  }
}

async function ask({ url, requests }: Asked, index: number, dataOf: (answer: unknown) => unknown): Promise<unknown> {
  const request = requests[index]
  if (request === undefined) throw new Error('There is no such request.')
  return withComparableTimes(dataOf(await answerTo(url, request)))
}

/** What GraphQL answers as `data`, and REST as it is. */
function dataOfAnswer(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('data' in answer)) return answer
  if ('errors' in answer) throw new Error(`An answer has errors: ${shortened(answer)}`)
  return answer.data
}

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

// There is more than one right way to write a time.
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
