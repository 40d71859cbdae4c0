import type { ServiceContext } from '../access/context.ts'
import { AppError } from '../errors.ts'
import type { LabelsOf } from '../metrics/metrics.ts'
import type { Grant } from './service.ts'

/** Counts a sign-in with its outcome, and returns it. */
export async function countSignIn(
  { metrics }: Pick<ServiceContext, 'metrics'>,
  kind: LabelsOf<'sign_ins_total'>['kind'],
  signingIn: Promise<Grant>,
): Promise<Grant> {
  const note = (outcome: string) => metrics.add('sign_ins_total', { kind, outcome })
  try {
    const grant = await signingIn
    note('ok')
    return grant
  } catch (error) {
    note(error instanceof AppError && error.code !== 'SERVICE_UNAVAILABLE' ? 'refused' : 'failed')
    throw error
  }
}
