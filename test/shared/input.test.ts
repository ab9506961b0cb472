import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { InvalidInput, type UserError } from '../../src/domain/shared/errors.ts'
import {
  addError,
  checkInput,
  checkValue,
  flagInput,
  list,
  notNull,
  parseInput,
  requireValid,
  throwIfAny,
} from '../../src/domain/shared/input.ts'
import { nullableText, text } from '../../src/domain/shared/text.ts'

const labelRule = { name: 'label', minLength: 1, maxLength: 5 }
const shape = {
  label: text(labelRule),
  note: nullableText({ name: 'note', minLength: 2, maxLength: 4 }).default(null),
  active: flagInput.optional(),
}

/** The errors that a call throws. */
function errorsOf(call: () => unknown): readonly UserError[] {
  try {
    call()
  } catch (error) {
    if (error instanceof InvalidInput) return error.userErrors
    throw error
  }
  return []
}
const invalid = (message: string, ...path: string[]): UserError => ({ code: 'INVALID', message, path })

const tooLong = 'The label takes 1 to 5 characters; this one has 6.'
const blank = 'The label takes 1 to 5 characters; this one has 0.'
const shortNote = 'The note takes 2 to 4 characters; this one has 1.'
const noFlag = 'Say true or false, or leave it out.'

describe('a valid input', () => {
  it.each<[string, Parameters<typeof parseInput<typeof shape>>[1], object]>([
    ['every member', { label: 'ci', note: 'abc', active: false }, { label: 'ci', note: 'abc', active: false }],
    [
      'space around its texts',
      { label: ' ci\t', note: '\nabc ', active: true },
      { label: 'ci', note: 'abc', active: true },
    ],
    [
      'a missing member that has a default',
      { label: 'ci', note: undefined, active: true },
      { label: 'ci', note: null, active: true },
    ],
    [
      'a missing member without a default',
      { label: 'ci', note: 'abc', active: undefined },
      { label: 'ci', note: 'abc' },
    ],
    [
      'null for a text that may be missing',
      { label: 'ci', note: null, active: true },
      { label: 'ci', note: null, active: true },
    ],
    [
      'a blank text that may be missing',
      { label: 'ci', note: '   ', active: true },
      { label: 'ci', note: null, active: true },
    ],
    [
      'characters of two code units',
      { label: '🦊🦊🦊🦊🦊', note: null, active: undefined },
      { label: '🦊🦊🦊🦊🦊', note: null },
    ],
  ])('a valid input with %s has these values', (_what, given, values) => {
    expect(parseInput(shape, given)).toStrictEqual(values)
  })

  it('a valid input loses members that its shape does not name', () => {
    const given = { label: 'ci', note: null, active: true, administrator: true }
    expect(parseInput(shape, given)).toStrictEqual({ label: 'ci', note: null, active: true })
  })

  it('a valid input is not changed itself', () => {
    const given = Object.freeze({ label: ' ci ', note: ' ', active: undefined })
    parseInput(shape, given)
    expect(given).toEqual({ label: ' ci ', note: ' ', active: undefined })
  })
})

describe('an invalid input', () => {
  it.each<[string, Parameters<typeof parseInput<typeof shape>>[1], readonly UserError[]]>([
    [
      'a text that is too long',
      { label: 'nightly', note: null, active: true },
      [invalid('The label takes 1 to 5 characters; this one has 7.', 'input', 'label')],
    ],
    ['a blank text', { label: ' ', note: null, active: true }, [invalid(blank, 'input', 'label')]],
    ['null for a text', { label: null, note: null, active: true }, [invalid(blank, 'input', 'label')]],
    ['null for a flag', { label: 'ci', note: null, active: null }, [invalid(noFlag, 'input', 'active')]],
    [
      'errors in every member',
      { label: 'abcdef', note: 'a', active: null },
      [invalid(tooLong, 'input', 'label'), invalid(shortNote, 'input', 'note'), invalid(noFlag, 'input', 'active')],
    ],
  ])('an invalid input with %s has these errors', (_what, given, errors) => {
    expect(errorsOf(() => parseInput(shape, given))).toEqual(errors)
  })

  it('an invalid input names the argument that it was given as', () => {
    const given = { label: 'abcdef', note: null, active: undefined }
    expect(errorsOf(() => parseInput(shape, given, ['changes', '3']))).toEqual([
      invalid(tooLong, 'changes', '3', 'label'),
    ])
    expect(errorsOf(() => parseInput(shape, given, []))).toEqual([invalid(tooLong, 'label')])
  })

  it('an invalid input keeps its valid members, for further checks', () => {
    const checked = checkInput(shape, { label: 'abcdef', note: 'abc', active: undefined })
    expect(checked).toStrictEqual({
      isValid: false,
      valid: { note: 'abc' },
      errors: [invalid(tooLong, 'input', 'label')],
    })
  })

  it('an input with more than a hundred errors lists 99, and counts the rest', () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`text${index}`, text(labelRule)]))
    const given = Object.fromEntries(Object.keys(many).map((name) => [name, '']))
    const errors = errorsOf(() => parseInput(many, given))
    expect(errors).toHaveLength(100)
    expect(errors.at(98)).toEqual(invalid(blank, 'input', 'text98'))
    expect(errors.at(99)).toEqual(invalid('There are 51 more errors. Correct these first.'))
  })
})

describe('a checked input', () => {
  const taken: UserError = { code: 'TAKEN', message: 'Choose another label.', path: ['input', 'label'] }
  const checked = checkInput(shape, { label: 'ci', note: null, active: undefined })
  const unchecked = checkInput(shape, { label: 'abcdef', note: null, active: undefined })

  it('a checked input is returned without errors', () => {
    expect(requireValid(checked)).toStrictEqual({ label: 'ci', note: null })
    expect(requireValid(checked, [], [])).toStrictEqual({ label: 'ci', note: null })
  })

  it.each([
    ['its own errors', unchecked, [], [invalid(tooLong, 'input', 'label')]],
    ['only those of others', checked, [[], [taken]], [taken]],
    [
      'its own errors, and then those of others',
      unchecked,
      [[taken], [taken]],
      [invalid(tooLong, 'input', 'label'), taken, taken],
    ],
  ] as const)('a checked input is rejected with %s', (_whose, input, others, errors) => {
    expect(errorsOf(() => requireValid(input, ...others))).toEqual(errors)
  })

  it('errors by themselves are thrown together, and no errors are not thrown', () => {
    expect(errorsOf(() => throwIfAny([taken, taken]))).toEqual([taken, taken])
    expect(() => throwIfAny([])).not.toThrow()
  })
})

describe('a schema', () => {
  const even = z.number().transform((value, context) => {
    if (value % 2 === 0) return value / 2
    addError(context, 'Send an even number.', { code: 'NOT_FOUND', path: ['digits', 0] })
    return z.NEVER
  })

  it('a schema can add errors with a code and a path of their own', () => {
    expect(checkValue(even, 4, ['count'])).toEqual({ isValid: true, value: 2, errors: [] })
    expect(checkValue(even, 3, ['count'])).toEqual({
      isValid: false,
      errors: [{ code: 'NOT_FOUND', message: 'Send an even number.', path: ['count', 'digits', '0'] }],
    })
  })

  it.each([
    [true, { isValid: true, value: true, errors: [] }],
    [false, { isValid: true, value: false, errors: [] }],
    [null, { isValid: false, errors: [invalid(noFlag, 'active')] }],
  ])('a flag of %s is checked as this', (given, checked) => {
    expect(checkValue(flagInput, given, ['active'])).toEqual(checked)
  })

  it.each([undefined, 'true', 1, {}])('a flag of %j is invalid', (given) => {
    expect(checkValue(flagInput, given, ['active'])).toMatchObject({
      isValid: false,
      errors: [{ code: 'INVALID', path: ['active'] }],
    })
  })

  it('a value that may not be null keeps its other errors', () => {
    const count = notNull(z.number().max(3, 'Send 3 at most.'), 'Send a number.')
    expect(checkValue(count, 3, [])).toEqual({ isValid: true, value: 3, errors: [] })
    expect(checkValue(count, null, [])).toEqual({ isValid: false, errors: [invalid('Send a number.')] })
    expect(checkValue(count, 4, [])).toEqual({ isValid: false, errors: [invalid('Send 3 at most.')] })
  })
})

describe('a list', () => {
  const message = 'Send 1 to 3 labels.'
  const labels = list(text(labelRule), { min: 1, max: 3, message })

  it.each([
    ['one item', [' a '], ['a']],
    ['as many items as are allowed', ['a', 'b', 'b'], ['a', 'b', 'b']],
  ])('a list with %s has these values', (_what, given, value) => {
    expect(checkValue(labels, given, ['labels'])).toEqual({ isValid: true, value, errors: [] })
  })

  it.each([
    ['no item', [], [invalid(message, 'labels')]],
    ['too many items', ['', '', '', ''], [invalid(message, 'labels')]],
    ['no items but a text', 'abc', [invalid(message, 'labels')]],
    ['null', null, [invalid(message, 'labels')]],
    ['invalid items', ['abcdef', 'b', ''], [invalid(tooLong, 'labels', '0'), invalid(blank, 'labels', '2')]],
  ])('a list with %s has these errors', (_what, given, errors) => {
    expect(checkValue(labels, given, ['labels'])).toEqual({ isValid: false, errors })
  })

  it('a list that is too long costs no parsing of its items', () => {
    let parsed = 0
    const counted = list(
      z.unknown().transform(() => ++parsed),
      { min: 0, max: 3, message },
    )
    checkValue(counted, Array.from({ length: 100_000 }), [])
    expect(parsed).toBe(0)
    checkValue(counted, [1, 2], [])
    expect(parsed).toBe(2)
  })
})
