import { limits } from '../config/config.ts'
import { builder } from '../graphql/builder.ts'
import { formatId } from '../input/ids.ts'
import { createUpload, type Upload } from './service.ts'

const MediaKindRef = builder.enumType('MediaKind', {
  description:
    'The kind of a file, which decides how clients present it. It is detected from the content; until the bytes are uploaded it is that of the declared type.',
  values: {
    IMAGE: {
      description:
        'An image: JPEG, PNG, WebP or GIF, or AVIF, which becomes WebP. It is re-encoded without metadata, and has a size and a thumbnail. Animations keep moving.',
    },
    VIDEO: { description: 'Video: MP4 or WebM.' },
    AUDIO: { description: 'Audio: MP3, Ogg, Opus, M4A, AAC, FLAC, WAV or WebM. Which of them browsers play differs.' },
    FILE: {
      description:
        'Any other file, such as HEIC, QuickTime, HTML or source code. It is kept unchanged, with its metadata, and served only as a download.',
    },
  } as const,
})

/** The type of an uploaded file. */
export const MediaRef = builder.prismaObject('Media', {
  description: 'An uploaded file.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `media_…`.', resolve: (media) => formatId('Media', media.id) }),
    name: t.exposeString('name', { description: `The file name: 1 to ${limits.mediaNameLengthMax} characters.` }),
    kind: t.expose('kind', { type: MediaKindRef, description: 'The kind of the file.' }),
    mimeType: t.exposeString('mimeType', {
      description: 'The media type, detected from the content. The declared type until the bytes are uploaded.',
    }),
    bytes: t.exposeInt('bytes', {
      description: 'The size in bytes. For an uploaded image, the size after re-encoding.',
    }),
    width: t.exposeInt('width', {
      nullable: true,
      description: 'The width in pixels, upright. Null when it is not an image, or has not been uploaded.',
    }),
    height: t.exposeInt('height', {
      nullable: true,
      description: 'The height in pixels, upright. Null when it is not an image, or has not been uploaded.',
    }),
    url: t.string({
      description:
        'The download URL, valid without a token for one to two hours. A path, `/media/…`, unless the server knows its public URL. It supports range requests, and returns nothing before the upload.',
      resolve: (media, _, context) => context.media.linkTo('file', media.id).url,
    }),
    thumbnailUrl: t.string({
      nullable: true,
      description:
        'The URL of a small WebP thumbnail, valid like `url`. Null when it is not an image, or has not been uploaded.',
      resolve: (media, _, context) => (media.thumbnailKey ? context.media.linkTo('thumbnail', media.id).url : null),
    }),
  }),
})

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
