import DataLoader from 'dataloader'

const maxBatchSize = 100
const maxUnderWay = 2

/**
 * Answers single lookups in batches, across requests: while statements are under way, the lookups that come wait, and go
 * together with the next one. Nothing is kept: a lookup is always answered by a statement that was sent after it came.
 *
 * `load` answers the values of the keys in the order of the keys. With `nameOf`, keys of one name are asked for once.
 */
export function batched<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  nameOf?: (key: Key) => string,
): (key: Key) => Promise<Value> {
  const loadEach = nameOf === undefined ? load : distinctly(load, nameOf)
  let underWay = 0
  const waiting: Array<() => void> = []
  const loader = new DataLoader<Key, Value>(
    async (keys) => {
      underWay++
      try {
        return await loadEach(keys)
      } finally {
        underWay--
        waiting.shift()?.()
      }
    },
    {
      cache: false,
      maxBatchSize,
      batchScheduleFn(send) {
        if (underWay >= maxUnderWay) waiting.push(send)
        // With the lookups of all requests that have arrived by now.
        else setImmediate(send)
      },
    },
  )
  return (key) => loader.load(key)
}

/** Lets the many jobs of a pipeline, which ask for the same at the same time, be one key. */
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
