import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError } from '../../errors.ts'
import { parseInput } from '../../input/parse.ts'
import type { ShownMessage } from '../queries.ts'
import { findReadableMessage, getMessage } from '../service.ts'
import { countReactionKinds } from './queries.ts'

/** Longer text is not an emoji: the longest, a couple with two skin tones, has 10 code points. */
const emojiUnitsMax = 64
const oneEmoji = /^\p{RGI_Emoji}$/v
const looksLikeText = /^(?=\p{Emoji})\P{Emoji_Presentation}$/u
const modifier = /^\p{Emoji_Modifier}$/u

/**
 * Normalizes an emoji to its form recommended by Unicode; null when the text is not exactly one emoji.
 *
 * Keyboards differ in whether they send U+FE0F (emoji presentation): with and without it is the same emoji.
 */
function canonicalEmoji(text: string): string | null {
  if (text.length > emojiUnitsMax) return null
  const signs = [...text.replaceAll('\uFE0F', '')]
  const canonical = signs
    .map((sign, index) => (looksLikeText.test(sign) && !modifier.test(signs[index + 1] ?? '') ? `${sign}\uFE0F` : sign))
    .join('')
  return oneEmoji.test(canonical) ? canonical : null
}

const reactionInput = z.object({
  messageId: z.uuid(),
  emoji: z.string().transform((text, { addIssue }) => {
    const emoji = canonicalEmoji(text)
    if (emoji === null) addIssue('must be exactly one emoji')
    return emoji ?? ''
  }),
})

/** A message, and the emoji to add or remove. */
export type ReactionInput = z.input<typeof reactionInput>

/**
 * Adds a reaction of the viewer to a message. Adding it again changes nothing.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT, ROOM_ARCHIVED, MUTED, BLOCKED, RATE_LIMITED; CONFLICT when the message is deleted, or has
 * the maximum of different emojis.
 */
export function addReaction(context: ServiceContext, input: ReactionInput): Promise<ShownMessage> {
  return react(context, input, true)
}

/**
 * Removes a reaction of the viewer. Without one nothing changes.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT, ROOM_ARCHIVED, MUTED, BLOCKED, RATE_LIMITED; CONFLICT when the message is deleted.
 */
export function removeReaction(context: ServiceContext, input: ReactionInput): Promise<ShownMessage> {
  return react(context, input, false)
}

async function react(context: ServiceContext, input: ReactionInput, wanted: boolean): Promise<ShownMessage> {
  const { userId } = assertSignedIn(context)
  const { messageId, emoji } = parseInput(reactionInput, input)
  const { roomId } = await findReadableMessage(context, messageId)
  await context.rates.take(['reactionsToMessage', userId, messageId])
  return context.feed.write([roomId], async ({ tx, append }) => {
    await assertCan(context, { roomId, action: 'react', tx })
    const message = await getMessage(tx, messageId)
    if (message.deletedAt) throw new AppError('CONFLICT', 'The message is deleted and cannot be reacted to.')
    const key = { messageId, emoji, userId }
    const known = await tx.reaction.findUnique({ where: { messageId_emoji_userId: key } })
    if (Boolean(known) === wanted) return message
    if (wanted) {
      const others = await countReactionKinds(sqlOfPrisma(tx), { messageId, except: emoji })
      if (others >= limits.reactionKindsMax) {
        throw new AppError(
          'CONFLICT',
          `A message has at most ${limits.reactionKindsMax} different reactions. Use one of them.`,
        )
      }
      await tx.reaction.create({ data: key })
      await tx.member.updateMany({ where: { roomId, userId, takesPart: false }, data: { takesPart: true } })
    } else {
      await tx.reaction.delete({ where: { messageId_emoji_userId: key } })
    }
    append({ topicId: roomId, kind: 'REACTIONS_CHANGED', actorId: userId, subject: messageId })
    return message
  })
}
