import { isPostgresVersion, isRabbitMqVersion, type EngineVersions } from '@redrive/engines'

/** The versions chosen for this run of the tests, for engines that a test starts for itself. */
export function engineVersions(): EngineVersions {
  const { ENGINE_RABBITMQ_VERSION: rabbitMq = '', ENGINE_POSTGRES_VERSION: postgres = '' } = process.env
  return {
    rabbitMq: isRabbitMqVersion(rabbitMq) ? rabbitMq : undefined,
    postgres: isPostgresVersion(postgres) ? postgres : undefined,
  }
}
