import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ExampleOperation } from './example-operation.ts'
import { packageRoot } from './package-root.ts'

const endingOfOperations = '.graphql'

/**
 * Reads the example operations, in the order of their file names. Beside `NAME.graphql`, a file
 * `NAME.variables.json` holds its example variables.
 *
 * @param directory where they are kept; Postern's own are in `schema/operations`
 * @throws Error when the directory cannot be read, or when a file of variables is not a JSON object
 */
export async function loadOperations(
  directory: string = join(packageRoot, 'schema', 'operations'),
): Promise<ExampleOperation[]> {
  const files = new Set(await readdir(directory))
  const names = [...files].filter((file) => file.endsWith(endingOfOperations)).sort()
  return Promise.all(names.map((file) => loadOperation(directory, basename(file, endingOfOperations), files)))
}

async function loadOperation(directory: string, name: string, files: Set<string>): Promise<ExampleOperation> {
  const source = await readFile(join(directory, `${name}${endingOfOperations}`), 'utf8')
  const variablesFile = `${name}.variables.json`
  if (!files.has(variablesFile)) return { name, source: source.trimEnd() }
  const variables = await readFile(join(directory, variablesFile), 'utf8')
  if (!isJsonObject(variables)) throw new Error(`${join(directory, variablesFile)} must hold a JSON object.`)
  return { name, source: source.trimEnd(), variables: variables.trimEnd() }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
