export const minuteSeconds = 60
export const hourSeconds = 60 * minuteSeconds
export const daySeconds = 24 * hourSeconds

export const minuteMs = minuteSeconds * 1000
export const hourMs = hourSeconds * 1000
export const dayMs = daySeconds * 1000

/** The moment so many days after another, or before it for a negative number. A day has 24 hours. */
export function daysAfter(at: Date, days: number): Date {
  return new Date(at.getTime() + days * dayMs)
}

export function secondsAfter(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000)
}
