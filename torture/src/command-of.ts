import type { TortureOptions } from './options.ts'

/** The command that makes the same run again. */
export function commandOf(options: TortureOptions): string {
  const { minutes, seed, rate, only, isEach, broker, postgres, cluster } = options
  const parts = [
    `npm run torture -- --minutes ${minutes} --seed ${seed} --rate ${rate}`,
    ...(only === null ? [] : [`--only ${only.join(',')}`]),
    ...(isEach ? ['--each'] : []),
    ...(broker === undefined ? [] : [`--broker ${broker}`]),
    ...(cluster === 1 ? [] : [`--cluster ${cluster}`]),
    ...(postgres === undefined ? [] : [`--postgres ${postgres}`]),
  ]
  return parts.join(' ')
}
