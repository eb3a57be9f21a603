import { fileURLToPath } from 'node:url'

/** The root of the repository, wherever the test runs. */
export const REPOSITORY_FOLDER = fileURLToPath(new URL('../../../', import.meta.url))
