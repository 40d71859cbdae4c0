import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext, Viewer } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError } from '../../errors.ts'
import { parseInput } from '../../input/parse.ts'
import { nameText, optionalText } from '../../input/text.ts'
import { emailText, phoneText } from '../../users/formats.ts'
import { markReceiptsChange } from '../../users/queries.ts'
import { assertSessionProven } from '../sessions/service.ts'

const policies = ['EVERYONE', 'SHARED_ROOMS', 'FRIENDS'] as const

// omitted fields stay as they are; null clears optional ones
const profileInput = z.object({
  displayName: nameText(limits.displayNameLengthMax).optional(),
  bio: optionalText(limits.bioLengthMax).optional(),
  email: emailText.nullable().optional(),
  phone: phoneText.nullable().optional(),
  directMessagePolicy: z.enum(policies).optional(),
  showsReceipts: z.boolean().optional(),
  showsPresence: z.boolean().optional(),
  showsLastSeen: z.boolean().optional(),
  avatarId: z.uuid().nullable().optional(),
})

/** A change of the viewer's profile. */
export type ProfileInput = {
  [Field in keyof z.input<typeof profileInput>]?: z.input<typeof profileInput>[Field] | null | undefined
}

/**
 * Changes the profile, the direct message policy and the privacy of the viewer.
 *
 * Several accounts may have the same e-mail address or phone number: a new value is not verified, and cannot sign in.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, RATE_LIMITED; FORBIDDEN for a guest who gives an e-mail address or phone
 * number, and for either in a session opened by the username alone.
 */
export async function updateProfile(context: ServiceContext, input: ProfileInput): Promise<Viewer> {
  const viewer = assertSignedIn(context)
  const { userId, sessionId } = viewer
  const { avatarId, ...fields } = parseInput(profileInput, input)
  const data = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const { email, phone, showsReceipts } = fields
  if (Object.keys(data).length === 0 && avatarId === undefined) return viewer
  await context.rates.take(['profilesOfUser', userId])
  if (showsReceipts !== undefined) await context.rates.take(['receiptChangesOfUser', userId])
  const files = await context.feed.write([userId], async ({ tx, append }) => {
    const user = await tx.user.findUniqueOrThrow({ where: { id: userId } })
    if (user.isGuest && (email || phone)) {
      throw new AppError('FORBIDDEN', 'A guest has no e-mail address or phone number. Register with upgradeGuest.')
    }
    if (email !== undefined || phone !== undefined) await assertSessionProven(context, tx, sessionId)
    if (showsReceipts !== undefined) await markReceiptsChange(sqlOfPrisma(tx), { userId, showsReceipts })
    await tx.user.update({ where: { id: userId }, data })
    append({ topicId: userId, kind: 'PROFILE_UPDATED', actorId: userId, subject: userId })
    return avatarId === undefined ? [] : context.media.chooseAvatar(tx, { userId, mediaId: avatarId })
  })
  const isGiven = (value: unknown) => value !== undefined
  if ([fields.displayName, fields.bio, avatarId].some(isGiven)) context.presenceTracker.tellUser(userId, 'profile')
  if ([fields.showsPresence, fields.showsLastSeen].some(isGiven)) context.presenceTracker.tellUser(userId, 'privacy')
  await context.media.removeFiles(files)
  return viewer
}
