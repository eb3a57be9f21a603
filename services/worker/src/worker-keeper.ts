import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLogger } from '@redrive/shared/logger'
import { chooseReplacement } from './choose-replacement.ts'
import type { KeeperNews } from './keeper-news.ts'
import { describeProcessEnding, type ProcessEnding } from './process-ending.ts'
import { siblingModule } from './sibling-module.ts'

/** A terminal's Ctrl-C reaches a process twice when npm passes it on as well; a person's second one comes later. */
const SAME_SIGNAL_MS = 1_000
/** What a worker process answers to by draining, once it listens. */
const REQUESTS_TO_STOP: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM'])
/** For a worker process that ends within its own grace, but only just. */
const GRACE_BEYOND_MS = 1_000
/** What a second signal leaves a worker process, which ends by itself at once unless it is blocked. */
const INSISTED_MS = 1_000
/** Until the worker process has told what its settings say. */
const UNTOLD = { shutdownGraceMs: 25_000, logLevel: 'info', isReplaceable: false }

/**
 * Keeps one worker process: starts it, passes signals on, and starts another when it ends unasked, because a handler
 * ended it, its memory was used up, or a handler blocked it.
 *
 * running ⇄ waiting to replace. Either → stopping, for good: told to stop, it never starts another one. It loads nothing
 * of a worker itself, so that it stays small, and reads no settings: the worker process tells what it needs.
 */
export class WorkerKeeper {
  readonly #stopping = new AbortController()
  #child: ChildProcess | null = null
  #told: Omit<Extract<KeeperNews, { kind: 'begun' }>, 'kind'> = UNTOLD
  #wasEverReady = false
  #readyAtMs: number | null = null
  #heardStop = false
  #stopAtMs = 0
  #replacements = 0

  /** Resolves with how the last worker process ended, when no other follows. */
  async run(): Promise<ProcessEnding> {
    let lastDelayMs = 0
    for (let reason = ''; ;) {
      const ending = await this.#runOnce(reason)
      const next = this.#chooseNext(lastDelayMs)
      if (next === null) return this.#lastEnding(ending)
      reason = describeProcessEnding(ending)
      lastDelayMs = next.delayMs
      this.#tellReplacement(reason, next.delayMs)
      // Rejects when a signal comes meanwhile: then there is nobody to wait for any more.
      await delay(next.delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
      if (this.#stopping.signal.aborted) return { code: 0, signal: null }
    }
  }

  /** Passes a request to stop on, once; a second one, a second or more later, no longer waits for anything. */
  stop(signal: NodeJS.Signals): void {
    const isFirst = !this.#stopping.signal.aborted
    if (!isFirst && performance.now() - this.#stopAtMs < SAME_SIGNAL_MS) return
    const child = this.#child
    if (isFirst) this.#stopAtMs = performance.now()
    this.#stopping.abort()
    child?.kill(signal)
    if (child !== null) this.#killInTime(child, isFirst)
  }

  #runOnce(replaced: string): Promise<ProcessEnding> {
    const file = fileURLToPath(siblingModule('worker-process', import.meta.url))
    const child = spawn(process.execPath, [...process.execArgv, file, String(this.#replacements), replaced], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    this.#readyAtMs = null
    child.on('message', (news: KeeperNews) => this.#hear(news))
    return new Promise((resolve) => {
      const end = (ending: ProcessEnding): void => {
        this.#child = null
        resolve(ending)
      }
      child.once('error', () => end({ code: 1, signal: null }))
      child.once('exit', (code, signal) => end({ code, signal }))
    })
  }

  #hear(news: KeeperNews): void {
    if (news.kind === 'begun') this.#told = news
    if (news.kind === 'stopping') this.#heardStop = true
    if (news.kind !== 'ready') return
    this.#wasEverReady = true
    this.#readyAtMs = performance.now()
  }

  #chooseNext(lastDelayMs: number): { readonly delayMs: number } | null {
    return chooseReplacement({
      isStopping: this.#stopping.signal.aborted,
      isReplaceable: this.#told.isReplaceable,
      wasEverReady: this.#wasEverReady,
      healthyMs: this.#readyAtMs === null ? 0 : performance.now() - this.#readyAtMs,
      lastDelayMs,
    })
  }

  #tellReplacement(ending: string, delayMs: number): void {
    this.#replacements += 1
    this.#logger().warn({ ending, delayMs }, 'The worker process ended unasked; another one follows.')
  }

  /** A worker process that blocks does not hear that it is to stop: it has half of the grace to say that it did. */
  #killInTime(child: ChildProcess, isFirst: boolean): void {
    const { shutdownGraceMs: graceMs } = this.#told
    const kill = (why: string): void => {
      this.#logger().fatal({ why }, 'The worker process is killed, because it does not stop.')
      child.kill('SIGKILL')
    }
    const timers = isFirst
      ? [
          setTimeout(() => this.#heardStop || kill('it did not hear that it is to stop'), graceMs / 2),
          setTimeout(() => kill('its grace (SHUTDOWN_GRACE_MS) is over'), graceMs + GRACE_BEYOND_MS),
        ]
      : [setTimeout(() => kill('it was asked again'), INSISTED_MS)]
    child.once('exit', () => timers.forEach((timer) => clearTimeout(timer)))
  }

  /**
   * The signal was this process's own and says nothing more. Killed on the way to its end, a worker process has not
   * finished. One that a request to stop ends by itself had not yet begun to listen for it, so it held nothing.
   */
  #lastEnding(ending: ProcessEnding): ProcessEnding {
    if (!this.#stopping.signal.aborted || ending.signal === null) return ending
    return { code: REQUESTS_TO_STOP.has(ending.signal) ? 0 : 1, signal: null }
  }

  #logger(): ReturnType<typeof createLogger> {
    return createLogger({ service: 'worker', level: this.#told.logLevel })
  }
}
