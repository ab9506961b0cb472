import type { ApolloServerPlugin } from '@apollo/server'
import { databaseRetrySeconds } from '../domain/shared/database-down.ts'
import type { Wait } from '../domain/shared/service-limits.ts'
import type { Context } from './context.ts'

/** The wait of callers while the database is unavailable. */
export const databaseWait: Wait = { seconds: databaseRetrySeconds, limits: [] }

/** Sets `Retry-After` if a field could not be resolved because the database is unavailable. */
export const waitForDatabase: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response: { body }, contextValue }) {
        if (body.kind !== 'single') return
        const isAway = body.singleResult.errors?.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE')
        if (isAway) contextValue.limits.noteOutage(databaseWait)
      },
    }
  },
}
