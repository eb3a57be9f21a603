import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

const MODULE = /\.(?:ts|js|mjs)$/
const NOT_A_MODULE = /\.test\.|\.d\.ts$/

/**
 * The modules of a folder and its subfolders, in the order of their paths. Left out are tests, type declarations,
 * `node_modules`, and every file or folder whose name begins with `_` or `.`. Throws what `readdir` throws.
 */
export async function findHandlerFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = await Promise.all(
    entries
      .filter(({ name }) => !/^[_.]/.test(name) && name !== 'node_modules')
      .map(async (entry) => {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) return findHandlerFiles(path)
        return MODULE.test(entry.name) && !NOT_A_MODULE.test(entry.name) ? [path] : []
      }),
  )
  return found.flat().toSorted()
}
