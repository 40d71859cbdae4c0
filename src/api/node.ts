import { assertCan } from '../access/access.ts'
import { limits } from '../config/config.ts'
import { AppError, badInput } from '../errors.ts'
import { findVisibleUser } from '../friends/blocks/schema.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { load } from '../graphql/loaders.ts'
import { type IdType, splitId } from '../input/ids.ts'
import { findVisibleMedia } from '../media/service.ts'
import { findReadableMessage } from '../messages/service.ts'
import { roomsByIds } from '../rooms/schema.ts'

/** A row of a type that is a node, with the name of that type. */
interface Found {
  readonly __typename: IdType
}

/** The functions that find each type of node, with its usual access rules. Types that are not nodes are missing. */
const finders: Partial<Record<IdType, (context: Context, uuid: string) => Promise<object | null>>> = {
  User: findVisibleUser,
  Room: async (context, uuid) => {
    await assertCan(context, { roomId: uuid, action: 'see' })
    return load(context, roomsByIds, uuid)
  },
  Message: (context, uuid) => findReadableMessage(context, uuid),
  Media: (context, uuid) => findVisibleMedia(context, uuid),
}

/** Finds a node; null when it does not exist or the viewer may not see it. */
async function findNode(context: Context, id: string): Promise<Found | null> {
  const parsed = splitId(id)
  const find = parsed && finders[parsed.type]
  if (!find) return null
  try {
    const row = await find(context, parsed.uuid)
    return row && { ...row, __typename: parsed.type }
  } catch (error) {
    if (error instanceof AppError && ['NOT_FOUND', 'FORBIDDEN', 'UNAUTHENTICATED'].includes(error.code)) return null
    throw error
  }
}

builder.queryFields((t) => ({
  node: t.field({
    type: builder.nodeInterfaceRef(),
    nullable: true,
    description: 'An object by its id. Null when it does not exist, or you may not see it.',
    args: { id: t.arg.id({ required: true, description: 'The id of a user, room, message or media.' }) },
    resolve: (_, { id }, context) => findNode(context, id),
  }),
  nodes: t.field({
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    codes: ['BAD_USER_INPUT'],
    description: `Up to ${limits.nodesMax} objects by their ids, in the order of the ids.`,
    args: { ids: t.arg.idList({ required: true, description: 'Their ids.' }) },
    resolve: (_, { ids }, context) => {
      if (ids.length > limits.nodesMax) throw badInput('ids', `may have at most ${limits.nodesMax} ids`)
      return Promise.all(ids.map((id) => findNode(context, id)))
    },
  }),
}))
