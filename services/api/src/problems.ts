interface ProblemDefinition {
  readonly status: number
  readonly title: string
  /** What it says about the request or the server. */
  readonly meaning: string
  readonly whatToDo: string
}

/**
 * Every error that the api answers with, in alphabetical order; nothing else is ever thrown at a client.
 * n.b. The page of errors in the documentation is generated from this table.
 */
export const PROBLEMS = {
  AUTHENTICATION_REQUIRED: {
    status: 401,
    title: 'A valid API key is required',
    meaning: 'The request has no API key, or one that is not known.',
    whatToDo: 'Send `Authorization: Bearer <key>`, or HTTP Basic with the key as the password.',
  },
  BACKLOG_FULL: {
    status: 503,
    title: 'Too many tasks are open',
    meaning: 'With these tasks, more than `MAX_BACKLOG` of all tenants would be open. Nothing was accepted.',
    whatToDo:
      'Try again after the time in `Retry-After`, or with fewer tasks at once; a key that was accepted before still gets its answer.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    meaning: 'The body has more bytes, or more values, than this route takes; the detail says which.',
    whatToDo: 'Send less at once, or store large data elsewhere and send its address.',
  },
  BROKER_UNAVAILABLE: {
    status: 503,
    title: 'RabbitMQ is not available',
    meaning:
      'A foreign message could not be sent back, because RabbitMQ did not take it. Submissions never need this.',
    whatToDo: 'Try again after the time in `Retry-After`.',
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    title: 'The ledger is not available',
    meaning: 'Postgres did not answer in time. A command is carried out as a whole or not at all.',
    whatToDo:
      'Try again after the time in `Retry-After`; a submission with an `Idempotency-Key` may be repeated safely.',
  },
  DEAD_LETTER_NOT_DISCARDED: {
    status: 409,
    title: 'The dead letter is not discarded',
    meaning: 'Only a discarded dead letter can be restored; this one is in the state that the answer names.',
    whatToDo: 'Look at its state; an open one can be redriven as it is.',
  },
  DEAD_LETTER_NOT_FOUND: {
    status: 404,
    title: 'There is no such dead letter',
    meaning: 'No dead letter of yours has this id.',
    whatToDo: 'Look for it with `GET /api/v1/dead-letters`.',
  },
  DEAD_LETTER_NOT_OPEN: {
    status: 409,
    title: 'The dead letter is not open',
    meaning: 'It was redriven or discarded already, or is still carried through the error queue.',
    whatToDo:
      'Look at its state; a carried one opens by itself, so try again after the time in `Retry-After`.',
  },
  DEAD_LETTER_NOT_RECALLABLE: {
    status: 409,
    title: 'The redrive cannot be taken back',
    meaning:
      'The dead letter is not redriven, a worker has started its task since, or it is a message that went back as it came.',
    whatToDo: 'Look at the task: it runs or has ended. An open task can be cancelled instead.',
  },
  DEAD_LETTER_NOT_REDRIVABLE: {
    status: 409,
    title: 'The message cannot be sent back',
    meaning: 'A foreign message did not die in a queue of Redrive, so there is nowhere to send it back to.',
    whatToDo: 'Read its raw bytes, do what is needed by hand, and discard it.',
  },
  GROUP_NOT_FOUND: {
    status: 404,
    title: 'There is no such group of dead letters',
    meaning: 'None of your tasks died of a fault with this fingerprint.',
    whatToDo: 'Look for it with `GET /api/v1/dead-letters/groups`.',
  },
  GROUP_STATE_CONFLICT: {
    status: 409,
    title: 'The group is in another state',
    meaning:
      'The group is already in the state that was asked for, or in one from which it cannot get there; somebody may have been quicker.',
    whatToDo: 'Look at its state and its history, and decide again.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The request headers are too large',
    meaning: 'The headers have more than 16 KiB.',
    whatToDo: 'Send fewer or shorter headers.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'The idempotency key belongs to another request',
    meaning: 'The same `Idempotency-Key` was used before on this route with a different body.',
    whatToDo: 'Use a new key for each new submission, and the old one only to repeat the same submission.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'Something went wrong in Redrive',
    meaning: 'An error that was not foreseen. It is in the log under the request id.',
    whatToDo: 'Report the request id to whoever runs this Redrive.',
  },
  INVALID_BODY: {
    status: 422,
    title: 'The body does not have the expected form',
    meaning:
      'The body is JSON, but a field is unknown, missing or has a value that is not allowed; `errors` names each.',
    whatToDo: 'Correct the fields that `errors` names.',
  },
  INVALID_CURSOR: {
    status: 422,
    title: 'The cursor is not valid here',
    meaning: 'The cursor was not made by this list, or for other filters.',
    whatToDo:
      'Send a `nextCursor` with the same filters as the page that it came from, or start without one.',
  },
  INVALID_IDEMPOTENCY_KEY: {
    status: 422,
    title: 'The idempotency key is not valid',
    meaning: 'An `Idempotency-Key` has 1 to 255 visible ASCII characters.',
    whatToDo: 'Use a UUID, for example.',
  },
  INVALID_INPUT: {
    status: 422,
    title: 'The input does not fit the task type',
    meaning: 'The input does not match the input schema of its task type; `errors` names the fields.',
    whatToDo: 'Look at the schema with `GET /api/v1/task-types/{name}`.',
  },
  INVALID_JSON: {
    status: 400,
    title: 'The body is not JSON',
    meaning: 'The body is empty, is not UTF-8 or breaks the rules of JSON; the detail says where.',
    whatToDo: 'Send well-formed JSON in UTF-8.',
  },
  INVALID_QUERY: {
    status: 422,
    title: 'A query parameter is not valid',
    meaning: 'A query parameter is unknown or has a value that is not allowed; `errors` names each.',
    whatToDo: 'Correct the parameters that `errors` names.',
  },
  MALFORMED_REQUEST: {
    status: 400,
    title: 'The request is not well-formed HTTP',
    meaning: 'The request line, a header or an escape in the address cannot be read.',
    whatToDo: 'Check the client, or what stands between it and the api.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'The resource does not have this method',
    meaning: 'The address exists, but not with this method; the `Allow` header lists those that it has.',
    whatToDo: 'Use a method from the `Allow` header.',
  },
  NOTHING_MATCHES: {
    status: 422,
    title: 'The filter matches nothing',
    meaning: 'No open dead letter of a task that you see matches the filter, so nothing was planned.',
    whatToDo: 'Try the filter with `GET /api/v1/dead-letters?state=open`.',
  },
  QUEUE_NOT_FOUND: {
    status: 404,
    title: 'There is no such queue',
    meaning: 'A queue is one of the lanes or `error`; the detail lists them.',
    whatToDo: 'Use a name that the detail lists.',
  },
  REDRIVE_EXPIRED: {
    status: 409,
    title: 'The plan has expired',
    meaning: 'The plan was not executed before its `expiresAt`; what it froze may be out of date.',
    whatToDo: 'Plan again with the same filter, look at the counts, and execute the new plan.',
  },
  REDRIVE_NOT_ALLOWED: {
    status: 409,
    title: 'The redrive is in a state where this does nothing',
    meaning: '`redriveState` says which state it is in; another operator may have been quicker.',
    whatToDo: 'Look at it with `GET /api/v1/redrives/{id}`.',
  },
  REDRIVE_NOT_FOUND: {
    status: 404,
    title: 'There is no such redrive',
    meaning: 'No redrive of yours has this id.',
    whatToDo: 'Look for it with `GET /api/v1/redrives`.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request did not arrive in time',
    meaning: 'Headers must arrive within 10 seconds and the whole request within 60.',
    whatToDo: 'Send the request again, in smaller pieces if the line is slow.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    title: 'There is nothing at this address',
    meaning: 'No route of the api has this path.',
    whatToDo: 'See `/docs` for all routes.',
  },
  SCOPE_REQUIRED: {
    status: 403,
    title: 'Your key may not do this',
    meaning: 'What you asked for takes a scope that your API key does not have; the detail names it.',
    whatToDo: 'Ask for less, masked values say, or use a key with that scope.',
  },
  SEARCH_TOO_WIDE: {
    status: 422,
    title: 'The search looks through too much',
    meaning:
      'No index serves this filter and it matches too little: the search was given up before it had a page.',
    whatToDo: 'Add a field that narrows it: a time (`diedAt`, `createdAt`), a type, a tenant or a state.',
  },
  SERVER_BUSY: {
    status: 503,
    title: 'The api has too much to do',
    meaning:
      'The api works on as many requests as it can, is behind with its work, or has no room for another large body; the detail says which. Nothing was done.',
    whatToDo:
      'Try again after the time in `Retry-After`, with fewer requests or large bodies at the same time.',
  },
  TASK_ALREADY_ENDED: {
    status: 409,
    title: 'The task has ended',
    meaning: 'A task that has ended cannot be cancelled; `taskState` says how it ended.',
    whatToDo: 'Nothing: it will not run again unless its dead letter is redriven.',
  },
  TASK_NOT_FOUND: {
    status: 404,
    title: 'There is no such task',
    meaning: 'No task of yours has this id.',
    whatToDo: 'Check the id; it is the `id` of the answer to the submission.',
  },
  TASK_NOT_SUCCEEDED: {
    status: 409,
    title: 'The task has ended without a result',
    meaning: 'The task failed, was cancelled or expired; `taskState`, `error` and `deadLetterId` say more.',
    whatToDo: 'Look at the task; a failed one can be redriven through its dead letter.',
  },
  TASK_TYPE_NOT_FOUND: {
    status: 404,
    title: 'There is no such task type',
    meaning: 'No worker has registered a task type of this name.',
    whatToDo: 'List them with `GET /api/v1/task-types`.',
  },
  TENANT_BACKLOG_FULL: {
    status: 429,
    title: 'Too many of your tasks are open',
    meaning:
      'With these tasks, more than `MAX_TENANT_BACKLOG` of this tenant would be open. Nothing was accepted.',
    whatToDo:
      'Let some of them end and try again after the time in `Retry-After`; a key that was accepted before still gets its answer.',
  },
  TOO_MANY_FAILED_AUTHENTICATIONS: {
    status: 429,
    title: 'Too many requests with a wrong key',
    meaning: 'Your address has sent too many requests without a valid API key.',
    whatToDo: 'Correct the key and try again after the time in `Retry-After`.',
  },
  TOO_MANY_MATCHES: {
    status: 422,
    title: 'The filter matches more than is taken at once',
    meaning: 'More than 1,000,000 open dead letters match the filter, so nothing was planned.',
    whatToDo: 'Narrow the filter, for example by `type` or `diedBefore`, and plan several redrives.',
  },
  UNKNOWN_TASK_TYPE: {
    status: 422,
    title: 'The task type is not known',
    meaning: 'No worker has registered the task type; the detail lists those that are known.',
    whatToDo: 'Correct the name, or start a worker that has the type.',
  },
  UNSUPPORTED_CONTENT_ENCODING: {
    status: 415,
    title: 'The body is compressed',
    meaning: 'Bodies are taken as they are, without a `Content-Encoding`.',
    whatToDo: 'Send the body uncompressed.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body is not declared as JSON',
    meaning: 'The `Content-Type` is not `application/json`.',
    whatToDo: 'Send `Content-Type: application/json`.',
  },
} as const satisfies Record<string, ProblemDefinition>

export type ProblemCode = keyof typeof PROBLEMS
