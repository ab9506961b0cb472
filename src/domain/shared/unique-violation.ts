import { UniqueConstraintViolationException } from '@mikro-orm/postgresql'

/** Whether a write failed because a unique value of the table is in use already. */
export function isUniqueViolation(error: unknown, table: string): boolean {
  return error instanceof UniqueConstraintViolationException && Reflect.get(error, 'table') === table
}
