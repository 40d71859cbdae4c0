import { hasNumber, type Range } from '../store/ranges.ts'
import { type RoomData, runAround, trim } from '../store/room-data.ts'

/** The number around which a room is read. Messages there are held, and the unbroken run that has it is shown. */
export interface RoomFocus {
  /** The number that is read around; infinite at the newest message. */
  readonly number: number
  /** The number that messages are shown around: the last focus whose message was held. */
  readonly shown: number
  /** The unbroken stretch that is shown; undefined where none is held. */
  readonly run: Range | undefined
  /** Moves it; infinite is the newest message. */
  move(to: number): void
  /** Forgets what is far from it, when more is held than may be. */
  bound(): void
}

/** Makes the focus of a room, at its newest message. */
export function createRoomFocus(data: () => RoomData, moved: () => void): RoomFocus {
  let number = Number.POSITIVE_INFINITY
  let shown = number
  const newest = () => data().room?.messageCount ?? 0

  /** While its messages are loaded, those that were shown before stay. */
  function show(): number {
    if (hasNumber(data().held, Math.min(number, newest()))) shown = number
    return shown
  }

  return {
    get number() {
      return number
    },
    get shown() {
      return show()
    },
    get run() {
      return runAround(data(), show())
    },
    move(to) {
      number = to
      moved()
    },
    bound: () => trim(data(), Math.min(number, newest())),
  }
}
