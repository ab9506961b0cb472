/**
 * For `vi.waitFor`, whose default of a second is too short for a slow machine. The awaited event happens soon or never.
 */
export const patience = { timeout: 30_000, interval: 20 }
