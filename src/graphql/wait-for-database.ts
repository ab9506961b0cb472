import type { ApolloServerPlugin } from '@apollo/server'
import { databaseRetrySeconds } from '../domain/shared/database-down.ts'
import type { Wait } from '../domain/shared/service-limits.ts'
import type { Context } from './context.ts'

/** How long callers wait while the database is away. */
export const databaseWait: Wait = { seconds: databaseRetrySeconds, limits: [] }

/** Notes for `Retry-After` that the caller has to wait, where a field could not be resolved because the database is away. */
export const waitForDatabase: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response: { body }, contextValue }) {
        if (body.kind !== 'single') return
        const isAway = body.singleResult.errors?.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE')
        if (isAway) contextValue.limits.noteWait(databaseWait)
      },
    }
  },
}
