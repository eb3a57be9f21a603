import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FolderInUseError, folderHolder, lockFolder } from './folder-lock.ts'
import { identifyProcess } from './process-identity.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'redrive-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a folder is held by one at a time, until it is released', () => {
  const lock = lockFolder(folder)
  expect(() => lockFolder(folder)).toThrow(FolderInUseError)
  expect(folderHolder(folder)?.pid).toBe(process.pid)
  lock.release()
  expect(folderHolder(folder)).toBeNull()
  lockFolder(folder).release()
})

test('the lock of a process that was killed is taken over', () => {
  const ended = spawnSync(process.execPath, ['-e', ''])
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: ended.pid, began: 'some time ago' }))
  lockFolder(folder).release()
  expect(existsSync(join(folder, 'lock'))).toBe(false)
})

test('a running process that only has the number of the killed one holds nothing', () => {
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, began: 'before the last reboot' }))
  expect(folderHolder(folder)).toBeNull()
  lockFolder(folder).release()
})

test('a lock that a full disk cut short is taken over', () => {
  writeFileSync(join(folder, 'lock'), '{"pid":')
  lockFolder(folder).release()
})

test('a process is identified while it runs', () => {
  expect(identifyProcess(process.pid)).toEqual(identifyProcess(process.pid))
  expect(identifyProcess(spawnSync(process.execPath, ['-e', '']).pid)).toBeNull()
})
