/** Expensive documents: those that were found before, and similar ones. */
export function worstDocuments(): ReadonlyMap<string, string> {
  const repeat = (count: number, one: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => one(i)).join(' ')
  const bomb = (depth: number, condition: string) =>
    `{ viewer ${condition} { ...F0 } } ${repeat(depth, (i) => `fragment F${i} on Viewer { ...F${i + 1} ...F${i + 1} }`)}
     fragment F${depth} on Viewer { user { id } }`
  const nested = (fields: string, depth: number) => `${`${fields} { `.repeat(depth)}name${' }'.repeat(depth)}`
  return new Map([
    ['fragments that spread the next twice, below a skipped field', bomb(12, '@skip(if: true)')],
    ['the same, deeper', bomb(60, '@skip(if: true)')],
    ['the same, not skipped', bomb(27, '')],
    ['a field again and again', `{ viewer { user { ${repeat(900, () => 'id')} } } }`],
    [
      'a field with arguments again and again',
      `{ ${repeat(160, () => 'repository(name: "acme/repository-1") { id }')} }`,
    ],
    [
      'a field again and again at two levels',
      `{ ${repeat(20, () => `viewer { ${repeat(20, () => 'user { id }')} }`)} }`,
    ],
    ['many lookups', `{ ${repeat(180, (i) => `a${i}: repository(name: "acme/repository-${i}") { id }`)} }`],
    [
      'as many lookups as there may be',
      `{ ${repeat(12, (i) => `a${i}: repository(name: "acme/repository-${i}") { id name }`)} }`,
    ],
    [
      'many fragments',
      `{ viewer { ${repeat(150, (i) => `...F${i}`)} } } ${repeat(150, (i) => `fragment F${i} on Viewer { user { id } }`)}`,
    ],
    ['names that are not there, long', `{ ${repeat(100, (i) => `viewerr${'x'.repeat(250)}${i}`)} }`],
    ['one name that is not there, very long', `{ ${'v'.repeat(31_000)} }`],
    ['types that are not there', repeat(90, (i) => `fragment F${i} on Organizatio${'n'.repeat(200)}${i} { id }`)],
    ['introspection', `{ __schema { types { ${nested('fields { type', 2)} ${' }'.repeat(2)} } } }`],
    [
      'introspection with many aliases',
      `{ __schema { ${repeat(90, (i) => `a${i}: types { name description kind fields { name } }`)} } }`,
    ],
    [
      'introspection of everything below types',
      `{ __schema { types { fields { args { type { fields { args { type { name } name } name } } } } } } }`,
    ],
    [
      'operations that share fragments',
      `${repeat(60, (i) => `query Q${i} { ...F0 }`)} ${repeat(30, (i) => `fragment F${i} on Query { ...F${i + 1} }`)} fragment F30 on Query { viewer { user { id } } }`,
    ],
    ['directives', `{ viewer ${repeat(300, () => '@include(if: true)')} { user { id } } }`],
    ['a deep list', `{ organization(name: ${'['.repeat(900)}"a"${']'.repeat(900)}) { id } }`],
    ['variables', `query (${repeat(250, (i) => `$v${i}: Int = ${i}`)}) { viewer { user { id } } }`],
    ['a long text', `{ repository(name: "${'a'.repeat(31_000)}") { id } }`],
  ])
}
