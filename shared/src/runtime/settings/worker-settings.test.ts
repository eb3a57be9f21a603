import { expect, test } from '@jest/globals'
import { SettingsError } from './settings-error.ts'
import { loadWorkerSettings } from './worker-settings.ts'

const REQUIRED = { DATABASE_URL: 'postgres://localhost/redrive', AMQP_URL: 'amqp://localhost' }

function refusalOf(environment: Record<string, string>): string {
  try {
    loadWorkerSettings({ ...REQUIRED, ...environment })
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  return ''
}

test('targets and secrets are read as they are written', () => {
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`
  const settings = loadWorkerSettings({
    ...REQUIRED,
    HTTP_ALLOWED_TARGETS: 'billing.internal:8080, *.lan,10.0.0.0/8,[fd00::1]:80',
    WEBHOOK_SECRET: `${secret},${secret}`,
  })
  expect(settings).toMatchObject({
    httpAllowedTargets: ['billing.internal:8080', '*.lan', '10.0.0.0/8', '[fd00::1]:80'],
    webhookSecret: `${secret},${secret}`,
  })
})

test('a target that is none is named', () => {
  expect(refusalOf({ HTTP_ALLOWED_TARGETS: 'ok.example,http://billing.internal' })).toMatch(
    /HTTP_ALLOWED_TARGETS: expected host.*got "http:\/\/billing\.internal"/,
  )
})

test('a secret that is none is not shown', () => {
  const refusal = refusalOf({ WEBHOOK_SECRET: 'a-secret-of-another-kind' })
  expect(refusal).toMatch(/WEBHOOK_SECRET: expected whsec_/)
  expect(refusal).not.toContain('another')
})
