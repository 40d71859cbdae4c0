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

// omitted fields stay as they are; null clears optional ones
const profileInput = z.object({
  displayName: nameText(limits.displayNameLengthMax).optional(),
  bio: optionalText(limits.bioLengthMax).optional(),
  email: emailText.nullable().optional(),
  phone: phoneText.nullable().optional(),
  directMessagePolicy: z.enum(policies).optional(),
  avatarId: z.uuid().nullable().optional(),
})

/** A change of the viewer's profile. */
export type ProfileInput = {
  [Field in keyof z.input<typeof profileInput>]?: z.input<typeof profileInput>[Field] | null | undefined
}

/**
 * Changes the profile of the viewer, and who may write to them.
 *
 * Several accounts may have the same e-mail address or phone number: a new value is not verified, and cannot sign in.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, RATE_LIMITED; FORBIDDEN for a guest who gives an e-mail address or phone
 * number, and for either in a session opened by the username alone.
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
