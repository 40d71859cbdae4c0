import type { MediaAccess } from '../../access/context.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { badInput } from '../../errors.ts'
import { readUsableMedia } from '../../media/queries.ts'
import { deleteMedia } from '../../media/service.ts'

/**
 * Makes an image the avatar of its owner, and deletes the one before.
 *
 * The caller has locked the topic of the user, under which files are used for anything.
 *
 * @throws AppError BAD_USER_INPUT when it is not an uploaded image of the user that nothing uses.
 */
export const chooseAvatar: MediaAccess['chooseAvatar'] = async (tx, { userId, mediaId }) => {
  const { avatarId } = await tx.user.findUniqueOrThrow({ where: { id: userId }, select: { avatarId: true } })
  if (avatarId === mediaId) return []
  if (mediaId !== null) {
    const [media] = await readUsableMedia(sqlOfPrisma(tx), [mediaId])
    if (media?.ownerId !== userId || media.kind !== 'IMAGE') {
      throw badInput('avatarId', 'is not an image that you have uploaded and not used')
    }
  }
  await tx.user.update({ where: { id: userId }, data: { avatarId: mediaId } })
  return avatarId === null ? [] : deleteMedia(tx, { id: avatarId })
}
