import { setSourceMapsSupport } from 'node:module'

// Loaded before all else: an error then says where it was in our own files. With `--enable-source-maps`, node also keeps the maps
// of all packages, which are several megabytes.
setSourceMapsSupport(true, { nodeModules: false })
