import { availableParallelism } from 'node:os'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { LongestFirst, lanes } from './test/lanes.ts'

export default defineConfig({
  test: {
    globalSetup: ['test/harness/cluster.ts'],
    // One more than there are cores: tests wait for PostgreSQL, processes and intervals half of the time.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      lane('unit', { include: lanes.unit, pool: 'threads' }),
      // To load all modules takes longer than most files do.
      lane('api', { include: ['test/**/*.test.ts'], exclude: Object.values(lanes).flat(), isolate: false }),
      lane('alone', { include: lanes.alone }),
      lane('process', { include: lanes.process, isolate: false }),
    ],
  },
})

function lane(name: string, options: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration {
  return {
    // One copy of graphql: Vitest would otherwise load its ESM and its CommonJS build side by side.
    resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
    test: { name, testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } }, ...options },
  }
}
