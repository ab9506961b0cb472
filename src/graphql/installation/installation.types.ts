import { Field, Int, ObjectType } from 'type-graphql'
import { type PlanLimits as Limits, type Plan, plans } from '../../domain/model/plan.ts'
import type { Settings } from '../../domain/policy/request-context.ts'
import { PlanEnum } from '../account/account.types.ts'

@ObjectType({ description: 'Limits of a plan in this installation.', simpleResolvers: true })
export class PlanLimits implements Limits {
  @Field(() => PlanEnum, { description: 'The plan.' })
  plan!: Plan

  @Field(() => Int, {
    description: 'Number of organization tokens that the plan allows. Expired and inactive tokens count.',
  })
  tokens!: number

  @Field(() => Int, { nullable: true, description: 'Pulls per window. Null means unlimited.' })
  pulls!: number | null

  @Field(() => Int, {
    nullable: true,
    description: 'Number of days for which activity events are kept. Null means forever.',
  })
  activityDays!: number | null
}

@ObjectType({ description: 'Settings of this installation that frontends need.', simpleResolvers: true })
export class Installation {
  @Field(() => Boolean, {
    description: 'Whether everybody can sign up. If not, administrators of the installation create accounts.',
  })
  allowsSignUp!: boolean

  @Field(() => String, { description: 'Name of the registry service, as clients send it to `/token`.' })
  registryService!: string

  @Field(() => [PlanLimits], { description: 'The plans with their limits, the smallest first.' })
  plans!: readonly PlanLimits[]

  @Field(() => PlanEnum, { description: 'Plan of new organizations.' })
  defaultPlan!: Plan

  @Field(() => Int, {
    nullable: true,
    description: 'Pulls per window that anonymous clients of an IPv4 address share. Null means unlimited.',
  })
  anonymousPulls!: number | null
}

/** The settings as GraphQL returns them. */
export function toInstallation(settings: Settings): Installation {
  const { allowSignUp, registryService, defaultPlan, anonymousPulls } = settings
  return {
    allowsSignUp: allowSignUp,
    registryService,
    plans: plans.map((plan) => ({ plan, ...settings.plans[plan] })),
    defaultPlan,
    anonymousPulls,
  }
}
