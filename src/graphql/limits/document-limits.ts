import { hash } from 'node:crypto'
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'

/*
 * The limits of a document, independent of its variables and conditions. They are checked before fragments are spread
 * by validation, which compares all pairs of fields with the same name, and by the planner. The longest example
 * operation has a tenth of each; the introspection query of GraphiQL has 184 tokens, 240 selections and a depth of 15.
 */

/** Maximum length of a document, in UTF-16 code units. */
export const maxDocumentLength = 32_000
/** Maximum number of tokens, as the parser counts them. */
export const maxTokens = 2_000
/** Maximum number of selections after fragments are spread. */
export const maxSelections = 1_000
/** Maximum depth of nested fields. */
export const maxDepth = 20
/** Maximum number of root fields of a query. */
export const maxRootFields = 12
/** Maximum number of root fields of a mutation. Each of them is a transaction. */
export const maxMutations = 5
/** Maximum number of aliases after fragments are spread. */
export const maxAliases = 100
/** Maximum number of directives. */
export const maxDirectives = 100
/** Maximum number of fields that are merged into one field of the response. Validation compares all pairs of them. */
export const maxMergedFields = 30

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

// The hashes of documents that were accepted before. Clients have few documents. A document itself can be a part of the
// URL of a request, which V8 would then keep in memory.
const accepted = new LRUCache<string, true>({ max: 2_000 })

/**
 * Checks the limits of a document. It ignores syntax errors, which Apollo reports with their location. Throws
 * `GraphQLError` (BAD_USER_INPUT, status 400) that names the exceeded limit.
 */
export function checkDocument(source: string): void {
  limit('characters', source.length, maxDocumentLength)
  const digest = hash('sha256', source, 'base64')
  if (accepted.has(digest)) return
  const document = parseOrNothing(source)
  if (document === null) return
  limit('directives', countDirectives(document), maxDirectives)
  const fragments = new Map(
    document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  )
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION)
  const sizes = new Map<string, Size | null>()
  const whole = operations.map((operation) => sizeOf(operation.selectionSet, fragments, sizes))
  // Unused fragments are invalid (GraphQL, section 5.5.1.4). Rejected here, because these sizes do not include them,
  // and validation would compare their fields first.
  for (const name of fragments.keys()) if (!sizes.has(name)) throw tooLarge(`Fragment "${name}" is never used.`)
  limit('selections after its fragments are spread', sum(whole, 'selections'), maxSelections)
  limit('aliases after its fragments are spread', sum(whole, 'aliases'), maxAliases)
  limit('levels of fields', Math.max(0, ...whole.map(({ depth }) => depth)), maxDepth)
  // These checks spread fragments. The number of selections is limited already.
  for (const operation of operations) checkOperation(operation, fragments)
  accepted.set(digest, true)
}

interface Size {
  readonly selections: number
  readonly aliases: number
  readonly depth: number
}

/** The size of a selection set after fragments are spread. Each fragment is measured once and added for each spread. */
function sizeOf(set: SelectionSetNode | undefined, fragments: Fragments, known: Map<string, Size | null>): Size {
  let [selections, aliases, depth] = [0, 0, 0]
  for (const selection of set?.selections ?? []) {
    const isField = selection.kind === Kind.FIELD
    const below =
      selection.kind === Kind.FRAGMENT_SPREAD
        ? sizeOfFragment(selection.name.value, fragments, known)
        : sizeOf(selection.selectionSet, fragments, known)
    selections += 1 + below.selections
    aliases += below.aliases + (isField && selection.alias !== undefined ? 1 : 0)
    depth = Math.max(depth, below.depth + (isField ? 1 : 0))
  }
  return { selections, aliases, depth }
}

function sizeOfFragment(name: string, fragments: Fragments, known: Map<string, Size | null>): Size {
  const counted = known.get(name)
  if (counted === null) throw tooLarge(`Cannot spread fragment "${name}" within itself.`)
  if (counted !== undefined) return counted
  known.set(name, null)
  const size = sizeOf(fragments.get(name)?.selectionSet, fragments, known)
  known.set(name, size)
  return size
}

function checkOperation({ operation, selectionSet }: OperationDefinitionNode, fragments: Fragments): void {
  const roots = fieldsByName([selectionSet], fragments)
  if (operation === 'mutation') limit('mutations', roots.size, maxMutations)
  else limit('root fields', roots.size, maxRootFields)
  const pending = [roots]
  for (let fields = pending.pop(); fields !== undefined; fields = pending.pop())
    for (const [name, nodes] of fields) {
      limit(`fields named ${name} in one place`, nodes.length, maxMergedFields)
      pending.push(
        fieldsByName(
          nodes.flatMap(({ selectionSet: below }) => below ?? []),
          fragments,
        ),
      )
    }
}

/** The fields of merged selection sets, by response name. */
function fieldsByName(sets: readonly SelectionSetNode[], fragments: Fragments): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const spread = new Set<string>()
  const pending = [...sets]
  for (let set = pending.pop(); set !== undefined; set = pending.pop())
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet)
      else if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        const same = fields.get(name)
        if (same === undefined) fields.set(name, [selection])
        else same.push(selection)
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment !== undefined) pending.push(fragment.selectionSet)
      }
    }
  return fields
}

function countDirectives(document: DocumentNode): number {
  let count = 0
  visit(document, { Directive: () => void count++ })
  return count
}

function parseOrNothing(source: string): DocumentNode | null {
  try {
    return parse(source, { maxTokens })
  } catch {
    return null
  }
}

function sum(sizes: readonly Size[], what: 'selections' | 'aliases'): number {
  return sizes.reduce((total, size) => total + size[what], 0)
}

function limit(what: string, count: number, most: number): void {
  if (count <= most) return
  throw tooLarge(`This document has more than ${most} ${what}. Split it into several requests.`)
}

/** The error of a request that exceeds a limit. */
export function tooLarge(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } })
}
