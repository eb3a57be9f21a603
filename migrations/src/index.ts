export { migrateToLatest } from './migrate-to-latest.ts'
