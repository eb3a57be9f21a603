import { EngineError, FolderInUseError } from '@redrive/engines'

/** What failed, and what the reader can do about it. */
export function explainFailure(failure: unknown): string {
  if (failure instanceof EngineError) return `${failure.message}\n→ ${failure.advice}`
  if (failure instanceof FolderInUseError) {
    return [
      `Redrive is already running in this folder, as process ${failure.holder.pid}.`,
      '→ Use that one, or stop it first (Ctrl-C in its terminal). Another copy runs beside it from another clone.',
    ].join('\n')
  }
  const advice = adviceFor((failure as NodeJS.ErrnoException | null)?.code)
  const text = failure instanceof Error ? failure.message || (failure.stack ?? failure.name) : String(failure)
  return advice === null ? text : `${text}\n→ ${advice}`
}

function adviceFor(code: string | undefined): string | null {
  switch (code) {
    case 'ENOSPC':
      return 'The disk is full: make room (about 1 GB), then start again.'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Check the owner and permissions of this folder and of .redrive. After a start as root, an ordinary user cannot go on with its data: `sudo chown -R $USER .redrive`, or remove it.'
    default:
      return null
  }
}
