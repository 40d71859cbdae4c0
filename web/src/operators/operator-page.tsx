import { useText } from '../shell/locale.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { Link } from '../shell/router.tsx'
import { Accounts } from './accounts.tsx'
import { Audit } from './audit.tsx'
import { Figures } from './figures.tsx'
import styles from './operator.module.css'
import { Reports } from './reports.tsx'
import { Rooms } from './rooms.tsx'

const sections = ['reports', 'users', 'rooms', 'figures', 'audit'] as const

type Section = (typeof sections)[number]

/** Everything that operators of the server see and do. */
export function OperatorPage({ section }: { section: string }) {
  const t = useText()
  const current: Section = sections.find((name) => name === section) ?? 'reports'
  return (
    <div className={styles.page}>
      <PageHeader title={t('operator.title')} />
      <nav className={styles.sections} aria-label={t('operator.title')}>
        {sections.map((name) => (
          <Link key={name} to={`/operator/${name}`} aria-current={name === current ? 'page' : undefined}>
            {t(`operator.${name}`)}
          </Link>
        ))}
      </nav>
      <section className={styles.section} aria-label={t(`operator.${current}`)}>
        {current === 'reports' && <Reports />}
        {current === 'users' && <Accounts />}
        {current === 'rooms' && <Rooms />}
        {current === 'figures' && <Figures />}
        {current === 'audit' && <Audit />}
      </section>
    </div>
  )
}
