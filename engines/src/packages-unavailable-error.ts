import { EngineError } from './engine-error.ts'

/** The packages of an engine could not be fetched: the network's or the mirror's fault, not the engine's. */
export class PackagesUnavailableError extends EngineError {
  override readonly name = 'PackagesUnavailableError'
}
