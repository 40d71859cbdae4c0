import { limits } from '../config/config.ts'
import { builder } from '../graphql/builder.ts'
import { formatId } from '../input/ids.ts'
import { createUpload, type Upload } from './service.ts'

const MediaKindRef = builder.enumType('MediaKind', {
  description: 'What a file is for a client.',
  values: {
    IMAGE: { description: 'A picture: JPEG, PNG, WebP or GIF. It has a size and a thumbnail.' },
    VIDEO: { description: 'A film: MP4 or WebM.' },
    AUDIO: { description: 'Sound: MP3, Ogg, M4A, WAV or WebM.' },
    FILE: { description: 'Anything else. It is only ever saved, never shown.' },
  } as const,
})

/** A file that somebody uploaded. */
export const MediaRef = builder.prismaObject('Media', {
  description: 'A file that somebody uploaded.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `media_…`.', resolve: (media) => formatId('Media', media.id) }),
    name: t.exposeString('name', { description: `Its name: 1 to ${limits.mediaNameLengthMax} characters.` }),
    kind: t.expose('kind', { type: MediaKindRef, description: 'What it is for a client.' }),
    mimeType: t.exposeString('mimeType', {
      description: 'Its media type, as its bytes say. What was declared, until they have arrived.',
    }),
    bytes: t.exposeInt('bytes', {
      description: 'Its size in bytes. For an image, once it has been uploaded, that of what was made of it.',
    }),
    width: t.exposeInt('width', {
      nullable: true,
      description: 'Pixels across, upright. Null when it is no image, or has not been uploaded.',
    }),
    height: t.exposeInt('height', {
      nullable: true,
      description: 'Pixels down, upright. Null when it is no image, or has not been uploaded.',
    }),
    url: t.string({
      description:
        'Where to get it, without a token, for one to two hours. A path, `/media/…`, unless the server knows its own address. It takes ranges; nothing is there before the upload.',
      resolve: (media, _, context) => context.media.linkTo('file', media.id).url,
    }),
    thumbnailUrl: t.string({
      nullable: true,
      description: 'Where to get a small WebP of it, as `url`. Null when it is no image, or has not been uploaded.',
      resolve: (media, _, context) => (media.thumbnailKey ? context.media.linkTo('thumbnail', media.id).url : null),
    }),
  }),
})

const CreateUploadInput = builder.inputType('CreateUploadInput', {
  description: 'A file to upload.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: `Its name: 1 to ${limits.mediaNameLengthMax} characters, one line, without slashes.`,
    }),
    mimeType: t.string({
      required: true,
      description: `Its media type, such as \`image/png\`: at most ${limits.mimeTypeLengthMax} characters. Pictures, films and sound of other types than those of MediaKind, HTML, XML and scripts are refused, and pictures that are declared as something else.`,
    }),
    bytes: t.int({ required: true, description: 'Its exact size in bytes: 1 to `server.limits.uploadBytesMax`.' }),
  }),
})

const CreateUploadPayload = builder.objectRef<Upload>('CreateUploadPayload').implement({
  description: 'Where to put a file. Send it with one PUT; then its media can be used.',
  fields: (t) => ({
    media: t.expose('media', { type: MediaRef, description: 'The media that waits for its bytes.' }),
    uploadUrl: t.string({
      description:
        'PUT the bytes here, without a token. It answers 204, or a status with `{ "error", "code" }`. A path unless the server knows its own address.',
      resolve: ({ link }) => link.url,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the URL stops taking bytes.',
      resolve: ({ link }) => link.expiresAt,
    }),
  }),
})

builder.mutationField('createUpload', (t) =>
  t.field({
    type: CreateUploadPayload,
    description: `Announces a file. What nothing uses is deleted after a day. One may have ${limits.uploadsPendingMax} uploads that wait for their bytes, and ${limits.uploadsUnusedMax} that nothing uses. Errors: UNAUTHENTICATED, BAD_USER_INPUT, UNSUPPORTED_MEDIA, RATE_LIMITED, and UPLOAD_TOO_LARGE, also where all files of the viewer would have more bytes than the server keeps for one user.`,
    args: { input: t.arg({ type: CreateUploadInput, required: true, description: 'The file.' }) },
    resolve: (_, { input }, context) => createUpload(context, input),
  }),
)
