import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { MediaRef } from '../schema.ts'
import { createUpload, type Upload } from './service.ts'

const CreateUploadInput = builder.inputType('CreateUploadInput', {
  description: 'A file to upload.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: `The file name: 1 to ${limits.mediaNameLengthMax} characters, one line, without slashes.`,
    }),
    mimeType: t.string({
      required: true,
      description: `The media type, such as \`image/png\`: at most ${limits.mimeTypeLengthMax} characters; blank when it is not known. A file whose content is not of this type is taken as a FILE; an image is always an IMAGE.`,
    }),
    bytes: t.int({ required: true, description: 'The exact size in bytes: 1 to `server.limits.uploadBytesMax`.' }),
  }),
})

const CreateUploadPayload = builder.objectRef<Upload>('CreateUploadPayload').implement({
  description: 'The upload URL of a file. Send the bytes in one PUT; then the media can be used.',
  fields: (t) => ({
    media: t.expose('media', { type: MediaRef, description: 'The media, which waits for its bytes.' }),
    uploadUrl: t.string({
      description:
        'The URL for the PUT of the bytes, without a token. It answers 204, or an error status with `{ "error", "code" }`. Under PUBLIC_URL, or where the request has reached the server.',
      resolve: ({ link }, _, { reachedAt }) => (link.url.startsWith('/') ? `${reachedAt ?? ''}${link.url}` : link.url),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the upload URL expires.',
      resolve: ({ link }) => link.expiresAt,
    }),
  }),
})

builder.mutationField('createUpload', (t) =>
  t.field({
    type: CreateUploadPayload,
    description: `Creates an upload. Unused uploads are deleted after a day. A user may have ${limits.uploadsPendingMax} uploads that wait for their bytes, and ${limits.uploadsUnusedMax} unused ones. Every type is taken; the PUT refuses images that are damaged, or exceed a limit of server.limits, with UNSUPPORTED_MEDIA.`,
    codes: [
      'UNAUTHENTICATED',
      'BAD_USER_INPUT',
      'RATE_LIMITED',
      'UPLOAD_TOO_LARGE, also when all files of the viewer would exceed the bytes that the server allows per user',
    ],
    args: { input: t.arg({ type: CreateUploadInput, required: true, description: 'The file.' }) },
    resolve: (_, { input }, context) => createUpload(context, input),
  }),
)
