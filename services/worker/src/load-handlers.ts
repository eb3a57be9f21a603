import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { WorkerSettings } from '@redrive/shared/runtime'
import { parseAllowedTarget, readWebhookKeys, type TaskType } from '@redrive/shared/task'
import { findHandlerFiles } from './find-handler-files.ts'
import { HandlersError } from './handlers-error.ts'
import { resolveOwnPackages } from './resolve-own-packages.ts'
import { demoWork } from './types/demo-work.ts'
import { createHttpRequest } from './types/http-request.ts'
import { mathAdd } from './types/math-add.ts'

interface LoadedType {
  readonly type: TaskType
  /** The file that defines it, for messages. */
  readonly source: string
}

interface LoadedFile {
  readonly types: readonly LoadedType[]
  readonly problem?: string
}

/** What the types are made from. The folder is absolute or relative to the current one; without it there are only the built-in types. */
export type HandlerSettings = Pick<WorkerSettings, 'workerHandlers' | 'httpAllowedTargets' | 'webhookSecret'>

/**
 * The built-in task types and those of a folder: every `defineTask` value that its modules export, under any name.
 * Throws a HandlersError that names every file that cannot be imported or defines no type, and every name that is
 * defined twice.
 */
export async function loadHandlers(settings: HandlerSettings): Promise<readonly TaskType[]> {
  const { workerHandlers: folder } = settings
  const files = folder === undefined ? [] : await loadFolder(resolve(folder))
  const loaded = [...builtInTypes(settings), ...files.flatMap(({ types }) => types)]
  const problems = [...files.flatMap(({ problem }) => problem ?? []), ...findDuplicates(loaded)]
  if (problems.length > 0) throw new HandlersError(problems)
  return loaded.map(({ type }) => type)
}

/** n.b. The settings were checked when they were loaded, so nothing is dropped here. */
function builtInTypes({
  httpAllowedTargets = [],
  webhookSecret = '',
}: HandlerSettings): readonly LoadedType[] {
  const httpRequest = createHttpRequest({
    allowedTargets: httpAllowedTargets.flatMap((target) => parseAllowedTarget(target) ?? []),
    webhookKeys: readWebhookKeys(webhookSecret) ?? [],
  })
  return [mathAdd, demoWork, httpRequest].map((type) => ({ type, source: 'built in' }))
}

async function loadFolder(folder: string): Promise<readonly LoadedFile[]> {
  const files = await findHandlerFiles(folder).catch((error: unknown) => {
    throw new HandlersError([`WORKER_HANDLERS names ${folder}, which cannot be read: ${textOf(error)}`])
  })
  if (files.length === 0) {
    throw new HandlersError([`WORKER_HANDLERS names ${folder}, which has no .ts, .js or .mjs module.`])
  }
  resolveOwnPackages()
  const loaded: LoadedFile[] = []
  // One after the other, so that what modules print or do when they are imported has an order.
  for (const file of files) loaded.push(await loadFile(file))
  return loaded
}

async function loadFile(file: string): Promise<LoadedFile> {
  try {
    const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
    // The same type may be exported under two names.
    const types = [...new Set(Object.values(exported).filter(isTaskType))]
    if (types.length > 0) return { types: types.map((type) => ({ type, source: file })) }
    return {
      types: [],
      problem: `${file} exports no task type: export what defineTask returns, or begin the file's name with "_".`,
    }
  } catch (error) {
    return { types: [], problem: `${file} cannot be imported: ${textOf(error)}` }
  }
}

/** By its shape: a folder may have its own copy of this package. */
function isTaskType(value: unknown): value is TaskType {
  if (typeof value !== 'object' || value === null) return false
  const { name, input, handler, retry, timeoutMs, lane } = value as Partial<Record<keyof TaskType, unknown>>
  const isSchema = typeof input === 'object' && input !== null
  const isRetry = typeof retry === 'object' && retry !== null
  return (
    typeof name === 'string' &&
    isSchema &&
    typeof handler === 'function' &&
    isRetry &&
    typeof timeoutMs === 'number' &&
    typeof lane === 'string'
  )
}

function findDuplicates(loaded: readonly LoadedType[]): readonly string[] {
  const byName = Map.groupBy(loaded, ({ type }) => type.name)
  return [...byName]
    .filter(([, same]) => same.length > 1)
    .map(
      ([name, same]) =>
        `The type ${name} is defined more than once: ${same.map(({ source }) => source).join(', ')}.`,
    )
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
