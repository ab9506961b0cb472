import { defineEntity, p } from '@mikro-orm/postgresql'

export const DeploymentSchema = defineEntity({
  name: 'Deployment',
  properties: {
    id: p.smallint().primary(),
    secretKeyCheck: p.blob(),
    createdAt: p.datetime(),
    // When a registry last reported pulls, to the minute.
    lastRegistryEventAt: p.datetime().nullable(),
    sendsMail: p.boolean().default(false),
  },
})

/** This installation. There is one row. */
export class Deployment extends DeploymentSchema.class {}
DeploymentSchema.setClass(Deployment)
