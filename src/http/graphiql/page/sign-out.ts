import type { Fetcher } from './create-fetcher.ts'
import { errorCode, problemsIn } from './send-operation.ts'

/**
 * Ends the session of the token. The fetcher's listeners learn of a session that has ended.
 *
 * @returns a sentence if no session has ended, and whether the page should forget the token all the same
 */
export async function signOut(fetcher: Fetcher): Promise<{ problem: string; forgetsToken: boolean }> {
  try {
    const response = await fetcher({ query: 'mutation SignOut { signOut { userErrors { message } } }' })
    if (errorCode(response) === 'FORBIDDEN')
      return {
        problem: 'This page has forgotten the access token. It is still valid: only sessions end when you sign out.',
        forgetsToken: true,
      }
    return { problem: problemsIn(response, 'signOut'), forgetsToken: false }
  } catch (error) {
    return {
      problem: `${error instanceof Error ? error.message : error} You are still signed in.`,
      forgetsToken: false,
    }
  }
}
