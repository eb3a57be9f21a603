import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ROOT } from './repository.mjs'

const LOCK = join(ROOT, '.redrive/installing')

/** Only one process may install at a time: `npm ci` begins by removing what the other has just put there. */
export async function withInstallLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true })
  let hasSaidSo = false
  while (!take()) {
    const holder = readHolder()
    if (holder !== null && !isRunning(holder)) rmSync(LOCK, { force: true })
    else {
      if (!hasSaidSo)
        console.log(`Process ${holder ?? '?'} is installing the dependencies; waiting for it ...`)
      hasSaidSo = true
      await pause(300)
    }
  }
  try {
    return await work()
  } finally {
    rmSync(LOCK, { force: true })
  }
}

function take() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function readHolder() {
  try {
    return Number(readFileSync(LOCK, 'utf8')) || null
  } catch {
    // Released at this moment.
    return null
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
