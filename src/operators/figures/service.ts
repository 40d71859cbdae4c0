import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { invariant } from '../../errors.ts'
import { assertOperator } from '../access.ts'
import { type Figures, readFigures } from './queries.ts'

/**
 * Reads the size of the deployment for an operator.
 *
 * @throws AppError FORBIDDEN
 */
export async function figuresForOperator(context: ServiceContext): Promise<Figures> {
  await assertOperator(context)
  const figures = await readFigures(context.sql, limits.openReportsCountedMax)
  invariant(figures, 'a select without a table gives one row')
  return figures
}
