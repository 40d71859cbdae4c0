import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext, Viewer } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { AppError } from '../../errors.ts'
import { parseInput } from '../../input/parse.ts'
import { nameText, optionalText } from '../../input/text.ts'
import { emailText, phoneText } from '../../users/service.ts'
import { assertSessionProven } from '../sessions/service.ts'

const policies = ['EVERYONE', 'SHARED_ROOMS', 'FRIENDS'] as const

// what is missing stays as it is; null takes away what there need not be
const profileInput = z.object({
  displayName: nameText(limits.displayNameLengthMax).optional(),
  bio: optionalText(limits.bioLengthMax).optional(),
  email: emailText.nullable().optional(),
  phone: phoneText.nullable().optional(),
  directMessagePolicy: z.enum(policies).optional(),
  avatarId: z.uuid().nullable().optional(),
})

/** What the viewer wants to change of themselves. */
export type ProfileInput = {
  [Field in keyof z.input<typeof profileInput>]?: z.input<typeof profileInput>[Field] | null | undefined
}

/**
 * Changes what the viewer says of themselves, and who may write to them.
 *
 * An e-mail address or phone number may be that of another account too: another value is not verified, and signs nobody in.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, RATE_LIMITED; FORBIDDEN for a guest who gives an e-mail address or phone
 * number, and for either in a session that knew only the username.
 */
export async function updateProfile(context: ServiceContext, input: ProfileInput): Promise<Viewer> {
  const viewer = assertSignedIn(context)
  const { userId, sessionId } = viewer
  const { displayName, bio, email, phone, directMessagePolicy, avatarId } = parseInput(profileInput, input)
  const data = {
    ...(displayName !== undefined && { displayName }),
    ...(bio !== undefined && { bio }),
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
    ...(directMessagePolicy !== undefined && { directMessagePolicy }),
  }
  if (Object.keys(data).length === 0 && avatarId === undefined) return viewer
  await context.rates.take(['profilesOfUser', userId])
  const files = await context.feed.write([userId], async ({ tx, append }) => {
    const user = await tx.user.findUniqueOrThrow({ where: { id: userId } })
    if (user.isGuest && (email || phone)) {
      throw new AppError('FORBIDDEN', 'A guest has no e-mail address or phone number. Register with upgradeGuest.')
    }
    if (email !== undefined || phone !== undefined) await assertSessionProven(context, tx, sessionId)
    await tx.user.update({ where: { id: userId }, data })
    append({ topicId: userId, kind: 'PROFILE_UPDATED', actorId: userId, subject: userId })
    return avatarId === undefined ? [] : context.media.chooseAvatar(tx, { userId, mediaId: avatarId })
  })
  if ([displayName, bio, avatarId].some((shown) => shown !== undefined)) context.presenceTracker.tellProfile(userId)
  await context.media.removeFiles(files)
  return viewer
}
