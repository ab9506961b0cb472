import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { ConcreteRequest } from 'relay-runtime'

/** The operations of `documents.ts`, as the Relay compiler generates them from Postern's schema. */
export interface Documents {
  readonly query: ConcreteRequest
  readonly generate: ConcreteRequest
  readonly update: ConcreteRequest
  readonly remove: ConcreteRequest
}

/** Runs the Relay compiler, which fails for documents that do not fit the schema. */
export async function compileDocuments(): Promise<Documents> {
  const repository = join(import.meta.dirname, '../../..')
  const root = await mkdtemp(join(tmpdir(), 'postern-relay-'))
  try {
    await copyFile(join(import.meta.dirname, 'documents.ts'), join(root, 'documents.ts'))
    await copyFile(join(repository, 'schema/schema.graphql'), join(root, 'schema.graphql'))
    const config = join(root, 'relay.config.json')
    await writeFile(config, JSON.stringify(compilerConfig))
    await promisify(execFile)(join(repository, 'node_modules/.bin/relay-compiler'), [config], { cwd: root })
    const load = async (name: string): Promise<ConcreteRequest> =>
      (await import(pathToFileURL(join(root, '__generated__', `${name}.graphql.ts`)).href)).default
    const [query, generate, update, remove] = await Promise.all([
      load('documentsQuery'),
      load('documentsGenerateMutation'),
      load('documentsUpdateMutation'),
      load('documentsDeleteMutation'),
    ])
    return { query, generate, update, remove }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

const compilerConfig = {
  src: '.',
  schema: 'schema.graphql',
  language: 'typescript',
  eagerEsModules: true,
  useImportTypeSyntax: true,
  customScalarTypes: { DateTime: 'string' },
}
