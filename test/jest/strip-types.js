import { createHash } from 'node:crypto'
import { stripTypeScriptTypes } from 'node:module'

// Types are blanked in place, so lines and columns of a failure are those of the source.
export default {
  process: (code) => ({ code: stripTypeScriptTypes(code, { mode: 'strip' }) }),
  getCacheKey: (code, path) =>
    createHash('sha256').update(process.version).update(path).update(code).digest('hex'),
}
