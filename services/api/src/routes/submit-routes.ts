import { bulkAnswerSchema, type NewTaskBody, newTaskSchema, taskSchema } from '@redrive/shared/contract'
import { type AcceptedTask, findAcceptedTerms, type SubmissionKey } from '@redrive/shared/database'
import { DEFAULT_LANE, isLane } from '@redrive/shared/task'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { hashJson } from '../json/hash-json.ts'
import { ProblemError } from '../problem-error.ts'
import { type PlanOptions, planTasks } from '../submission/plan-tasks.ts'
import type { PlannedTask } from '../submission/planned-task.ts'
import { readIdempotencyKey } from '../submission/read-idempotency-key.ts'
import { readOwnRetry } from '../submission/read-own-retry.ts'
import { type ShownPlan, toAcceptedTask } from '../views/to-accepted-task.ts'
import { EXAMPLES } from './examples.ts'

const headers = z.object({
  'Idempotency-Key': z.string().optional().meta({
    description:
      '1 to 255 visible ASCII characters. The same key with the same body gets the first answer again.',
  }),
})

const replayHeader = z
  .string()
  .optional()
  .meta({ description: '`true` when the answer is a repetition of the first one.' })

const problems = [
  'BACKLOG_FULL',
  'DATABASE_UNAVAILABLE',
  'IDEMPOTENCY_KEY_REUSED',
  'INVALID_IDEMPOTENCY_KEY',
  'INVALID_INPUT',
  'TASK_NOT_FOUND',
  'TENANT_BACKLOG_FULL',
  'UNKNOWN_TASK_TYPE',
] as const

const bulkSchema = z
  .array(newTaskSchema)
  .min(1)
  .meta({ description: 'Up to 10,000 tasks (`MAX_BULK_TASKS`); one that is refused refuses all.' })

/** Submission: when it is answered with 2xx, the tasks are stored, whatever happens next. */
export const submitRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/tasks',
    operationId: 'submitTask',
    tag: 'Tasks',
    summary: 'Submit a task',
    description: 'The task is stored before it is answered. RabbitMQ need not be there: it runs when it is.',
    access: 'tasks:write',
    headers,
    body: {
      schema: newTaskSchema,
      limit: 'task',
      isCheckedByRoute: true,
      example: { type: 'math.add', input: { a: 2, b: 3 }, tags: ['invoices'] },
    },
    responses: {
      202: {
        description: 'Accepted.',
        schema: taskSchema,
        example: EXAMPLES.task,
        headers: z.object({ Location: z.string(), 'Idempotency-Replayed': replayHeader }),
      },
    },
    problems,
    handle: submitTask,
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/tasks/bulk',
    operationId: 'submitTasks',
    tag: 'Tasks',
    summary: 'Submit many tasks, all or none',
    access: 'tasks:write',
    headers,
    body: {
      schema: bulkSchema,
      limit: 'bulk',
      isCheckedByRoute: true,
      example: [
        { type: 'math.add', input: { a: 2, b: 3 } },
        { type: 'math.add', input: { a: '0.1', b: '0.2' } },
      ],
    },
    responses: {
      202: {
        description: 'All were accepted.',
        schema: bulkAnswerSchema,
        example: { accepted: 1, ids: [EXAMPLES.task.id] },
        headers: z.object({ 'Idempotency-Replayed': replayHeader }),
      },
    },
    problems,
    handle: submitTasks,
  }),
]

async function submitTask(request: RouteRequest, api: ApiParts): Promise<Answer> {
  const { body } = request
  const key = readKey(request, 'tasks')
  const planOne = () => planWithinBacklog([body], planOptions(request, api, false), api)
  const plan = await planUnlessKnown(planOne, { key, api })
  if ('first' in plan) return replayTask(request, plan.first, api)
  const [planned] = plan.planned
  if (planned === undefined) throw new Error('a task that was planned is missing')
  const { tenant } = request.caller
  if (key === null) return answerTask({ ...planned, tenant }, await api.submitter.submitOne(planned), {})
  const { accepted, isReplay } = await api.submitter.submitWithKey([planned], key)
  if (isReplay) {
    api.backlog.giveBack(request.caller.tenantId, 1)
    return replayTask(request, accepted, api)
  }
  const [task] = accepted
  if (task === undefined) throw new Error('the task of a submission is missing')
  return answerTask({ ...planned, tenant }, task, {})
}

async function submitTasks(request: RouteRequest, api: ApiParts): Promise<Answer> {
  const { body } = request
  const key = readKey(request, 'tasks/bulk')
  const planAll = async () =>
    planWithinBacklog(readArray(body, api.settings.maxBulkTasks), planOptions(request, api, true), api)
  const plan = await planUnlessKnown(planAll, { key, api })
  if ('first' in plan) return answerIds(plan.first, REPLAYED)
  if (key === null) return answerIds(await api.submitter.submitMany(plan.planned), {})
  const { accepted, isReplay } = await api.submitter.submitWithKey(plan.planned, key)
  if (isReplay) api.backlog.giveBack(request.caller.tenantId, plan.planned.length)
  return answerIds(accepted, isReplay ? REPLAYED : {})
}

function readKey(request: RouteRequest, route: string): SubmissionKey | null {
  const key = readIdempotencyKey(request.header('idempotency-key'))
  if (key === null) return null
  return { tenantId: request.caller.tenantId, route, key, bodyHash: hashJson(request.body) }
}

/** Within the plan, so that a refusal for the backlog, too, gives way to what was accepted under the key before. */
async function planWithinBacklog(
  sent: readonly unknown[],
  options: PlanOptions,
  { backlog }: ApiParts,
): Promise<readonly PlannedTask[]> {
  const planned = await planTasks(sent, options)
  backlog.take(options.tenantId, planned.length)
  return planned
}

type Plan = { readonly planned: readonly PlannedTask[] } | { readonly first: readonly AcceptedTask[] }

/**
 * What is to be stored, or, where that is refused, what was stored under the key before: a type may have become stricter
 * since, and whoever repeats a submission is to get its answer all the same.
 */
async function planUnlessKnown(
  plan: () => Promise<readonly PlannedTask[]>,
  { key, api }: { readonly key: SubmissionKey | null; readonly api: ApiParts },
): Promise<Plan> {
  try {
    return { planned: await plan() }
  } catch (problem) {
    const first = key === null ? null : await api.submitter.findFirst(key)
    if (first === null) throw problem
    return { first }
  }
}

const REPLAYED = { 'idempotency-replayed': 'true' }

function answerTask(
  plan: ShownPlan,
  accepted: AcceptedTask,
  headersToAdd: Readonly<Record<string, string>>,
): Answer {
  const location = `/api/v1/tasks/${accepted.id}`
  return { status: 202, headers: { location, ...headersToAdd }, json: toAcceptedTask(plan, accepted) }
}

/**
 * The first answer again: what was sent is in the body, which is the same, and what the type added at that time is in the
 * ledger, because workers may have registered the type anew with other defaults since.
 */
async function replayTask(
  { body, caller: { tenantId, tenant } }: RouteRequest,
  [task]: readonly AcceptedTask[],
  { db }: ApiParts,
): Promise<Answer> {
  if (task === undefined) throw new Error('the task of a used idempotency key is missing')
  const terms = await repeatRead(() => findAcceptedTerms(db, { tenantId, id: task.id }))
  if (terms === null) {
    const detail = `The task ${task.id}, which this Idempotency-Key submitted, failed and was deleted after its retention.`
    throw new ProblemError('TASK_NOT_FOUND', { detail })
  }
  const sent = body as NewTaskBody
  return answerTask(
    {
      tenant,
      type: sent.type,
      sentInput: sent.input,
      lane: sent.lane ?? (isLane(terms.lane) ? terms.lane : DEFAULT_LANE),
      attemptBudget: sent.maxAttempts ?? sent.retry?.maxAttempts ?? terms.attemptBudget,
      tags: sent.tags ?? [],
      timeoutMs: sent.timeoutMs ?? null,
      retry: readOwnRetry(sent),
      user: sent.user ?? null,
      expiresAt: sent.expiresAt === undefined ? null : new Date(sent.expiresAt),
      callbackUrl: sent.callbackUrl ?? null,
    },
    task,
    REPLAYED,
  )
}

function answerIds(
  accepted: readonly AcceptedTask[],
  headersToAdd: Readonly<Record<string, string>>,
): Answer {
  return {
    status: 202,
    headers: headersToAdd,
    json: { accepted: accepted.length, ids: accepted.map(({ id }) => id) },
  }
}

function readArray(body: unknown, maxTasks: number): readonly unknown[] {
  if (Array.isArray(body) && body.length >= 1 && body.length <= maxTasks) return body
  const got = Array.isArray(body) ? `one of ${body.length}` : 'something else'
  const expected = `an array of 1 to ${maxTasks} tasks`
  const detail = `The body must be ${expected}; it is ${got}.`
  throw new ProblemError('INVALID_BODY', {
    detail,
    errors: [{ path: '', message: `expected ${expected}`, expected }],
  })
}

function planOptions({ caller }: RouteRequest, { types, settings }: ApiParts, isBulk: boolean): PlanOptions {
  return { types, tenantId: caller.tenantId, maxInputBytes: settings.maxTaskBytes, isBulk }
}
