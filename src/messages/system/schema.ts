import { builder } from '../../graphql/builder.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { MessageRef } from '../schema.ts'

const SystemActionRef = builder.enumType('SystemAction', {
  description: 'The change that a message of kind SYSTEM reports. `author` is the user who made it.',
  values: {
    JOINED: { description: '`author` became a member.' },
    ADDED: { description: '`author` added `subject`.' },
    LEFT: { description: '`author` left.' },
    REMOVED: { description: '`author` removed `subject`.' },
    BANNED: { description: '`author` banned `subject`.' },
    OWNER_CHANGED: { description: '`subject` became the owner, because `author` handed the room over or left.' },
    RENAMED: { description: '`author` changed the name of the room.' },
    ARCHIVED: { description: '`author` archived the room.' },
    UNARCHIVED: { description: '`author` unarchived the room.' },
  } as const,
})

builder.prismaObjectFields(MessageRef, (t) => ({
  action: t.expose('systemAction', {
    type: SystemActionRef,
    nullable: true,
    description: 'The change that it reports, when its kind is SYSTEM. Null otherwise.',
  }),
  subject: t.field({
    type: UserRef,
    nullable: true,
    description: 'The user whom `action` affected. Null when it affected the room, and when the kind is TEXT.',
    resolve: ({ subjectId }, _, context) => (subjectId ? userOf(context, subjectId) : null),
  }),
}))
