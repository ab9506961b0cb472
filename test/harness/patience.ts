/** For `vi.waitFor`, whose own second a slow machine may need: what is waited for comes at once, or never. */
export const patience = { timeout: 30_000, interval: 20 }
