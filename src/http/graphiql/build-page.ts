import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { packageRoot } from './package-root.ts'

// Run by `npm run build`: builds `dist/graphiql`, the page and its static files, from `page/`. This takes some seconds,
// and is skipped if neither the page nor its packages have changed.

const pageDirectory = join(packageRoot, 'src', 'http', 'graphiql', 'page')
const builtDirectory = join(packageRoot, 'dist', 'graphiql')
/** The name of the file in the built directory with the hash of the sources. */
const stampName = 'built-from.txt'

async function main(): Promise<void> {
  const stamp = await hashOfSources()
  if ((await stampOfBuilt()) === stamp) return
  process.stderr.write('Building GraphiQL, once, in a few seconds.\n')
  const staging = `${builtDirectory}-${process.pid}`
  await mkdir(staging, { recursive: true })
  try {
    await bundleInto(staging)
    await compressAssets(join(staging, 'assets'))
    await writeFile(join(staging, stampName), stamp)
    await putInPlace(staging, stamp)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256')
  const pageFiles = (await readdir(pageDirectory)).sort().map((name) => join(pageDirectory, name))
  for (const file of [import.meta.filename, join(packageRoot, 'package-lock.json'), ...pageFiles]) {
    const contents = await readFile(file)
    hash.update(`${file.slice(packageRoot.length)} ${contents.length}\n`).update(contents)
  }
  return hash.digest('hex')
}

async function stampOfBuilt(): Promise<string | undefined> {
  return readFile(join(builtDirectory, stampName), 'utf8').catch(() => undefined)
}

async function bundleInto(directory: string): Promise<void> {
  // Any other value would include React's development build, which is three times as large.
  process.env.NODE_ENV = 'production'
  // Loaded here, because a start without a build does not need it.
  const { build } = await import('vite')
  await build({
    configFile: false,
    envDir: false,
    publicDir: false,
    root: pageDirectory,
    logLevel: 'error',
    build: {
      outDir: directory,
      // All browsers support what the page uses. Compiling it for older ones would only increase its size.
      target: 'esnext',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // GraphiQL derives the titles of its icons, which screen readers read, from names of functions.
      rolldownOptions: { output: { keepNames: true } },
    },
    // The page is at `/graphql`, and its files below `/graphiql/`. Relative paths also work behind a path prefix.
    experimental: {
      renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `graphiql/${file}` : { relative: true }),
    },
    worker: { format: 'es' },
  })
}

async function compressAssets(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = join(directory, name)
    await writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file)))
  }
}

async function putInPlace(staging: string, stamp: string): Promise<void> {
  if ((await stampOfBuilt()) === stamp) return
  await rm(builtDirectory, { recursive: true, force: true })
  try {
    await rename(staging, builtDirectory)
  } catch (error) {
    // Another build at the same time was first. Its page is the same.
    if ((await stampOfBuilt()) !== stamp) throw error
  }
}

await main()
