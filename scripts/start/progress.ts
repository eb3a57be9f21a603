const began = performance.now()

/** One line on the terminal, with the seconds since the command began. */
export function progress(text: string): void {
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  console.log(`[${seconds.padStart(5)} s] ${text}`)
}
