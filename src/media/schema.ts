import { limits } from '../config/config.ts'
import { builder } from '../graphql/builder.ts'
import { formatId } from '../input/ids.ts'

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
