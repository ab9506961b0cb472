import { ObjectType } from 'type-graphql'

@ObjectType({ description: 'Who is calling: a person who signed in, or an organization token.' })
export class Viewer {}
