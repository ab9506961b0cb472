import type { FieldNode, GraphQLResolveInfo, SelectionSetNode } from 'graphql'

const known = new WeakMap<FieldNode, ReadonlySet<string>>()

/**
 * The names of all fields that are asked for below the one that is being resolved, at any depth, so that a list can load
 * what its items will need before they are made. Some may be left out by `@skip` or `@include`, or stand on another object.
 */
export function selectedFields({ fieldNodes, fragments }: GraphQLResolveInfo): ReadonlySet<string> {
  const [first] = fieldNodes
  if (first === undefined) return new Set()
  // The document stays the same object as long as it is kept.
  let names = known.get(first)
  if (names === undefined) {
    const found = new Set<string>()
    const spread = new Set<string>()
    for (const { selectionSet } of fieldNodes) collect(selectionSet, fragments, found, spread)
    names = found
    known.set(first, names)
  }
  return names
}

/** Each fragment is looked into once: some spread each other so often that it would not end. */
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
