import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { parseInput } from '../../input/parse.ts'
import { typingHint } from './typing-board.ts'

const typingInput = z.object({ roomId: z.uuid(), isTyping: z.boolean() })

/** The typing state of a viewer in a room. */
export interface Typing {
  readonly roomId: string
  /** When it ends unless it is repeated; null when the viewer is not typing. */
  readonly expiresAt: Date | null
}

/**
 * Signals to a room that the viewer is typing, or has stopped. Best effort, without the database.
 *
 * Sending a message ends it too: see `createTypingBoard`.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, MUTED, BLOCKED
 */
export async function setTyping(context: ServiceContext, input: z.input<typeof typingInput>): Promise<Typing> {
  const { userId } = assertSignedIn(context)
  const { roomId, isTyping } = parseInput(typingInput, input)
  await assertCan(context, { roomId, action: 'type' })
  context.feed.hint(typingHint(roomId, userId, isTyping))
  return { roomId, expiresAt: isTyping ? new Date(context.clock.now() + limits.typingMs) : null }
}
