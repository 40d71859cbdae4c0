/** Reads what somebody was given: `TEATABLE`, `room_01…`, `https://chat.example/j/TEATABLE`, `…/i/INVITE`. */
export function readDoor(text: string): { code: string } | { roomId: string } | { invite: string } {
  const trimmed = text.trim()
  const [, kind, linked] = /\/([rji])\/([\w-]+)/.exec(trimmed) ?? []
  const given = linked ?? trimmed
  if (kind === 'i' || (/^[\w-]{20,}$/.test(given) && !given.startsWith('room_'))) return { invite: given }
  return given.startsWith('room_') ? { roomId: given } : { code: given }
}
