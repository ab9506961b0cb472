import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files of a lane, as globs. All other files are in `api`. */
export const lanes = {
  /** Files that start processes: builds, Postern itself, PostgreSQL, registries and their clients, a browser. */
  process: [
    'test/database/database-tls.test.ts',
    'test/database/embedded-postgres*.test.ts',
    'test/device/device-page.test.ts',
    'test/docs/walks.test.ts',
    'test/execution/planned-execution.test.ts',
    'test/frontends/frontends.test.ts',
    'test/http/graphiql-*.test.ts',
    'test/http/secrets-in-*.test.ts',
    'test/process/*.test.ts',
    'test/registry/bearer-token.test.ts',
    'test/registry/real-clients-*.test.ts',
    'test/registry/registry-config.test.ts',
    'test/repository/repository-name.test.ts',
    'test/schema/typed-documents.test.ts',
    'test/secret-file.test.ts',
  ],
  /** Files that replace a module for their whole process, or use up what a process has once. */
  alone: [
    'test/access/each-alone.test.ts',
    'test/database/preparing-client.test.ts',
    'test/guess/password-guesses.test.ts',
    'test/registry/token-endpoint-people.test.ts',
  ],
  /** Files that need no database and start no process. */
  unit: [
    'test/access/guard-schema.test.ts',
    'test/account/fair-queue.test.ts',
    'test/account/password.test.ts',
    'test/config.test.ts',
    'test/database-url/database-url.test.ts',
    'test/docs/configuration.test.ts',
    'test/docs/decisions.test.ts',
    'test/docs/links.test.ts',
    'test/docs/plain-words.test.ts',
    'test/docs/tables.test.ts',
    'test/house.test.ts',
    'test/http/send-rows.test.ts',
    'test/lanes.test.ts',
    'test/policy/*.test.ts',
    'test/registry/requested-scope.test.ts',
    'test/registry/sign-es256.test.ts',
    'test/registry/signing-key.test.ts',
    'test/schema/schema.test.ts',
    'test/shared/*.test.ts',
    'test/token/token-secret.test.ts',
    'test/usage/client-network.test.ts',
    'test/webhook/docs.test.ts',
  ],
}

/** The slowest files, which start first so that no worker ends long after the others. */
const longest = [
  'test/http/graphiql-postern.test.ts',
  'test/http/graphiql-page.test.ts',
  'test/http/graphiql-sidebar.test.ts',
  'test/http/graphiql-sign-in.test.ts',
  'test/process/stop.test.ts',
  'test/process/failed-start.test.ts',
  'test/docs/walks.test.ts',
  'test/access/permission-matrix.test.ts',
  'test/usage/last-use.test.ts',
  'test/token/last-use-recorder.test.ts',
  'test/webhook/deliver.test.ts',
  'test/database/plans.test.ts',
  'test/database/migrate.test.ts',
  'test/guess/networks.test.ts',
  'test/http/bad-values.test.ts',
  'test/http/overload.test.ts',
  'test/http/database-outage.test.ts',
  'test/http/activity-export-memory.test.ts',
  'test/abuse/guesses.test.ts',
]

const order = ['process', 'alone', 'api', 'unit']

/** Runs one lane after the other, and in each lane the slowest files first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project, moduleId }: TestSpecification) => {
      const place = longest.findIndex((file) => moduleId.endsWith(`/${file}`))
      return order.indexOf(project.name) * 100 + (place === -1 ? 99 : place)
    }
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
