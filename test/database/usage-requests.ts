import * as documents from '../../schema/typed-documents.ts'
import { usageDimensions } from '../../src/domain/model/usage-tables.ts'
import { recordReportedPulls } from '../../src/domain/usage/record-reported-pulls.ts'
import { insertUsage } from '../../src/domain/usage/usage-day-store.ts'
import { listUsageByKey } from '../../src/domain/usage/usage-report-store.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Postern } from '../harness/postern.ts'
import { reportServed } from '../harness/registry-reports.ts'
import { askForToken } from '../harness/token-endpoint.ts'
import type { Ask } from './ask.ts'
import { everyRegistryEvent } from './registry-event-requests.ts'

/** The statements for reported pulls, for pulls of anonymous clients, and for usage reports. */
export async function everyUsageRequest(
  ask: Ask,
  postern: Postern,
  owner: Client,
  organizationId: string,
): Promise<void> {
  const organization = 'acme'
  const scopes = [
    {
      resource: 'ORGANIZATION' as const,
      path: organization,
      permissions: ['REPORT_READ' as const, 'TOKEN_READ' as const],
    },
  ]
  const { id: tokenId, secret } = await generateToken(owner, { scopes })
  const at = new Date()
  const used = { namespaceId: organizationId, at, pulls: 1 }
  const by = { tokenId, tokenLabel: 'ci', userId: null, ipAddress: '192.0.2.1', pushes: 0 }
  await postern.em().transactional(async (em) => {
    const subjects = [{ namespaceId: organizationId, subjectId: tokenId }, null]
    const report = { at, repository: 'acme/api', ipAddress: '192.0.2.1', userAgent: 'docker/28.5.2' }
    for (const subject of subjects)
      for (const kind of ['CHECK', 'PULL'] as const) await recordReportedPulls(em, [{ ...report, subject, kind }])
    await insertUsage(em, [{ ...used, ...by, repository: 'acme/api' }])
  })
  await askForToken(postern.url, { scopes: ['repository:acme/api:pull'] })
  await everyRegistryEvent(postern, tokenId)
  const maker = await generateToken(owner, {
    scopes: [
      { resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PUSH'] },
      { resource: 'ORGANIZATION', path: organization, permissions: ['REPOSITORY_CREATE'] },
    ],
  })
  await reportServed(postern, { method: 'PUT', repository: 'acme/pushed', subject: maker.id })
  const { user } = await ask(owner, documents.UserDocument, { username: 'admin' })
  await reportServed(postern, { method: 'PUT', repository: 'acme/pushed-too', subject: user?.id ?? '' })

  const day = 24 * 60 * 60 * 1000
  const [from, to] = [new Date(at.getTime() - 30 * day).toISOString(), new Date(at.getTime() + day).toISOString()]
  const reports = [...usageDimensions.map((dimension) => [dimension]), [...usageDimensions]]
  for (const client of [owner, postern.client(secret)])
    for (const groupBy of reports) await ask(client, documents.UsageReportDocument, { organization, from, to, groupBy })
  for (const client of [owner, postern.client(secret)])
    await ask(client, documents.UsageTotalsDocument, { organization, from, to })
  for (const after of [undefined, Buffer.from('evt_01JD9Z3R5W8V0Q6T2YB4NCXHKM').toString('base64url')])
    await ask(postern.client(secret), documents.TokenItselfDocument, { from, to, ...(after && { after }) })
  await ask(owner, documents.InstallationDocument, {})
  const report = {
    organizationId,
    tokenId: null,
    firstDay: from.slice(0, 10),
    lastDay: to.slice(0, 10),
    groupBy: usageDimensions,
  }
  const [first = null] = await listUsageByKey(postern.em(), report, null, 1)
  await listUsageByKey(postern.em(), report, first, 1)
}
