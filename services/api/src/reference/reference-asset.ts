import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

export interface ReferenceAsset {
  readonly type: string
  readonly data: Buffer | string
}

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

/** The only files of the package that are served; its others, such as source maps, are not. */
const PACKAGE_FILES: Readonly<Record<string, string>> = {
  'favicon-32x32.png': 'image/png',
  'swagger-ui-bundle.js': SCRIPT,
  'swagger-ui.css': STYLE,
}

const START = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  persistAuthorization: false,
  validatorUrl: null,
  tryItOutEnabled: true,
})
`

const STYLE_SHEET = `html { overflow-y: scroll; }
body { margin: 0; background: #fafafa; }
.errors { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem; font: 16px/1.5 sans-serif; color: #3b4151; }
.errors h2 { margin: 2.5rem 0 0; padding-top: 0.5rem; border-top: 1px solid #ddd; font: bold 1rem monospace; }
.errors h2:target { background: #fff3bf; }
.errors p { margin: 0.5rem 0 0; }
.errors code { font-size: 0.9em; background: #eee; padding: 0 0.2em; }
`

const OWN_FILES: Readonly<Record<string, ReferenceAsset>> = {
  'reference.css': {
    type: STYLE,
    data: STYLE_SHEET,
  },
  'reference.js': { type: SCRIPT, data: START },
}

const loaded = new Map<string, Promise<ReferenceAsset>>()

/** A file of the reference page, read once; null for any other name. */
export async function referenceAsset(name: string): Promise<ReferenceAsset | null> {
  if (Object.hasOwn(OWN_FILES, name)) return OWN_FILES[name] ?? null
  const type = Object.hasOwn(PACKAGE_FILES, name) ? PACKAGE_FILES[name] : undefined
  if (type === undefined) return null
  const loading = loaded.get(name) ?? load(name, type)
  loaded.set(name, loading)
  return await loading
}

async function load(name: string, type: string): Promise<ReferenceAsset> {
  const folder = join(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'), '..')
  return { type, data: await readFile(join(folder, name)) }
}
