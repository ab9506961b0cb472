import { defineEntity, p } from '@mikro-orm/postgresql'

export const DeploymentSchema = defineEntity({
  name: 'Deployment',
  properties: {
    id: p.smallint().primary(),
    secretKeyCheck: p.blob(),
    createdAt: p.datetime(),
    // When a registry has last told of pulls, to the minute.
    lastRegistryEventAt: p.datetime().nullable(),
    sendsMail: p.boolean().default(false),
  },
})

/** The one row that stands for this installation. */
export class Deployment extends DeploymentSchema.class {}
DeploymentSchema.setClass(Deployment)
