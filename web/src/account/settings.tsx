import { useText } from '../shell/locale.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { Link } from '../shell/router.tsx'
import { AccountSettings } from './account-settings.tsx'
import { Appearance } from './appearance.tsx'
import { Devices } from './devices.tsx'
import { Privacy } from './privacy.tsx'
import { ProfileSettings } from './profile-settings.tsx'
import styles from './settings.module.css'

const sections = ['profile', 'account', 'devices', 'privacy', 'appearance'] as const

type Section = (typeof sections)[number]

/** Everything that a person sets for themselves. */
export function Settings({ section }: { section: string }) {
  const t = useText()
  const current: Section = sections.find((name) => name === section) ?? 'profile'
  return (
    <div className={styles.page}>
      <PageHeader title={t('settings.title')} />
      <div className={styles.inner}>
        <nav className={styles.sections} aria-label={t('settings.title')}>
          {sections.map((name) => (
            <Link key={name} to={`/settings/${name}`} aria-current={name === current ? 'page' : undefined}>
              {t(`settings.${name}`)}
            </Link>
          ))}
        </nav>
        <section className={styles.section} aria-label={t(`settings.${current}`)}>
          {current === 'profile' && <ProfileSettings />}
          {current === 'account' && <AccountSettings />}
          {current === 'devices' && <Devices />}
          {current === 'privacy' && <Privacy />}
          {current === 'appearance' && <Appearance />}
        </section>
      </div>
    </div>
  )
}
