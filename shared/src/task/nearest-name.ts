/** The name with the fewest single-letter changes from `wrong`, with that number; null when there are no names. */
export function nearestName(
  wrong: string,
  names: readonly string[],
): { name: string; distance: number } | null {
  let nearest: { name: string; distance: number } | null = null
  for (const name of names) {
    const distance = editDistance(wrong, name)
    if (nearest === null || distance < nearest.distance) nearest = { name, distance }
  }
  return nearest
}

/** Levenshtein's distance with two neighbouring letters swapped counted as one change: the usual slip of a hand. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const changed = at(last, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1)
      const isSwap =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swapped = isSwap ? at(beforeLast, column - 2) + 1 : Infinity
      current.push(Math.min(changed, swapped, at(last, column) + 1, at(current, column - 1) + 1))
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
