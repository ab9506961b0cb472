import { defaultPageSize, maxPageSize } from '../domain/shared/page.ts'

/** The arguments that every list has. */
export const firstArgument = {
  defaultValue: defaultPageSize,
  nullable: true,
  description: `How many items to answer, ${maxPageSize} at most; more is refused.`,
} as const

export const afterArgument = {
  nullable: true,
  description: 'Answer what follows this cursor; absent: from the start.',
} as const

export const searchArgument = {
  nullable: true,
  description: 'Only those whose name has this in it, in upper or lower case.',
} as const
