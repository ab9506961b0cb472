import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Need no database and start no process. */
const unit = [
  'test/access/guard-schema.test.ts',
  'test/account/fair-queue.test.ts',
  'test/account/password.test.ts',
  'test/config.test.ts',
  'test/database-url/database-url.test.ts',
  'test/house.test.ts',
  'test/docs/blocks.test.ts',
  'test/docs/configuration.test.ts',
  'test/docs/decisions.test.ts',
  'test/docs/links.test.ts',
  'test/docs/plain-words.test.ts',
  'test/docs/tables.test.ts',
  'test/http/send-rows.test.ts',
  'test/registry/requested-scope.test.ts',
  'test/registry/sign-es256.test.ts',
  'test/registry/signing-key.test.ts',
  'test/schema/schema.test.ts',
  'test/token/token-secret.test.ts',
  'test/usage/client-network.test.ts',
  'test/webhook/docs.test.ts',
]

/** Replace a module for all of their process, or use up what a process has once. */
const alone = [
  'test/database/preparing-client.test.ts',
  'test/guess/password-guesses.test.ts',
  'test/registry/token-endpoint-people.test.ts',
]

/** Start processes: builds, Postern itself, PostgreSQL, registries and their clients, a browser. */
const processes = [
  'test/database/database-tls.test.ts',
  'test/database/embedded-postgres*.test.ts',
  'test/docs/walks.test.ts',
  'test/execution/planned-execution.test.ts',
  'test/http/graphiql-*.test.ts',
  'test/http/secrets-in-*.test.ts',
  'test/process/*.test.ts',
  'test/registry/bearer-token.test.ts',
  'test/registry/real-clients-*.test.ts',
  'test/registry/registry-config.test.ts',
  'test/repository/repository-name.test.ts',
  'test/schema/typed-documents.test.ts',
  'test/secret-file.test.ts',
]

export default defineConfig({
  test: {
    globalSetup: ['test/harness/cluster.ts'],
    // Tests wait for PostgreSQL and for processes half of the time; Vitest would leave one of two cores idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      lane('unit', { include: unit, pool: 'threads' }),
      lane('api', { include: ['test/**/*.test.ts'], exclude: [...unit, ...alone, ...processes], isolate: false }),
      lane('alone', { include: alone }),
      lane('process', { include: processes }),
    ],
  },
})

function lane(name: string, options: object) {
  return {
    // One copy of graphql: Vitest would otherwise load its ESM and its CommonJS build side by side.
    resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
    test: { name, testTimeout: 60_000, hookTimeout: 60_000, ...options },
  }
}
