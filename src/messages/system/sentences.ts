import type { SystemAction } from '../../generated/prisma/client.ts'

/** The English sentence of each system action. */
const sentences: Record<SystemAction, (actor: string, subject: string) => string> = {
  JOINED: (actor) => `${actor} joined`,
  ADDED: (actor, subject) => `${actor} added ${subject}`,
  LEFT: (actor) => `${actor} left`,
  REMOVED: (actor, subject) => `${actor} removed ${subject}`,
  BANNED: (actor, subject) => `${actor} banned ${subject}`,
  OWNER_CHANGED: (_, subject) => `${subject} is the owner now`,
  RENAMED: (actor) => `${actor} renamed the room`,
  ARCHIVED: (actor) => `${actor} archived the room`,
  UNARCHIVED: (actor) => `${actor} unarchived the room`,
}

/** Formats a system message in English, with the current names. */
export function sentenceOf(action: SystemAction, names: { actor: string; subject: string }): string {
  return sentences[action](names.actor, names.subject)
}
