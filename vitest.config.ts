import { defineConfig } from 'vitest/config'

export default defineConfig({
  // One copy of graphql: Vitest would otherwise load its ESM and its CommonJS build side by side.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/harness/cluster.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
