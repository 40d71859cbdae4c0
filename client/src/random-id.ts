/** Makes an id that nobody else makes. `crypto.randomUUID` is only there where the page came over HTTPS. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
