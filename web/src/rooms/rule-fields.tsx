import type { RoomFields } from 'kabar-client'
import { Select } from '../shell/field.tsx'
import { useLocale } from '../shell/locale.tsx'

const slowSteps = [0, 5, 10, 30, 60, 300, 900, 3_600, 21_600]
const [hour, day] = [3_600, 86_400]
const endingSteps = [0, 60, hour, day, 7 * day, 30 * day]

/** The steps with a value that was set elsewhere among them. */
const withOwn = (steps: readonly number[], own: number) =>
  steps.includes(own) ? steps : [...steps, own].toSorted((a, b) => a - b)

/** The fields for posting, slow mode, ending messages and history. */
export function RuleFields({ about }: { about: RoomFields }) {
  const { t, format } = useLocale()
  const ending = about.messageSeconds ?? 0
  return (
    <>
      <Select label={t('posting.title')} name="posting" defaultValue={about.posting}>
        {(['EVERYONE', 'ADMINS'] as const).map((posting) => (
          <option key={posting} value={posting}>
            {t(`posting.${posting}`)}
          </option>
        ))}
      </Select>
      <Select label={t('history.title')} name="history" defaultValue={about.history}>
        {(['ALL', 'SINCE_JOINED'] as const).map((history) => (
          <option key={history} value={history}>
            {t(`history.${history}`)}
          </option>
        ))}
      </Select>
      <Select label={t('ending.title')} name="ending" defaultValue={String(ending)}>
        {withOwn(endingSteps, ending).map((seconds) => (
          <option key={seconds} value={seconds}>
            {seconds === 0 ? t('ending.never') : t('ending.after', { duration: format.duration(seconds) })}
          </option>
        ))}
      </Select>
      <Select label={t('slow.title')} name="slow" defaultValue={String(about.slowModeSeconds)}>
        {withOwn(slowSteps, about.slowModeSeconds).map((seconds) => (
          <option key={seconds} value={seconds}>
            {seconds === 0 ? t('off') : t('slow.seconds', { count: seconds })}
          </option>
        ))}
      </Select>
    </>
  )
}

/** Reads what was chosen, as updateRoom takes it. */
export function rulesOf(form: FormData) {
  return {
    posting: form.get('posting'),
    history: form.get('history'),
    messageSeconds: Number(form.get('ending')) || null,
    slowModeSeconds: Number(form.get('slow')),
  }
}
