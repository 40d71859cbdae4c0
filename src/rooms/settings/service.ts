import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { badInput } from '../../errors.ts'
import type { Prisma, Room, SystemAction } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { hashRoomPassword } from '../passwords.ts'
import { assertCategoryAndRegion, messageSeconds, roomDescription, roomName, roomPassword } from '../service.ts'
import { appendSystemMessages } from '../system-messages.ts'

const { slowModeSecondsMax } = limits

const updateInput = z.object({
  roomId: z.uuid(),
  name: roomName.nullable().optional(),
  description: roomDescription.optional(),
  categoryId: z.uuid().nullable().optional(),
  regionId: z.uuid().nullable().optional(),
  access: z.enum(['OPEN', 'PASSWORD', 'INVITE']).optional(),
  password: roomPassword.nullish(),
  slowModeSeconds: z
    .int()
    .min(0, 'may not be negative')
    .max(slowModeSecondsMax, `may be at most ${slowModeSecondsMax}`)
    .optional(),
  archived: z.boolean().optional(),
  posting: z.enum(['EVERYONE', 'ADMINS']).optional(),
  history: z.enum(['ALL', 'SINCE_JOINED']).optional(),
  messageSeconds: messageSeconds.nullable().optional(),
})

/** Settings of a room to change: omitted ones stay, null removes. */
export type UpdateRoom = { [Name in keyof z.input<typeof updateInput>]: z.input<typeof updateInput>[Name] | null }

type Settings = Omit<z.output<typeof updateInput>, 'roomId' | 'password'> & { passwordHash: string | null }

/**
 * Changes settings of a room. An update without a change sends no event.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, RATE_LIMITED, BAD_USER_INPUT, also for a category or region that does not exist.
 */
export async function updateRoom(context: ServiceContext, input: UpdateRoom): Promise<Room> {
  const { userId: actorId } = assertSignedIn(context)
  const { roomId, password, ...settings } = parseInput(updateInput, input)
  // checked before the password is hashed, which is expensive
  await assertCan(context, { roomId, action: 'manageRoom' })
  const passwordHash = await hashRoomPassword(context, password)
  return context.feed.write([roomId], async (write) => {
    const { tx, append } = write
    await assertCan(context, { roomId, action: 'manageRoom', tx })
    const room = await tx.room.findUniqueOrThrow({ where: { id: roomId } })
    const changes = changesOf(room, { ...settings, passwordHash })
    if (Object.keys(changes).length === 0) return room
    await assertCategoryAndRegion(tx, changes)
    append({ topicId: roomId, kind: 'ROOM_UPDATED', actorId, subject: roomId })
    for (const action of actionsOf(changes)) {
      await appendSystemMessages(context, write, { roomId, actorId, action, subjectIds: [null] })
    }
    return tx.room.update({ where: { id: roomId }, data: changes })
  })
}

type Changes = Pick<
  Prisma.RoomUncheckedUpdateInput,
  | 'name'
  | 'description'
  | 'access'
  | 'passwordHash'
  | 'slowModeSeconds'
  | 'archivedAt'
  | 'posting'
  | 'history'
  | 'messageSeconds'
> & { categoryId?: string | null; regionId?: string | null }

/** Finds the columns whose values change. */
function changesOf(room: Room, { archived, passwordHash, ...settings }: Settings): Changes {
  const given = Object.entries(settings).filter(
    ([name, value]) => value !== undefined && value !== room[name as keyof typeof settings],
  )
  // the settings are columns of the same names and types
  const changes = Object.fromEntries(given) as Changes
  if (archived !== undefined && archived !== (room.archivedAt !== null)) {
    changes.archivedAt = archived ? new Date() : null
  }
  return { ...changes, ...passwordChange(room, { access: settings.access ?? room.access, passwordHash }) }
}

/** Finds the system messages that report the changes. */
function actionsOf({ name, archivedAt }: Changes): SystemAction[] {
  return [
    ...(name === undefined ? [] : ['RENAMED' as const]),
    ...(archivedAt === undefined ? [] : [archivedAt ? ('ARCHIVED' as const) : ('UNARCHIVED' as const)]),
  ]
}

/** Keeps the rule that a room has a password exactly while its access is PASSWORD. */
function passwordChange(room: Room, { access, passwordHash }: Pick<Room, 'access' | 'passwordHash'>) {
  if (access !== 'PASSWORD') {
    if (passwordHash) throw badInput('password', 'can only be given when access is PASSWORD')
    return room.passwordHash ? { passwordHash: null } : {}
  }
  if (!passwordHash && !room.passwordHash) throw badInput('password', 'is required when access is PASSWORD')
  return passwordHash ? { passwordHash } : {}
}
