/** What a worker process tells the parent that keeps it. */
export type KeeperNews =
  /** It has read its settings. */
  | {
      readonly kind: 'begun'
      readonly shutdownGraceMs: number
      readonly logLevel: string
      /** False for a process that a test lets die, which must stay dead. */
      readonly isReplaceable: boolean
    }
  /** It takes tickets. */
  | { readonly kind: 'ready' }
  /** It has heard that it is to stop. */
  | { readonly kind: 'stopping' }
