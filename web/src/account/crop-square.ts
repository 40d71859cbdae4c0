const sidePx = 512

/** Cuts the middle of a picture out as a square of 512 pixels. */
export async function cropSquare(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file)
  const side = Math.min(picture.width, picture.height)
  const canvas = new OffscreenCanvas(sidePx, sidePx)
  const context = canvas.getContext('2d')
  if (!context) return file
  const [x, y] = [(picture.width - side) / 2, (picture.height - side) / 2]
  context.drawImage(picture, x, y, side, side, 0, 0, sidePx, sidePx)
  picture.close()
  return canvas.convertToBlob({ type: 'image/webp', quality: 0.9 })
}
