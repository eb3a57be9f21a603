import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

// Jest loads native ES modules only under this flag; a bare `npx jest` starts itself again with it.
if (!process.execArgv.includes('--experimental-vm-modules') && !process.env.JEST_WORKER_ID) {
  const again = spawnSync(
    process.execPath,
    ['--experimental-vm-modules', '--no-warnings', ...process.argv.slice(1)],
    { stdio: 'inherit' },
  )
  process.exit(again.status ?? 1)
}

// Three nodes beside everything else are too much for two cores: the cluster is tested where a version of the broker is
// chosen (`npm test -- --broker 4.3 test/brokers`), which the gate does by itself.
const crowded = process.env.ENGINE_RABBITMQ_VERSION ? [] : ['/test/brokers/cluster\\.test\\.ts$']

const shared = {
  transform: { '\\.ts$': '<rootDir>/test/jest/strip-types.js' },
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['redrive:source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['/dist/', '/.redrive/'],
}

export default {
  // Most tests wait for processes of their own, so three files at a time do on two cores; more than four would only fight
  // for the connections of one Postgres.
  maxWorkers: Math.min(4, Math.max(3, availableParallelism())),
  // Bounds a test that hangs. Jest's own 5 s would make every test assert a time: engines stall for seconds on a busy disk.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{shared,services,migrations,engines,simulator,torture}/**/src/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: [
        '<rootDir>/{shared,migrations,engines,simulator}/test/**/*.test.ts',
        '<rootDir>/services/*/test/**/*.test.ts',
      ],
    },
    {
      ...shared,
      displayName: 'end-to-end',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...crowded],
    },
  ],
}
