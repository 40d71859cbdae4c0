/** An address of the loopback network, to count as a client of its own. Only Linux has more than one. */
export function loopback(number: number): string {
  return process.platform === 'linux' ? `127.0.0.${number}` : '127.0.0.1'
}
