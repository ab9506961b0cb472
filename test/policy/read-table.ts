import { type PrincipalName, principals } from './principals.ts'

/** A cell of a table: a question about a principal, and the expected result, written by hand. */
export interface Cell {
  readonly question: string
  readonly principal: PrincipalName
  readonly expected: string
}

/** The cells of a table of text. The first line has the names of the principals; `-` is an empty result. */
export function readTable(text: string): Cell[] {
  const [header = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const names = header.slice(1).map(principalName)
  return rows.flatMap(([question = '', ...answers]) => {
    if (answers.length !== names.length) throw new TypeError(`The row "${question}" has ${answers.length} cells.`)
    return names.map((principal, index) => ({
      question,
      principal,
      expected: answers[index] === '-' ? '' : (answers[index] ?? ''),
    }))
  })
}

function principalName(name: string): PrincipalName {
  const known = Object.keys(principals).find((each): each is PrincipalName => each === name)
  if (known === undefined) throw new TypeError(`There is no principal ${name}.`)
  return known
}
