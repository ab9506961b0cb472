import { Ctx, FieldResolver, Query, Resolver } from 'type-graphql'
import { findInstallationCounts } from '../../domain/account/find-installation-counts.ts'
import type { Context } from '../context.ts'
import { Installation, InstallationCounts, toInstallation } from './installation.types.ts'

@Resolver(() => Installation)
export class InstallationQuery {
  @Query(() => Installation, { description: 'This installation, for sign-up pages, prices and the admin area.' })
  installation(@Ctx() { settings }: Context): Installation {
    return toInstallation(settings)
  }

  @FieldResolver(() => InstallationCounts, {
    nullable: true,
    description: 'Number of organizations and people. Only for administrators of the installation.',
  })
  counts(@Ctx() context: Context): Promise<InstallationCounts> {
    return findInstallationCounts(context)
  }
}
