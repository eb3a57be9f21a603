import { waitFor } from '@redrive/shared/testing'

// Answers are read as a client reads them: without knowing the types of the server.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = any

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export interface Call {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

const ENDED = ['succeeded', 'failed', 'cancelled', 'expired']

/** The public door, as a test uses it. */
export class ApiClient {
  readonly url: string
  readonly #key: string

  constructor(url: string, key: string) {
    this.url = url
    this.#key = key
  }

  async call(path: string, { method, body, headers = {} }: Call = {}): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
  }

  /** Submits a task and returns its id; throws unless it was accepted. */
  async submit(task: object, idempotencyKey?: string): Promise<string> {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
    const { status, body } = await this.call('/tasks', { body: task, headers })
    if (status !== 202) throw new Error(`expected 202, got ${status} ${JSON.stringify(body)}`)
    return body.id
  }

  /** Submits many at once and returns their ids. */
  async submitAll(tasks: readonly object[]): Promise<readonly string[]> {
    const { status, body } = await this.call('/tasks/bulk', { body: tasks })
    if (status !== 202) throw new Error(`expected 202, got ${status} ${JSON.stringify(body)}`)
    return body.ids
  }

  /** The task with its attempts, once it has ended. */
  async ended(id: string, deadlineMs = 30_000): Promise<Body> {
    return waitFor(
      async () => {
        const { body } = await this.call(`/tasks/${id}`)
        return ENDED.includes(body.state) ? body : Promise.reject(new Error(`state ${body.state}`))
      },
      `task ${id} to end`,
      { deadlineMs },
    )
  }

  /** The only open dead letter of a task, with everything known about it, once it is open. */
  async openDeadLetter(taskId: string, deadlineMs = 30_000): Promise<Body> {
    const [{ id }] = await waitFor(
      async () => {
        const { items } = (await this.call(`/dead-letters?taskId=${taskId}&state=open`)).body
        return items.length === 1 ? items : Promise.reject(new Error(`${items.length} open dead letters`))
      },
      `one open dead letter of task ${taskId}`,
      { deadlineMs },
    )
    return (await this.call(`/dead-letters/${id}`)).body
  }
}
