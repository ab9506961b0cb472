import { printSchema } from 'graphql'
import { buildSchema } from '../graphql/schema.ts'

// `npm run schema` writes this to schema/schema.graphql, so that a diff shows every change of the API.
process.stdout.write(`${printSchema(buildSchema())}\n`)
