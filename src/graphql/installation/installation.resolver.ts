import { Ctx, Query, Resolver } from 'type-graphql'
import type { Context } from '../context.ts'
import { Installation, toInstallation } from './installation.types.ts'

@Resolver()
export class InstallationQuery {
  @Query(() => Installation, { description: 'This installation, for sign-up pages, prices and the admin area.' })
  installation(@Ctx() { settings }: Context): Installation {
    return toInstallation(settings)
  }
}
