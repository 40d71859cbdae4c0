import type { Caller } from '../graphql/context.ts'
import { createAllowances, minuteMs } from './allowance.ts'

/** Creates the count of frames of a user or address, over all their sockets. */
export function createFrameCounter(
  framesMax: number,
): (caller: Pick<Caller, 'viewer' | 'address'>, frames: number) => number {
  const ofCaller = createAllowances(framesMax, minuteMs)
  return ({ viewer, address }, frames) => ofCaller(viewer?.userId ?? `address ${address}`).take(frames)
}
