import type { ExampleOperation } from '../example-operation.ts'

/** The example operations that the server wrote into the page. */
export function readExampleOperations(): ReadonlyArray<ExampleOperation> {
  const text = document.getElementById('operations')?.textContent
  if (!text) throw new Error('The page came without its example operations.')
  return JSON.parse(text)
}
