import { problemType } from '../problem-type.ts'
import { type ProblemCode, PROBLEMS } from '../problems.ts'

/** Where the `type` of every problem leads: its code explained. */
export function errorsPage(): string {
  const sections = Object.keys(PROBLEMS).map((code) => section(code as ProblemCode))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Redrive API: errors</title>
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/reference.css">
</head>
<body>
<main class="errors">
<h1>Errors</h1>
<p>Every error of <a href="/docs">the api</a> is a problem (RFC 9457) whose <code>type</code> leads to its place here.</p>
${sections.join('\n')}
</main>
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
