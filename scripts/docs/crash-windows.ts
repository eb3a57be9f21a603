import { CRASH_POINTS } from '@redrive/shared/runtime'
import { generatedPart } from './generated-document.ts'

const PREFACE = `# Crash windows

A process can stop between any two of its effects: killed, out of memory, unplugged. For each such point this page says
what is true then and who repairs it. The names are those of the setting \`CRASH_AT\`, with which a test kills a real
process there.`

export const crashWindows = generatedPart('docs/crash-windows.md', PREFACE, () =>
  Object.entries(CRASH_POINTS)
    .map(
      ([name, { trueThen, repairedBy }]) =>
        `### ${name}\n\n**True then.** ${trueThen}\n\n**Repaired by.** ${repairedBy}`,
    )
    .join('\n\n'),
)
