import type { ServiceExit } from '@redrive/shared/testing'

/**
 * Whether a process that was asked to stop ended as it should. One that did not run has nothing to say; one that another
 * fault killed meanwhile could not finish; and one that the request itself ended did not listen yet, so it held nothing. Pure.
 */
export function isCleanStop(exit: ServiceExit | null): boolean {
  return exit === null || exit.code === 0 || exit.signal === 'SIGKILL' || exit.signal === 'SIGTERM'
}
