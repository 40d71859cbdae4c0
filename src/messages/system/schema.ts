import { builder } from '../../graphql/builder.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { MessageRef } from '../schema.ts'

const SystemActionRef = builder.enumType('SystemAction', {
  description: 'What a message of kind SYSTEM tells of. `author` is who did it.',
  values: {
    JOINED: { description: '`author` became a member.' },
    ADDED: { description: '`author` added `subject`.' },
    LEFT: { description: '`author` left.' },
    REMOVED: { description: '`author` removed `subject`.' },
    BANNED: { description: '`author` banned `subject`.' },
    OWNER_CHANGED: { description: '`subject` became the owner, because `author` handed over or left.' },
    RENAMED: { description: '`author` changed the name of the room.' },
    ARCHIVED: { description: '`author` archived the room.' },
    UNARCHIVED: { description: '`author` took the room back into use.' },
  } as const,
})

builder.prismaObjectFields(MessageRef, (t) => ({
  action: t.expose('systemAction', {
    type: SystemActionRef,
    nullable: true,
    description: 'What it tells of, where its kind is SYSTEM. Null otherwise.',
  }),
  subject: t.field({
    type: UserRef,
    nullable: true,
    description: 'Whom `action` happened to. Null where it happened to the room, and where the kind is TEXT.',
    resolve: ({ subjectId }, _, context) => (subjectId ? userOf(context, subjectId) : null),
  }),
}))
