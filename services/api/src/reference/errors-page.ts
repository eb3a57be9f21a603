import { problemType } from '../problem-type.ts'
import { type ProblemCode, PROBLEMS } from '../problems.ts'

/** Where the `type` of every problem leads: its code explained. */
export function errorsPage(): string {
  const sections = Object.keys(PROBLEMS).map((code) => section(code as ProblemCode))
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Redrive API: errors</title></head>
<body>
<h1>Errors</h1>
${sections.join('\n')}
</body>
</html>
`
}

function section(code: ProblemCode): string {
  const { status, title, meaning, whatToDo } = PROBLEMS[code]
  const anchor = problemType(code).split('#')[1]
  return `<h2 id="${anchor}">${code} (${status})</h2>
<p><strong>${escapeHtml(title)}.</strong> ${escapeHtml(meaning)}</p>
<p>${escapeHtml(whatToDo)}</p>`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/`([^`]*)`/g, '<code>$1</code>')
}
