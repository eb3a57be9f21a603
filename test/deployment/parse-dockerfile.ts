export type Instruction =
  | {
      readonly kind: 'copy'
      readonly from: string | null
      readonly sources: readonly string[]
      readonly to: string
    }
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'env'; readonly name: string; readonly value: string }
  | { readonly kind: 'user'; readonly name: string }

export interface Stage {
  readonly name: string
  /** An earlier stage's name, or an image. */
  readonly base: string
  readonly instructions: readonly Instruction[]
}

interface OpenStage {
  readonly name: string
  readonly base: string
  readonly instructions: Instruction[]
}

/** The folder that every stage works in. */
export const WORK_FOLDER = '/app'

/** The stages in order. Throws for what it does not understand, so that nothing is left out of a replay in silence. */
export function parseDockerfile(text: string): Stage[] {
  const stages: OpenStage[] = []
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n')
  for (const line of lines.map((one) => one.trim()).filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
    if (word === 'FROM') stages.push(openStage(rest, stages.length))
    else if (word !== 'ARG') stages.at(-1)?.instructions.push(...parseInstruction(word, rest))
  }
  return stages
}

function openStage(rest: string, index: number): OpenStage {
  const [base = '', as, name] = rest.split(/\s+/)
  return { base, name: as === 'AS' && name !== undefined ? name : `stage-${index}`, instructions: [] }
}

function parseInstruction(word: string, rest: string): Instruction[] {
  switch (word) {
    case 'COPY':
      return [parseCopy(rest)]
    case 'RUN':
      return [{ kind: 'run', command: rest }]
    case 'ENV': {
      const [name = '', value = ''] = rest.split('=', 2)
      return [{ kind: 'env', name, value }]
    }
    case 'USER':
      return [{ kind: 'user', name: rest }]
    case 'WORKDIR':
      if (rest !== WORK_FOLDER) throw new Error(`a stage works in ${rest}: expected ${WORK_FOLDER}`)
      return []
    case 'CMD':
    case 'EXPOSE':
      return []
    default:
      throw new Error(`cannot replay the instruction ${word} ${rest}`)
  }
}

function parseCopy(rest: string): Instruction {
  const words = rest.split(/\s+/)
  const flag = words[0]?.startsWith('--') ? words.shift() : undefined
  const from = flag?.startsWith('--from=') ? flag.slice('--from='.length) : null
  if (flag !== undefined && from === null) throw new Error(`cannot replay COPY ${flag}`)
  const to = words.pop() ?? ''
  return { kind: 'copy', from, sources: words, to }
}
