import { unreachable } from './transport/answers.ts'

/**
 * Loads a part of the client that is needed first now.
 *
 * @throws KabarError NETWORK when its code cannot be loaded, such as offline.
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch (cause) {
    throw unreachable('The code of the client', cause)
  }
}
