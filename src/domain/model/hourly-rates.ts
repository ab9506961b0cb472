/** How often something may happen in an hour. */
export interface HourlyRates {
  /** Personal tokens that a person generates, those of devices included. */
  readonly personalTokens: number
  /** Organization tokens that an organization generates; more if its plan has more tokens. */
  readonly organizationTokens: number
  /** Devices of a network that ask to be approved and are not. */
  readonly deviceRequests: number
}

/** The rates by default. */
export const defaultHourlyRates: HourlyRates = { personalTokens: 20, organizationTokens: 100, deviceRequests: 100 }
