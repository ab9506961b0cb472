import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { packageRoot } from './package-root.ts'

// Run by `npm run build`: makes `dist/graphiql`, the page and its static files, from `page/`. It takes some seconds
// once, and nothing as long as neither the page nor the packages it is made of have changed.

const pageDirectory = join(packageRoot, 'src', 'http', 'graphiql', 'page')
const builtDirectory = join(packageRoot, 'dist', 'graphiql')
/** In the built directory: the hash of what it was built from. */
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
  // React's development build, three times the size, is what any other value would bring.
  process.env.NODE_ENV = 'production'
  // Loaded here, because a start with nothing to build should not pay for it.
  const { build } = await import('vite')
  await build({
    configFile: false,
    envDir: false,
    publicDir: false,
    root: pageDirectory,
    logLevel: 'error',
    build: {
      outDir: directory,
      // Everything the page uses has been in all browsers for years; rewriting it would only make it larger.
      target: 'esnext',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // GraphiQL makes the titles of its icons, which screen readers say, from the names of its functions.
      rolldownOptions: { output: { keepNames: true } },
    },
    // The page is `/graphql`, its files are below `/graphiql/`: relative, so that a path in front of both does no harm.
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
    // Another build, at the same time, was first; its page is as good.
    if ((await stampOfBuilt()) !== stamp) throw error
  }
}

await main()
