import type { Caller } from '../graphql/context.ts'
import { createAllowances, minuteMs } from './allowance.ts'

/** Counts frames of users and addresses over all their sockets; returns the milliseconds to wait, or 0. */
export function createFrameCounter(
  framesMax: number,
): (caller: Pick<Caller, 'viewer' | 'address'>, frames: number) => number {
  const ofCaller = createAllowances(framesMax, minuteMs)
  return ({ viewer, address }, frames) => ofCaller(viewer?.userId ?? `address ${address}`).take(frames)
}
