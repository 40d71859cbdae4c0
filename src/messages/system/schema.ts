import { builder } from '../../graphql/builder.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { MessageRef } from '../schema.ts'

const SystemActionRef = builder.enumType('SystemAction', {
  description: 'The change that a message of kind SYSTEM reports. `actor` is the user who made it.',
  values: {
    JOINED: { description: '`actor` became a member.' },
    ADDED: { description: '`actor` added `subject`.' },
    LEFT: { description: '`actor` left.' },
    REMOVED: { description: '`actor` removed `subject`.' },
    BANNED: { description: '`actor` banned `subject`.' },
    OWNER_CHANGED: { description: '`subject` became the owner, because `actor` handed the room over or left.' },
    RENAMED: { description: '`actor` changed the name of the room.' },
    ARCHIVED: { description: '`actor` archived the room.' },
    UNARCHIVED: { description: '`actor` unarchived the room.' },
  } as const,
})

builder.objectFields(MessageRef, (t) => ({
  action: t.expose('systemAction', {
    type: SystemActionRef,
    nullable: true,
    description: 'The change that it reports, when its kind is SYSTEM. Null otherwise.',
  }),
  actor: t.field({
    type: UserRef,
    nullable: true,
    description:
      'The user who made the change that `action` reports. Null when no user did, and when the kind is TEXT.',
    resolve: ({ kind, authorId }, _, context) => (kind === 'SYSTEM' && authorId ? userOf(context, authorId) : null),
  }),
  subject: t.field({
    type: UserRef,
    nullable: true,
    description: 'The user whom `action` affected. Null when it affected the room, and when the kind is TEXT.',
    resolve: ({ subjectId }, _, context) => (subjectId ? userOf(context, subjectId) : null),
  }),
}))
