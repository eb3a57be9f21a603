import type { TaskTypeRegistration } from '@redrive/shared/database'
import { version } from '@redrive/shared/runtime'
import {
  findRetryFaults,
  isLane,
  LANES,
  MAX_MEMORY_MB,
  MAX_TIMEOUT_MS,
  MIN_MEMORY_MB,
  type TaskType,
} from '@redrive/shared/task'
import { z } from 'zod'
import { leadsSomewhere } from './leads-somewhere.ts'

/** What JSON Schema has no words for, by the names that zod gives them. */
const UNREPRESENTABLE: ReadonlySet<string> = new Set([
  'bigint',
  'custom',
  'date',
  'file',
  'function',
  'map',
  'nan',
  'promise',
  'set',
  'symbol',
  'transform',
  'undefined',
  'void',
])

/**
 * A type as the ledger and the api know it, with the JSON Schema of its input; or what has to be corrected first, one
 * sentence each, naming the type and the path in its schema. Pure.
 */
export function describeType(
  type: TaskType,
): TaskTypeRegistration | { readonly problems: readonly string[] } {
  const schema = writeSchema(type)
  const problems = [
    'problem' in schema ? [schema.problem] : checkSensitive(type, schema.inputSchema),
    checkTerms(type),
  ].flat()
  if ('problem' in schema || problems.length > 0) return { problems }
  const { name, lane, retry, timeoutMs, expectedDurationMs, sensitive = [] } = type
  // A folder with an older copy of this package has types that say nothing of isolation.
  const { isolation = 'none', memoryLimitMb = null } = type as Partial<TaskType>
  const { inputSchema } = schema
  const limits = { timeoutMs, expectedDurationMs, isolation, memoryLimitMb }
  return { name, lane, retry, ...limits, inputSchema, sensitive, workerVersion: version }
}

function writeSchema(type: TaskType): { inputSchema: Record<string, unknown> } | { problem: string } {
  if (!('_zod' in type.input)) return { problem: `Task type ${type.name}: its input is no schema of zod 4.` }
  try {
    return { inputSchema: { ...z.toJSONSchema(type.input, { io: 'input', target: 'draft-2020-12' }) } }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const where = findUnrepresentable(type.input)
      .map((path) => `"${path}"`)
      .join(', ')
    return {
      problem: `Task type ${type.name}: the input schema cannot be written as JSON Schema, at ${where}: ${reason}. Inputs arrive as JSON: take a string or a number there, and convert it in the handler.`,
    }
  }
}

/** zod's error does not say where: asked to pass over what it cannot write, it tells each path. */
function findUnrepresentable(schema: z.ZodType): readonly string[] {
  const paths: string[] = []
  z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, path }) => {
      if (UNREPRESENTABLE.has(zodSchema._zod.def.type)) paths.push(readablePath(path))
    },
  })
  return paths.length > 0 ? paths : ['input']
}

/** From `properties, lines, items, properties, at` to `input.lines[].at`. */
function readablePath(path: readonly (string | number)[]): string {
  const steps: string[] = ['input']
  for (let index = 0; index < path.length; index += 1) {
    if (path[index] === 'properties') steps.push(`.${path[(index += 1)]}`)
    else if (path[index] === 'items') steps.push('[]')
  }
  return steps.join('')
}

function checkSensitive({ name, sensitive = [] }: TaskType, schema: Record<string, unknown>): string[] {
  return sensitive
    .filter((path) => !leadsSomewhere(schema, path))
    .map(
      (path) =>
        `Task type ${name}: the sensitive path "${path}" leads nowhere in its input schema, so it would hide nothing.`,
    )
}

function checkTerms(type: TaskType): readonly string[] {
  const { name, lane, retry, timeoutMs } = type
  const problems = [
    isLane(lane) ? [] : [`lane must be one of ${LANES.join(', ')}`],
    timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS ? [] : [`timeoutMs must be from 1 to ${MAX_TIMEOUT_MS}`],
    findIsolationFaults(type),
    findRetryFaults(retry).map(({ field, complaint }) => `retry.${field} ${complaint}`),
  ].flat()
  return problems.map((problem) => `Task type ${name}: ${problem}.`)
}

function findIsolationFaults({ isolation, memoryLimitMb }: Partial<TaskType>): readonly string[] {
  const isKnown = isolation === undefined || isolation === 'none' || isolation === 'process'
  const faults = isKnown ? [] : [`isolation must be 'none' or 'process'`]
  if (memoryLimitMb === undefined || memoryLimitMb === null) return faults
  const isWhole =
    Number.isInteger(memoryLimitMb) && memoryLimitMb >= MIN_MEMORY_MB && memoryLimitMb <= MAX_MEMORY_MB
  if (!isWhole) faults.push(`memoryLimitMb must be a whole number from ${MIN_MEMORY_MB} to ${MAX_MEMORY_MB}`)
  if (isolation !== 'process') {
    faults.push(`memoryLimitMb needs isolation: 'process', because a process is what is limited`)
  }
  return faults
}
