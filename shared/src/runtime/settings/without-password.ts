/**
 * The same address with its password blanked, for log lines and messages.
 * Text that is no address comes back blanked as a whole when it has an `@`, because a mistyped address may still hold one.
 */
export function withoutPassword(address: string): string {
  const url = URL.parse(address)
  // n.b. `user:secret@host` parses too, with the scheme `user:` and no host.
  if (url === null || url.host === '') return address.includes('@') ? '[hidden]' : address
  if (url.password !== '') url.password = '***'
  return url.href
}
