import type { Attacker } from '../attacker.ts'
import { answers } from './answers.ts'
import { images } from './images.ts'
import { pings } from './pings.ts'
import { readers } from './readers.ts'
import { uploads } from './uploads.ts'
import { validation } from './validation.ts'

/** All attackers, in the order of the report. */
export const attackers: readonly Attacker[] = [pings, answers, readers, validation, uploads, images]
