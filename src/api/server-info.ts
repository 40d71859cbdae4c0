import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type Config, limits } from '../config/config.ts'
import { mediaLimits } from '../config/media.ts'
import { builder } from '../graphql/builder.ts'

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')))

const Limits = builder.objectRef<typeof limits>('ServerLimits').implement({
  description: 'Limits of this server.',
  fields: (t) => ({
    messageLengthMax: t.exposeInt('messageLengthMax', { description: 'Characters of a message body.' }),
    messageBytesMax: t.exposeInt('messageBytesMax', { description: 'Bytes of a message body in UTF-8.' }),
    pageSizeMax: t.exposeInt('pageSizeMax', { description: 'Edges of one page of a connection.' }),
    requestBytesMax: t.exposeInt('requestBytesMax', { description: 'Bytes of a request or WebSocket frame.' }),
    attachmentsMax: t.exposeInt('attachmentsMax', { description: 'Attachments of a message.' }),
    uploadBytesMax: t.int({
      description: 'Bytes of an uploaded file.',
      resolve: (_limits, _args, context) => context.config.media.uploadBytesMax,
    }),
    imagePixelsMax: t.int({
      description: 'Pixels of an uploaded image, over all of its frames.',
      resolve: () => mediaLimits.imagePixelsMax,
    }),
    imageWholePixelsMax: t.int({
      description: 'The same for WebP and AVIF, which are decoded as a whole.',
      resolve: () => mediaLimits.imageWholePixelsMax,
    }),
    imageFramesMax: t.int({
      description: 'Frames of an uploaded animated image.',
      resolve: () => mediaLimits.imageFramesMax,
    }),
    subscriptionsPerSocketMax: t.exposeInt('subscriptionsPerSocketMax', {
      description: 'Concurrent operations of one WebSocket.',
    }),
  }),
})

const RoomDeletion = builder.enumType('RoomDeletion', {
  description: 'Users who may delete a room.',
  values: {
    OWNER: { value: 'owner', description: 'Its owner.' },
    NOBODY: { value: 'nobody', description: 'No user.' },
  } as const,
})

const ServerRef = builder.objectRef<Config>('Server').implement({
  description: 'Information about this server.',
  fields: (t) => ({
    name: t.string({ description: 'The name of the software.', resolve: () => 'Kabar' }),
    version: t.string({ description: 'Its version.', resolve: () => version }),
    guests: t.exposeBoolean('guests', { description: 'True if signInAsGuest is allowed.' }),
    passwordlessSignIn: t.exposeBoolean('passwordlessSignIn', {
      description: 'True if accounts without a password are allowed.',
    }),
    roomDeletion: t.expose('roomDeletion', { type: RoomDeletion, description: 'Users who may delete a room.' }),
    limits: t.field({ type: Limits, description: 'Limits of this server.', resolve: () => limits }),
  }),
})

builder.queryField('server', (t) =>
  t.field({
    type: ServerRef,
    description: 'Information about this server. No sign-in needed.',
    resolve: (_root, _args, context) => context.config,
  }),
)
