import type { ComplexityEstimatorArgs } from 'graphql-query-complexity'
import { defaultPageSize, maxPageSize } from '../domain/page.ts'

/*
 * What a query costs, in units of about one plain field. The sum is limited before anything is executed, so that no
 * caller can ask for more work than a few full pages.
 */

/** The most that one operation may cost: 100 tokens with every field cost less than half of it. */
export const maxComplexity = 10_000

const statement = 25

/** Of a field that hashes a password: one request is not to try many of them. */
export const passwordComplexity = maxComplexity / 10

/** Of a field that asks an OpenID provider: one request is not to send out many. */
export const providerComplexity = maxComplexity / 10

/** A field that takes a statement of its own for each object it stands on. */
export function statementComplexity({ childComplexity }: ComplexityEstimatorArgs): number {
  return statement + childComplexity
}

/** A list: a statement, and its items as often as they were asked for. */
export function connectionComplexity({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const first = typeof args.first === 'number' ? Math.max(1, args.first) : defaultPageSize
  return statement + first * childComplexity
}

/** A list that is not paged, because it is short, and loaded for all objects of a request at once. */
export function shortListComplexity({ childComplexity }: ComplexityEstimatorArgs): number {
  return 1 + 5 * childComplexity
}

/** A whole list that is loaded along with those of the objects beside it: it is taken to be as long as a page. */
export function wholeListComplexity({ childComplexity }: ComplexityEstimatorArgs): number {
  return 1 + defaultPageSize * childComplexity
}

/** A report, of up to 10,000 rows: it adds up many more, and has as many rows as a full page, or more. */
export function reportComplexity({ childComplexity }: ComplexityEstimatorArgs): number {
  return 10 * statement + maxPageSize * childComplexity
}
