/** The RabbitMQ series that can be had from a Debian suite, and the suite that has each. */
const SUITES = { '3.10': 'bookworm', '4.0': 'trixie', '4.3': 'forky' } as const

export type RabbitMqVersion = keyof typeof SUITES

export const RABBITMQ_VERSIONS = Object.keys(SUITES) as readonly RabbitMqVersion[]

export function isRabbitMqVersion(text: string): text is RabbitMqVersion {
  return Object.hasOwn(SUITES, text)
}

export function suiteOf(version: RabbitMqVersion): string {
  return SUITES[version]
}
