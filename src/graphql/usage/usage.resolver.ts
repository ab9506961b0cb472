import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import type { UsageDimension } from '../../domain/model/usage-tables.ts'
import {
  findOwnUsage,
  findUsageReport,
  findUsageTotals,
  parseFilledReportRequest,
  parsePeriod,
} from '../../domain/usage/usage-report.ts'
import type { UsageReportRow } from '../../domain/usage/usage-report-store.ts'
import { Organization } from '../account/organization.types.ts'
import { Viewer } from '../account/viewer.types.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { loadUsers } from '../load-users.ts'
import { selectedFields } from '../selected-fields.ts'
import { loadVisibleTokens } from '../token/visible-tokens.ts'
import { UsageDimensionEnum, UsageRow, UsageTotals } from './usage-report.types.ts'

const fromArgument = { description: 'Start of the report: the day (UTC) of this time is the first.' }
const toArgument = { description: 'End of the report: the last day (UTC) is that of the moment before this time.' }
const groupByArgument = { description: 'Dimensions to group by: at least one, without duplicates.' }
const fillEmptyArgument = {
  defaultValue: false,
  description:
    'Whether days without usage have a row with 0 pulls and pushes, whose other dimensions are null. Months, if the ' +
    'report is not by day. Only for reports by DAY or MONTH.',
}

@Resolver(() => Organization)
export class OrganizationUsage {
  @FieldResolver(() => [UsageRow], {
    nullable: true,
    description:
      "Usage report: pulls and pushes of the organization's repositories, and pulls with its tokens from elsewhere, " +
      'as registries reported them. Sorted by day and month, then by most pulls. At most 366 days and 10,000 rows; ' +
      'the CSV file at `/organizations/NAME/usage.csv` has any number of rows. Only for owners of the organization ' +
      'and of its company, and for organization tokens with REPORT_READ.',
  })
  async usageReport(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Arg('from', () => DateTime, fromArgument) from: Date,
    @Arg('to', () => DateTime, toArgument) to: Date,
    @Arg('groupBy', () => [UsageDimensionEnum], groupByArgument) groupBy: UsageDimension[],
    @Arg('fillEmpty', () => Boolean, fillEmptyArgument) fillEmpty: boolean,
    @Info() info: GraphQLResolveInfo,
  ): Promise<UsageRow[]> {
    const request = parseFilledReportRequest(from, to, groupBy, fillEmpty)
    return toUsageRows(context, await findUsageReport(context, organization, request), info)
  }

  @FieldResolver(() => UsageTotals, {
    nullable: true,
    description:
      "All pulls and pushes of the organization's repositories, as registries reported them. At most 366 days. Only " +
      'for owners of the organization and of its company, and for organization tokens with REPORT_READ.',
  })
  usageTotals(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Arg('from', () => DateTime, fromArgument) from: Date,
    @Arg('to', () => DateTime, toArgument) to: Date,
  ): Promise<UsageTotals> {
    return findUsageTotals(context, organization, parsePeriod(from, to))
  }
}

@Resolver(() => Viewer)
export class ViewerTokenUsage {
  @FieldResolver(() => [UsageRow], {
    nullable: true,
    description:
      'Usage report of the organization token of the request alone. Only for organization tokens with TOKEN_READ. ' +
      'Null for people.',
  })
  async tokenUsage(
    @Ctx() context: Context,
    @Arg('from', () => DateTime, fromArgument) from: Date,
    @Arg('to', () => DateTime, toArgument) to: Date,
    @Arg('groupBy', () => [UsageDimensionEnum], groupByArgument) groupBy: UsageDimension[],
    @Arg('fillEmpty', () => Boolean, fillEmptyArgument) fillEmpty: boolean,
    @Info() info: GraphQLResolveInfo,
  ): Promise<UsageRow[] | null> {
    const { principal, em } = context
    if (principal.kind !== 'ORGANIZATION_TOKEN') return null
    const request = parseFilledReportRequest(from, to, groupBy, fillEmpty)
    return toUsageRows(context, await findOwnUsage(em, principal, request), info)
  }
}

async function toUsageRows(
  context: Context,
  rows: readonly UsageReportRow[],
  info: GraphQLResolveInfo,
): Promise<UsageRow[]> {
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
