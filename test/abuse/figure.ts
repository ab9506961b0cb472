/** One line of the abuse report. */
export interface Figure {
  readonly name: string
  readonly value: string
  readonly goal?: string
  readonly met?: boolean
}
