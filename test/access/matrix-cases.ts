import { activityCases } from './matrix-activity.ts'
import { companyCases } from './matrix-companies.ts'
import { deviceCases } from './matrix-devices.ts'
import { explanationCases } from './matrix-explanations.ts'
import { fieldCases } from './matrix-fields.ts'
import { groupCases } from './matrix-groups.ts'
import { installationCases } from './matrix-installation.ts'
import { memberCases } from './matrix-members.ts'
import { mutationCases } from './matrix-mutations.ts'
import { personalTokenCases } from './matrix-personal-tokens.ts'
import { guardedFieldCases, queryCases } from './matrix-queries.ts'
import { rotationCases } from './matrix-rotation.ts'
import { ssoCases } from './matrix-sso.ts'
import { usageCases } from './matrix-usage.ts'
import { webhookCases } from './matrix-webhooks.ts'
import type { MatrixCase } from './matrix-world.ts'

/** Every row of the matrix. */
export const matrixCases: readonly MatrixCase[] = [
  ...queryCases,
  ...explanationCases,
  ...guardedFieldCases,
  ...fieldCases,
  ...mutationCases,
  ...rotationCases,
  ...companyCases,
  ...groupCases,
  ...personalTokenCases,
  ...deviceCases,
  ...ssoCases,
  ...memberCases,
  ...activityCases,
  ...usageCases,
  ...installationCases,
  ...webhookCases,
]
