import type { MediaAccess } from '../../access/context.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { badInput } from '../../errors.ts'
import { readUsableMedia } from '../../media/queries.ts'
import { deleteMedia } from '../../media/service.ts'

/**
 * Sets the avatar of a user, and deletes the previous one.
 *
 * The caller has locked the topic of the user: every use of the user's files happens under this lock.
 *
 * @throws AppError BAD_USER_INPUT when the media is not an unused image that the user uploaded.
 */
export const chooseAvatar: MediaAccess['chooseAvatar'] = async (tx, { userId, mediaId }) => {
  const { avatarId } = await tx.user.findUniqueOrThrow({ where: { id: userId }, select: { avatarId: true } })
  if (avatarId === mediaId) return []
  if (mediaId !== null) {
    const [media] = await readUsableMedia(sqlOfPrisma(tx), [mediaId])
    if (media?.ownerId !== userId || media.kind !== 'IMAGE') {
      throw badInput('avatarId', 'is not an unused image that you uploaded')
    }
  }
  await tx.user.update({ where: { id: userId }, data: { avatarId: mediaId } })
  return avatarId === null ? [] : deleteMedia(tx, { id: avatarId })
}
