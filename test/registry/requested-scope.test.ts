import { describe, expect, it } from 'vitest'
import { MalformedScope, parseRequestedScopes } from '../../src/registry/token-request.ts'

/** Each scope as `pull,push`. */
const repository = (name: string, ...scopes: string[]) => ({
  type: 'repository',
  name,
  scopes: scopes.map((actions) => new Set(actions.split(',').filter(Boolean))),
})
const other = (scope: string) => ({ type: 'other', name: scope })
const invalid = (name: string) => ({ type: 'invalid repository', name })

describe('requested scopes', () => {
  it.each([
    ['no parameter', [], []],
    ['empty parameters', ['', '  '], []],
    ['what docker pull sends', ['repository:acme/app:pull'], [repository('acme/app', 'pull')]],
    ['what docker push sends', ['repository:acme/app:push,pull'], [repository('acme/app', 'push,pull')]],
    ['what skopeo delete sends', ['repository:acme/app:*'], [repository('acme/app', '*')]],
    ['a name of one component', ['repository:app:pull'], [repository('app', 'pull')]],
    ['a name of many components', ['repository:a/b/c/d:pull'], [repository('a/b/c/d', 'pull')]],
    ['a class after the type', ['repository(plugin):acme/app:pull'], [repository('acme/app', 'pull')]],
    ['no action', ['repository:acme/app:'], [repository('acme/app', '')]],
  ])('parse %s', (_, parameters, expected) => {
    expect(parseRequestedScopes(parameters)).toEqual(expected)
  })

  it('requested scopes are repeated, separated by spaces, or both, and keep their order', () => {
    const expected = [repository('acme/b', 'pull'), repository('acme/a', 'push'), repository('acme/c', 'delete')]
    const [one, two, three] = ['repository:acme/b:pull', 'repository:acme/a:push', 'repository:acme/c:delete'] as const
    expect(parseRequestedScopes([one, two, three])).toEqual(expected)
    expect(parseRequestedScopes([`${one} ${two} ${three}`])).toEqual(expected)
    expect(parseRequestedScopes([one, ` ${two}  ${three} `])).toEqual(expected)
  })

  it('scopes for one repository are merged, and those for another are not', () => {
    expect(
      parseRequestedScopes([
        'repository:acme/a:pull repository:acme/a:push,pull repository:acme/a:delete',
        'repository:acme/b:delete',
      ]),
    ).toEqual([repository('acme/a', 'pull', 'push,pull', 'delete'), repository('acme/b', 'delete')])
  })

  it('omit actions that do not exist', () => {
    expect(parseRequestedScopes(['repository:acme/app:pull,admin,PUSH,,'])).toEqual([repository('acme/app', 'pull')])
  })

  it.each([
    ['registry:catalog:*', other('registry:catalog:*')],
    ['repositories:acme/app:pull', other('repositories:acme/app:pull')],
    ['repository::pull', invalid('')],
    ['repository:Acme/app:pull', invalid('Acme/app')],
    ['repository:acme/app/:pull', invalid('acme/app/')],
    ['repository:/acme/app:pull', invalid('/acme/app')],
    ['repository:acme//app:pull', invalid('acme//app')],
    ['repository:acme/../app:pull', invalid('acme/../app')],
    ['repository:acme/*:pull', invalid('acme/*')],
    ['repository:acme/a___b:pull', invalid('acme/a___b')],
    ['repository:acme/a.-b:pull', invalid('acme/a.-b')],
    ['repository:acme/-app:pull', invalid('acme/-app')],
    ['repository:acme/app\n:pull', invalid('acme/app\n')],
    ['repository:acme/äpp:pull', invalid('acme/äpp')],
    ['repository:localhost:5000/acme/app:pull', invalid('localhost:5000/acme/app')],
  ])('contain no repository, without an error, for %j', (scope, expected) => {
    expect(parseRequestedScopes([scope, 'repository:acme/app:pull', scope])).toEqual([
      expected,
      repository('acme/app', 'pull'),
    ])
  })

  it.each(['a__b', 'a.b', 'a_b', 'a---b', '0', 'a-b.c_d'])('accept %j as the component of a name', (component) => {
    expect(parseRequestedScopes([`repository:acme/${component}:pull`])).toEqual([
      repository(`acme/${component}`, 'pull'),
    ])
  })

  it('accept names of up to 255 characters', () => {
    const [longest, tooLong] = ['a'.repeat(255), 'a'.repeat(256)]
    expect(parseRequestedScopes([`repository:${longest}:pull`])).toEqual([repository(longest, 'pull')])
    expect(parseRequestedScopes([`repository:${tooLong}:pull`])).toEqual([invalid(tooLong)])
  })

  it.each([
    'repository',
    'repository:acme/app',
    ':acme/app:pull',
    'Repository:acme/app:pull',
    'repository(:acme/app:pull',
    'repository(plugin)x:acme/app:pull',
    '()::',
  ])('requested scopes are malformed if they are %j', (scope) => {
    const parse = () => parseRequestedScopes(['repository:acme/app:pull', scope])
    expect(parse).toThrow(MalformedScope)
    expect(parse).toThrow('must have the form type:name:actions')
  })

  it('requested scopes can be any number, and are merged by name, however they are separated', () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `acme/app-${index}`)
    const scopes = [...names, ...names].map((name) => `repository:${name}:pull`)
    const expected = names.map((name) => repository(name, 'pull', 'pull'))
    expect(parseRequestedScopes(scopes)).toEqual(expected)
    expect(parseRequestedScopes([scopes.join(' ')])).toEqual(expected)
  })

  it('requested scopes are at most 512 characters long', () => {
    const scope = 'repository:acme/app:pull'
    const padded = scope + ','.repeat(512 - scope.length)
    expect(parseRequestedScopes([padded])).toEqual([repository('acme/app', 'pull')])
    expect(() => parseRequestedScopes([`${padded},`])).toThrow('at most 512 characters')
  })

  it('scopes with a name that is expensive for regular expressions are parsed quickly', () => {
    const slow = `${'a-'.repeat(120)}!`
    const start = performance.now()
    parseRequestedScopes(Array.from({ length: 250 }, (_, index) => `repository:${slow}${index}:pull`))
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
