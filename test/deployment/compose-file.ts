import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { parse } from 'yaml'

export interface ComposeService {
  readonly image?: string
  readonly build?: unknown
  readonly pull_policy?: string
  readonly command?: readonly string[]
  readonly container_name?: string
  readonly hostname?: string
  readonly user?: string
  readonly restart?: string
  readonly read_only?: boolean
  readonly privileged?: boolean
  readonly cap_add?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly tmpfs?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly stop_grace_period?: string
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> }
  readonly ulimits?: { readonly nofile?: { readonly soft: number; readonly hard: number } }
  readonly deploy?: { readonly resources?: { readonly limits?: ComposeLimits } }
}

interface ComposeLimits {
  readonly cpus?: string
  readonly memory?: string
  readonly pids?: number
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
  readonly volumes: Readonly<Record<string, unknown>>
}

export interface Variable {
  readonly name: string
  /** `:-` gives a default, `:?` refuses to go on; undefined for a bare `${NAME}`. */
  readonly operator: ':-' | ':?' | undefined
  readonly operand: string
}

const VARIABLE = /\$\{(\w+)(?:(:-|:\?)([^}]*))?\}/g

/** A file of the repository as text. */
export function readRepositoryFile(path: string): string {
  return readFileSync(join(REPOSITORY_FOLDER, path), 'utf8')
}

/** A compose file with its anchors and merges resolved, and its variables as they are written. */
export function readComposeFile(path = 'docker-compose.yml'): ComposeFile {
  return parse(readRepositoryFile(path), { merge: true }) as ComposeFile
}

/** Every variable that a text takes from the environment. */
export function variablesIn(text: string): Variable[] {
  return [...text.matchAll(VARIABLE)].map(([, name = '', operator, operand = '']) => ({
    name,
    operator: operator as Variable['operator'],
    operand,
  }))
}

/** The text that Compose makes of it. Throws for a required variable that is not given. */
function interpolate(text: string, given: Readonly<Record<string, string>>): string {
  return text.replaceAll(VARIABLE, (written) => {
    const [variable] = variablesIn(written)
    if (variable === undefined) return written
    const value = given[variable.name] ?? ''
    if (value !== '') return value
    if (variable.operator === ':?') throw new Error(`${variable.name}: ${variable.operand}`)
    return variable.operand
  })
}

/** What a container of the service sees in its environment. */
export function environmentOf(
  service: ComposeService,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const entries = Object.entries(service.environment)
  return Object.fromEntries(entries.map(([name, value]) => [name, interpolate(value, given)]))
}
