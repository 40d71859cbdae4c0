import type { MediaConfig } from '../config/media.ts'

/** Features of browsers that the pages never use. */
const unused = ['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'magnetometer']
const alsoUnused = ['microphone', 'midi', 'payment', 'serial', 'usb', 'xr-spatial-tracking']

/**
 * Makes the headers that hold the pages to this server and to where its files are.
 *
 * Nothing is `unsafe-…`: scripts and styles are files of this origin, and text becomes script by one named policy alone,
 * which lets nothing through but the address of the service worker.
 */
export function createPagePolicy(media: MediaConfig): [name: string, value: string][] {
  const files = ["'self'", ...fileOrigins(media)].join(' ')
  const directives = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${files} blob: data:`,
    `media-src ${files} blob:`,
    `connect-src ${files}`,
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types kabar',
  ]
  return [
    ['content-security-policy', directives.join('; ')],
    ['cross-origin-opener-policy', 'same-origin'],
    ['cross-origin-resource-policy', 'same-origin'],
    ['permissions-policy', [...unused, ...alsoUnused].map((name) => `${name}=()`).join(', ')],
    ['referrer-policy', 'no-referrer'],
  ]
}

/** The origins that files come from beside the server's own: its public address, and the bucket. */
function fileOrigins({ publicUrl, s3 }: MediaConfig): string[] {
  const bucket = s3 && (s3.endpoint ?? `https://${s3.bucket}.s3.${s3.region}.amazonaws.com`)
  const addresses = [publicUrl || null, bucket].filter((address) => address !== null)
  return [...new Set(addresses.map((address) => new URL(address).origin))]
}
