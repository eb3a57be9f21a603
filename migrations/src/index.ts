export { buildIndex } from './build-index.ts'
export { migrateToLatest, MIGRATIONS } from './migrate-to-latest.ts'
export type { Migration } from './migration.ts'
