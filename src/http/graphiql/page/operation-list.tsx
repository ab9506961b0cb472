import { Fragment, type KeyboardEvent, useRef, useState } from 'react'
import type { ExampleOperation } from '../example-operation.ts'
import { useOpenOperation } from './use-open-operation.ts'

/** The sidebar: the example operations by subject, with a search. The list is one stop of the Tab key. */
export function OperationList({ operations }: { operations: ReadonlyArray<ExampleOperation> }) {
  const [search, setSearch] = useState('')
  const [lastFocused, setLastFocused] = useState('')
  const searchField = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const { activeTitle, open } = useOpenOperation()

  const found = operations.filter((operation) => matches(operation, search))
  const subjects = [...new Set(found.map(({ subject }) => subject))]
  const tabStop = [lastFocused, activeTitle].find((name) => found.some((one) => one.name === name)) ?? found[0]?.name

  const buttons = () => [...(list.current?.querySelectorAll('button') ?? [])]
  const moveFocus = (event: KeyboardEvent<HTMLButtonElement>) => {
    const index = buttons().indexOf(event.currentTarget)
    const target = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: found.length - 1 }[event.key]
    if (target === undefined) return
    event.preventDefault()
    if (target < 0) searchField.current?.focus()
    else buttons()[target]?.focus()
  }
  const leaveSearch = (event: KeyboardEvent<HTMLInputElement>) => {
    const [first] = found
    if (event.key === 'ArrowDown') {
      event.preventDefault()
      buttons()[0]?.focus()
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && first !== undefined) open(first)
  }

  return (
    <nav className="operations" aria-label="Operations">
      <input
        ref={searchField}
        type="search"
        aria-label="Search operations"
        aria-describedby="operations-hint"
        placeholder="Search operations"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={leaveSearch}
      />
      <p id="operations-hint" className="visually-hidden">
        Enter opens the first operation. The arrow keys lead to the others.
      </p>
      <p className="operations-count" role="status">
        {search !== '' && countOf(found.length)}
      </p>
      <div ref={list}>
        {subjects.map((subject) => (
          <section key={subject} aria-label={subject}>
            <h2>{subject}</h2>
            <ul>
              {found
                .filter((operation) => operation.subject === subject)
                .map((operation) => (
                  <li key={operation.name}>
                    <button
                      type="button"
                      title={operation.description}
                      aria-current={operation.name === activeTitle}
                      tabIndex={operation.name === tabStop ? 0 : -1}
                      onClick={() => open(operation)}
                      onFocus={() => setLastFocused(operation.name)}
                      onKeyDown={moveFocus}
                    >
                      <Breakable name={operation.name} />
                    </button>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
    </nav>
  )
}

/** A name that breaks between its words in a narrow sidebar. */
function Breakable({ name }: { name: string }) {
  return name.split(/(?=[A-Z])/).map((word, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the words of a name never move.
    <Fragment key={index}>
      <wbr />
      {word}
    </Fragment>
  ))
}

/** Whether each word of the search is somewhere in the name, subject or description of an operation. */
function matches({ name, subject, description }: ExampleOperation, search: string): boolean {
  const text = `${name} ${subject} ${description}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function countOf(found: number): string {
  if (found === 0) return 'No operation matches.'
  return found === 1 ? '1 operation matches.' : `${found} operations match.`
}
