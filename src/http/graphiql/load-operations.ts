import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ExampleOperation } from './example-operation.ts'
import { placeOf } from './operation-subjects.ts'
import { packageRoot } from './package-root.ts'

const extension = '.graphql'

/**
 * Reads the example operations, in the order of the sidebar: by subject, and otherwise by file name. The file
 * `NAME.variables.json` contains the example variables of `NAME.graphql`.
 *
 * @param directory contains the files; Postern's own are in `schema/operations`
 * @throws Error when the directory cannot be read, or when a file of variables is not a JSON object
 */
export async function loadOperations(
  directory: string = join(packageRoot, 'schema', 'operations'),
): Promise<ExampleOperation[]> {
  const files = new Set(await readdir(directory))
  const documents = [...files].filter((file) => file.endsWith(extension)).sort()
  const operations = await Promise.all(documents.map((file) => loadOperation(directory, file, files)))
  return operations.sort((one, other) => placeOf(one.name).rank - placeOf(other.name).rank)
}

async function loadOperation(directory: string, file: string, files: Set<string>): Promise<ExampleOperation> {
  const source = (await readFile(join(directory, file), 'utf8')).trimEnd()
  const name = operationName(source) ?? basename(file, extension)
  const operation = { name, subject: placeOf(name).subject, description: firstComment(source), source }
  const variablesFile = `${basename(file, extension)}.variables.json`
  if (!files.has(variablesFile)) return operation
  const variables = await readFile(join(directory, variablesFile), 'utf8')
  if (!isJsonObject(variables)) throw new Error(`${join(directory, variablesFile)} must contain a JSON object.`)
  return { ...operation, variables: variables.trimEnd() }
}

// GraphiQL finds the title of a tab in the same way.
function operationName(source: string): string | undefined {
  return /^(?:query|mutation)\s+(\w+)/m.exec(source)?.[1]
}

/** The comment at the start of a document, as one line. */
function firstComment(source: string): string {
  const [comment = ''] = /^(#.*\n)*/.exec(source) ?? []
  return comment.replaceAll(/^# ?/gm, '').trim().replaceAll('\n', ' ')
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
