import { MoreHorizontal } from 'lucide-react'
import { useDeferredValue, useRef, useState } from 'react'
import { Avatar } from '../shell/avatar.tsx'
import { Field, Select } from '../shell/field.tsx'
import { useLocale } from '../shell/locale.tsx'
import { Menu } from '../shell/menu.tsx'
import { type Change, ChangeAccount } from './change-account.tsx'
import { Facts } from './facts.tsx'
import { type Account, type AccountsData, accountsQuery } from './operations.ts'
import styles from './operator.module.css'
import { PagedList } from './paged-list.tsx'
import { usePages } from './use-pages.ts'

const states = ['all', 'active', 'suspended'] as const

type State = (typeof states)[number]

/** All accounts, and what operators do to them. */
export function Accounts() {
  const { t } = useLocale()
  const [search, setSearch] = useState('')
  const [state, setState] = useState<State>('all')
  const [asked, setAsked] = useState<{ user: Account; change: Change } | null>(null)
  const list = useRef<HTMLUListElement>(null)
  const wanted = useDeferredValue(search.trim())
  const isSuspended = state === 'all' ? null : state === 'suspended'
  const pages = usePages<AccountsData, Account>({
    ...{ document: accountsQuery, variables: { search: wanted || null, isSuspended } },
    pageOf: ({ operator }) => operator?.users,
  })
  const changed = (user: Account) => {
    const isGone = user.deletedAt !== null
    pages.change(user.id, isGone ? null : user)
    if (isGone) list.current?.focus()
  }
  return (
    <>
      <div className={styles.filters}>
        <Field
          label={t('operator.search')}
          type="search"
          value={search}
          onChange={({ target }) => setSearch(target.value)}
          maxLength={80}
          autoComplete="off"
        />
        <Select
          label={t('operator.state')}
          value={state}
          onChange={({ target }) => setState(states.find((name) => name === target.value) ?? 'all')}
        >
          {states.map((name) => (
            <option key={name} value={name}>
              {t(`operator.state.${name}`)}
            </option>
          ))}
        </Select>
      </div>
      <PagedList ref={list} label={t('operator.users')} pages={pages} none={t('people.none')}>
        {(user) => <Line user={user} onAsk={(change) => setAsked({ user, change })} />}
      </PagedList>
      {asked && <ChangeAccount {...asked} onChanged={changed} onClose={() => setAsked(null)} />}
    </>
  )
}

function Line({ user, onAsk }: { user: Account; onAsk: (change: Change) => void }) {
  const { t, format } = useLocale()
  const { displayName, username, email, isGuest, isOperator, suspendedAt, lastSeenAt, roomCount, mediaBytes } = user
  const facts = [
    username && `@${username}`,
    email,
    lastSeenAt && t('presence.seen', { when: format.ago(lastSeenAt) }),
    t('operator.roomCount', { count: roomCount }),
    mediaBytes > 0 && format.bytes(mediaBytes),
  ]
  const item = (change: Change, isDangerous = true) => ({
    ...{ label: t(`operator.${change}`), isDangerous, onChoose: () => onAsk(change) },
  })
  return (
    <div className={styles.line}>
      <Avatar of={{ id: user.id, name: displayName }} />
      <div className={styles.names}>
        <span className={styles.title}>
          <b dir="auto">{displayName}</b>
          {isGuest && <span className={styles.badge}>{t('profile.guest')}</span>}
          {isOperator && <span className={styles.badge}>{t('operator.title')}</span>}
          {suspendedAt && <span className={styles.warning}>{t('operator.suspended')}</span>}
        </span>
        <Facts facts={facts} />
      </div>
      {/* accounts of operators are changed on the command line */}
      {!isOperator && (
        <Menu
          label={t('members.menu', { name: displayName })}
          icon={<MoreHorizontal size={20} />}
          items={[
            suspendedAt ? item('restore', false) : item('suspend'),
            item('signOut'),
            !isGuest && item('resetPassword'),
            item('delete'),
          ]}
        />
      )}
    </div>
  )
}
