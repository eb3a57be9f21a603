import type { KeeperNews } from './keeper-news.ts'

/** Tells the parent that keeps this process; does nothing where there is none, or no longer. */
export function tellKeeper(news: KeeperNews): void {
  // n.b. Without a callback, a channel that closes meanwhile is an error outside any promise.
  if (process.connected) process.send?.(news, undefined, {}, () => {})
}

/** Calls once the parent is gone, were it by SIGKILL. */
export function onKeeperGone(act: () => void): void {
  if (process.send === undefined) return
  if (process.connected) process.once('disconnect', act)
  else act()
}
