import DataLoader from 'dataloader'

const maxBatchSize = 100
const maxUnderWay = 2

/**
 * Answers single lookups in batches, across requests: while statements are under way, the lookups that come wait, and go
 * together with the next one. Nothing is kept: a lookup is always answered by a statement that was sent after it came.
 *
 * `load` answers the values of the keys in the order of the keys.
 */
export function batched<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  let underWay = 0
  const waiting: Array<() => void> = []
  const loader = new DataLoader<Key, Value>(
    async (keys) => {
      underWay++
      try {
        return await load(keys)
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
