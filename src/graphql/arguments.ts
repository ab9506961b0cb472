import { defaultPageSize, maxPageSize } from '../domain/shared/page.ts'

/** The arguments of every list. */
export const firstArgument = {
  defaultValue: defaultPageSize,
  nullable: true,
  description: `Number of items, at most ${maxPageSize}. A larger number is an error.`,
} as const

export const afterArgument = {
  nullable: true,
  description: 'Cursor after which the page starts. If omitted, the page is the first.',
} as const

export const searchArgument = {
  nullable: true,
  description: 'Only items whose name contains this text. Ignores case.',
} as const
