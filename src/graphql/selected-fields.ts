import type { FieldNode, GraphQLResolveInfo, SelectionSetNode } from 'graphql'

const known = new WeakMap<FieldNode, ReadonlySet<string>>()

/**
 * The names of all fields below the current one, at any depth, so that a list can load the data of its items before
 * they are created. Some of the fields may be skipped by `@skip` or `@include`, or belong to another object.
 */
export function selectedFields({ fieldNodes, fragments }: GraphQLResolveInfo): ReadonlySet<string> {
  const [first] = fieldNodes
  // Which nodes are merged into one field depends on the operation and its conditions, so only a single node is a key.
  const key = fieldNodes.length === 1 ? first : undefined
  const names = key && known.get(key)
  if (names !== undefined) return names
  const found = new Set<string>()
  const spread = new Set<string>()
  for (const { selectionSet } of fieldNodes) collect(selectionSet, fragments, found, spread)
  // Requests with a document that Apollo has cached share its objects.
  if (key !== undefined) known.set(key, found)
  return found
}

/** Visits each fragment once. Fragments can spread each other so often that visiting every spread would not end. */
function collect(
  selectionSet: SelectionSetNode | undefined,
  fragments: GraphQLResolveInfo['fragments'],
  into: Set<string>,
  spread: Set<string>,
): void {
  for (const selection of selectionSet?.selections ?? []) {
    if (selection.kind !== 'FragmentSpread') {
      if (selection.kind === 'Field') into.add(selection.name.value)
      collect(selection.selectionSet, fragments, into, spread)
    } else if (!spread.has(selection.name.value)) {
      spread.add(selection.name.value)
      collect(fragments[selection.name.value]?.selectionSet, fragments, into, spread)
    }
  }
}
