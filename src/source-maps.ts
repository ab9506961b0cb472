import { setSourceMapsSupport } from 'node:module'

// Loaded before everything else, so that stacks show lines of the sources. With `--enable-source-maps`, Node would also
// keep the maps of all packages, which are several megabytes.
setSourceMapsSupport(true, { nodeModules: false })
