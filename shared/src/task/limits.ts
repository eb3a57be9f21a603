/** A result, in bytes of JSON; larger ones belong in a store of their own, with the result naming them. */
export const MAX_RESULT_BYTES = 262_144
/** A task's own delays and due times reach this far; later is refused as a slip of the pen. */
export const MAX_DELAY_MS = 10 * 366 * 86_400_000
export const MAX_ATTEMPTS = 1_000
/** Delays that a retry policy may list; the last one is used again, so more would only be more to read. */
export const MAX_RETRY_DELAYS = 100
/** How much longer each exponential delay may be than the one before. */
export const MAX_RETRY_FACTOR = 100
/** The longest that an attempt may run: a day. */
export const MAX_TIMEOUT_MS = 86_400_000
/** Node itself takes about 100 MB before a handler has run; with less, no attempt would get as far as its handler. */
export const MIN_MEMORY_MB = 192
/** A terabyte: more is a slip of the pen. */
export const MAX_MEMORY_MB = 1_048_576
export const MAX_TAGS = 20
export const MAX_TAG_LENGTH = 100
export const MAX_USER_LENGTH = 100
/** What browsers and servers commonly take as an address. */
export const MAX_CALLBACK_URL_LENGTH = 2_000
/** So many workers may die while they run a task; then it is taken for the cause and fails as crashed, unless another may be. */
export const MAX_LOSSES = 5
/**
 * And so many where another may be. A guess: a task that is innocent meets a crash of its neighbours less often in a row, and
 * one that takes its whole host along from a process of its own, whatever else runs there, must not do so for ever.
 */
export const MAX_LOSSES_BESIDE_OTHERS = 20
/** So long a task waits for a worker that knows its type before it fails. */
export const NO_HANDLER_AFTER_MS = 900_000
/** A handler that always asks to run at once would fill the ledger with uncharged attempts as fast as it can. */
export const MIN_RUN_LATER_MS = 100
