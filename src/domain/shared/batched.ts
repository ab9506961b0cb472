import DataLoader from 'dataloader'

const maxBatchSize = 100
const maxInProgress = 2

/**
 * Combines single lookups of all requests into batches: while statements are in progress, new lookups wait, and are
 * sent together. Nothing is cached: the statement of a lookup is always sent after the lookup.
 *
 * `load` returns the values in the order of the keys. With `nameOf`, keys of the same name are loaded once.
 */
export function batched<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  nameOf?: (key: Key) => string,
): (key: Key) => Promise<Value> {
  const loadEach = nameOf === undefined ? load : distinctly(load, nameOf)
  let inProgress = 0
  const waiting: Array<() => void> = []
  const loader = new DataLoader<Key, Value>(
    async (keys) => {
      inProgress++
      try {
        return await loadEach(keys)
      } finally {
        inProgress--
        waiting.shift()?.()
      }
    },
    {
      cache: false,
      maxBatchSize,
      batchScheduleFn(send) {
        if (inProgress >= maxInProgress) waiting.push(send)
        // Together with the lookups of all requests that have arrived by now.
        else setImmediate(send)
      },
    },
  )
  return (key) => loader.load(key)
}

/** Loads equal keys once, because the jobs of a pipeline send the same request at the same time. */
function distinctly<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  nameOf: (key: Key) => string,
): (keys: readonly Key[]) => Promise<Value[]> {
  return async (keys) => {
    const names = keys.map(nameOf)
    const distinct = new Map(names.map((name, index) => [name, keys[index] as Key]))
    const values = await load([...distinct.values()])
    const byName = new Map([...distinct.keys()].map((name, index) => [name, values[index] as Value]))
    return names.map((name) => byName.get(name) as Value)
  }
}
