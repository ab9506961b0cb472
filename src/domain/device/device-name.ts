import { labelRule } from '../model/token-rules.ts'
import { text } from '../shared/text.ts'

/** It becomes the label of the device's token. */
export const deviceNameInput = text({ ...labelRule, name: 'name of the device' })
