import { parse, visit } from 'graphql'

/** A phrase that the texts of Postern avoid, and what they say instead. CONTRIBUTING.md, "Style", has the rules. */
export interface BannedPhrase {
  readonly pattern: RegExp
  readonly instead: string
}

const banned = (pattern: RegExp, instead: string): BannedPhrase => ({ pattern, instead })

export const bannedPhrases: readonly BannedPhrase[] = [
  banned(/\b(tell|tells|told|telling)\b/i, 'notify, report, say, disclose'),
  banned(/\banswer(s|ed|ing)?\b/i, 'return, response, result'),
  banned(/\b(makes?|made|making)\b/i, 'create, generate, cause'),
  banned(/\brefus(e|es|ed|ing|al|als)\b/i, 'denied, invalid or rejected'),
  banned(/\banew\b/i, 'again'),
  banned(/\bof late\b/i, 'recently'),
  banned(/\bby this\b/i, 'so, with it'),
  banned(/\bbut for\b/i, 'except'),
  banned(/(?<!= )\bnone\b/i, 'no, nothing, not set'),
  banned(/\bthemself\b/i, 'themselves'),
  banned(/\bthe law\b/i, 'the policy'),
  banned(/\b(at|through|of) the door\b|\b(both|two|registry) doors?\b/i, 'the token endpoint, the API, HTTP'),
  banned(/\bput(s|ting)? right\b/i, 'correct'),
  banned(/\b(may|can) not know of\b/i, 'cannot see'),
  banned(/\bended secrets?\b/i, 'expired secret'),
  banned(/\bcounts? as none\b/i, 'count as unset'),
  banned(/\bstops? the start\b/i, 'exits at the start'),
  banned(/\b(each|which) occasion\b/i, 'event'),
  banned(/\bhundredths\b/i, '%'),
  banned(/\bbears? company\b/i, 'safe to run concurrently'),
  banned(/\bis none\b/i, 'is not one'),
  banned(/\bno more than that\b/i, 'only that'),
  banned(/\blogged in has\b|\bnot logged in\b/i, 'anonymous clients'),
  banned(/(^|[.:;] )Who (is|has|comes|logs|wants|makes|lacks|asks|runs|reads|leaves|guesses)\b/, 'name the person'),
  banned(/\bWhoever (is|has|comes|makes)\b/i, 'name the person'),
  banned(/(^|[.:;] )What (you|a person|people|logs|is)\b(?!.*\?)/, 'start with the subject'),
  banned(/\bwhat is no\b/i, 'malformed, not a'),
  banned(/\bnobody['’]s\b/i, 'say who owns or may do what'),
  banned(/\bgoes on\b/i, 'continue, keep working'),
  banned(/\bat work\b/i, 'working'),
  banned(/\bunder way\b/i, 'in progress'),
  banned(/\bnot any more\b/i, 'no longer'),
  banned(/\btakes? (away|back)\b/i, 'remove, revert'),
  banned(/\bstand(s|ing)? (behind|between)\b/i, 'be'),
  banned(/\bnoted\b/i, 'recorded'),
  banned(/\bis to be\b/i, 'must be'),
  banned(/\bwholly\b/i, 'completely'),
  banned(/\bwhence\b/i, 'from where'),
  banned(/\bmaker\b/i, 'creator'),
  banned(/\b(pulls|tokens|items) an? (window|page|organization)\b/i, 'per'),
]

/** A part of a file that people read, and the line that it begins on. */
export interface Text {
  readonly file: string
  readonly line: number
  readonly text: string
}

/** The prose of Markdown: no code, no links' targets, no comments and no quotations from the code. */
export function proseOf(file: string, markdown: string): Text[] {
  let isCode = false
  return markdown.split('\n').flatMap((line, index) => {
    if (line.startsWith('```')) isCode = !isCode
    if (isCode || line.startsWith('```')) return []
    const text = line
      .replaceAll(/`[^`]*`/g, '`code`')
      .replaceAll(/\]\([^)]*\)/g, ']')
      .replaceAll(/<!--.*?-->/g, '')
    return [{ file, line: index + 1, text }]
  })
}

/** The comments of TypeScript. */
export function commentsOf(file: string, source: string): Text[] {
  return source.split('\n').flatMap((line, index) => {
    const comment = /^\s*(?:\/\/|\/?\*+)(.*)$/.exec(line)?.[1] ?? / \/\/ (.*)$/.exec(line)?.[1]
    return comment === undefined ? [] : [{ file, line: index + 1, text: comment.replaceAll(/`[^`]*`/g, '`code`') }]
  })
}

/** The descriptions and deprecation reasons of a GraphQL schema, without code. */
export function descriptionsOf(file: string, schema: string): Text[] {
  const texts: Text[] = []
  visit(parse(schema), {
    StringValue({ value, loc }) {
      texts.push({ file, line: loc?.startToken.line ?? 0, text: value.replaceAll(/`[^`]*`/g, '`code`') })
    },
  })
  return texts
}

/** The comments of a GraphQL document. */
export function operationCommentsOf(file: string, document: string): Text[] {
  return document.split('\n').flatMap((line, index) => {
    const comment = /^\s*#(.*)$/.exec(line)?.[1]
    return comment === undefined ? [] : [{ file, line: index + 1, text: comment.replaceAll(/`[^`]*`/g, '`code`') }]
  })
}

/** The messages in TypeScript: texts of three words or more. */
export function messagesOf(file: string, source: string): Text[] {
  return source.split('\n').flatMap((line, index) => {
    if (/^\s*(\/\/|\/?\*)/.test(line)) return []
    const literals = line.matchAll(/(['"`])((?:(?!\1).)*)\1/g)
    return [...literals]
      .map(([, , text = '']) => text.replaceAll(/\$\{[^}]*\}/g, '`code`'))
      .filter((text) => /[A-Za-z]+,? \S+ \S+/.test(text))
      .map((text) => ({ file, line: index + 1, text }))
  })
}

// The beginnings of `it(`, of `it.each(cases)(` on one line, and of the last line of cases.
const testCall = /(?:\b(?:it|test|describe\w*)(?:\.\w+)*|\.each(?:<.*>)?\(.*\)|^ *\].*\))\(\s*(['"`])(.*?)\1/gm

/** The names of tests and of their groups. */
export function testNamesOf(file: string, source: string): Text[] {
  return [...source.matchAll(testCall)].map(({ index, 0: call, 2: text = '' }) => ({
    file,
    line: source.slice(0, index + call.length).split('\n').length,
    text,
  }))
}

/** The banned phrases of texts, each as a line for people. */
export function findBannedPhrases(texts: readonly Text[]): string[] {
  return texts.flatMap(({ file, line, text }) =>
    bannedPhrases
      .filter(({ pattern }) => pattern.test(text))
      .map(({ pattern, instead }) => `${file}:${line} "${pattern.exec(text)?.[0].trim()}": write ${instead}`),
  )
}
