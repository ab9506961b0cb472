import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import type { UsageDimension } from '../../domain/model/usage-tables.ts'
import { findUsageReport, parseReportRequest } from '../../domain/usage/usage-report.ts'
import { Organization } from '../account/organization.types.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { loadUsers } from '../load-users.ts'
import { selectedFields } from '../selected-fields.ts'
import { loadVisibleTokens } from '../token/visible-tokens.ts'
import { UsageDimensionEnum, UsageRow } from './usage-report.types.ts'

@Resolver(() => Organization)
export class OrganizationUsage {
  @FieldResolver(() => [UsageRow], {
    nullable: true,
    description:
      "Usage report: pulls and pushes of the organization's repositories, and pulls with its tokens from elsewhere, " +
      'as registries reported them. Sorted by day, then by most pulls. At most 366 days and 10,000 rows; the CSV ' +
      'file at `/organizations/NAME/usage.csv` has any number of rows. Only for owners of the organization and of ' +
      'its company, and for organization tokens with REPORT_READ.',
  })
  async usageReport(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Arg('from', () => DateTime, { description: 'Start of the report: the day (UTC) of this time is the first.' })
    from: Date,
    @Arg('to', () => DateTime, {
      description: 'End of the report: the last day (UTC) is that of the moment before this time.',
    })
    to: Date,
    @Arg('groupBy', () => [UsageDimensionEnum], {
      description: 'Dimensions to group by: at least one, without duplicates.',
    })
    groupBy: UsageDimension[],
    @Info() info: GraphQLResolveInfo,
  ): Promise<UsageRow[]> {
    const rows = await findUsageReport(context, organization, parseReportRequest(from, to, groupBy))
    const fields = selectedFields(info)
    const ids = fields.has('accessToken') ? rows.map(({ tokenId }) => tokenId) : []
    const userIds = fields.has('user') ? rows.map(({ userId }) => userId) : []
    const [tokens, users] = await Promise.all([
      loadVisibleTokens(context, ids, info),
      loadUsers(userIds, context.loaders),
    ])
    return rows.map(({ tokenId, isOfPerson: _, userId, ...row }) => ({
      ...row,
      accessToken: tokens.get(tokenId ?? '') ?? null,
      user: users.get(userId ?? '') ?? null,
    }))
  }
}
