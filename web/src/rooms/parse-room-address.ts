/** Parses a code, an id or a link to a room: `TEATABLE`, `room_01…`, `https://chat.example/j/TEATABLE`, `…/i/INVITE`. */
export function parseRoomAddress(text: string): { code: string } | { roomId: string } | { invite: string } {
  const trimmed = text.trim()
  const [, kind, linked] = /\/([rji])\/([\w-]+)/.exec(trimmed) ?? []
  const given = linked ?? trimmed
  if (kind === 'i' || (/^[\w-]{20,}$/.test(given) && !given.startsWith('room_'))) return { invite: given }
  return given.startsWith('room_') ? { roomId: given } : { code: given }
}
