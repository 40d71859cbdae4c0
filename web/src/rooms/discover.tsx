import { Lock, UsersRound } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { Avatar } from '../shell/avatar.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field, Select } from '../shell/field.tsx'
import { useLocale } from '../shell/locale.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { Link } from '../shell/router.tsx'
import { useAsk } from '../shell/use-ask.ts'
import styles from './discover.module.css'
import { type CatalogData, catalogQuery, type DiscoverData, discoverQuery, type RoomDoor } from './operations.ts'
import { RegionOptions } from './region-options.tsx'

const orders = ['MOST_ACTIVE', 'NEWEST', 'MOST_MEMBERS', 'NAME'] as const

/** Rooms that anybody may find: by name, category and region. */
export function Discover() {
  const { t } = useLocale()
  const [search, setSearch] = useState('')
  const [categoryId, setCategory] = useState('')
  const [regionId, setRegion] = useState('')
  const [orderBy, setOrder] = useState<string>('MOST_ACTIVE')
  const catalog = useAsk<CatalogData>(catalogQuery, {})
  const asked = useDeferredValue(search.trim())
  const filter = { search: asked || null, categoryId: categoryId || null, regionId: regionId || null }
  const found = useAsk<DiscoverData>(discoverQuery, { filter, orderBy })
  const rooms = found.data?.discoverRooms.nodes
  return (
    <div className={styles.page}>
      <PageHeader title={t('discover.title')} />
      <div className={styles.inner}>
        <div className={styles.filters}>
          <Field
            label={t('discover.search')}
            type="search"
            value={search}
            onChange={({ target }) => setSearch(target.value)}
            maxLength={80}
            autoComplete="off"
          />
          <Select label={t('rooms.category')} value={categoryId} onChange={({ target }) => setCategory(target.value)}>
            <option value="">{t('all')}</option>
            {catalog.data?.categories.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
          <Select label={t('rooms.region')} value={regionId} onChange={({ target }) => setRegion(target.value)}>
            <option value="">{t('all')}</option>
            <RegionOptions regions={catalog.data?.regions ?? []} />
          </Select>
          <Select label={t('discover.order')} value={orderBy} onChange={({ target }) => setOrder(target.value)}>
            {orders.map((order) => (
              <option key={order} value={order}>
                {t(`order.${order}`)}
              </option>
            ))}
          </Select>
        </div>
        <ErrorText error={found.error} />
        <ul className={styles.rooms} aria-busy={found.isLoading} aria-label={t('discover.title')}>
          {rooms?.map((room) => (
            <Card key={room.id} room={room} />
          ))}
        </ul>
        {rooms?.length === 0 && <p className={styles.none}>{t('discover.none')}</p>}
      </div>
    </div>
  )
}

function Card({ room }: { room: RoomDoor }) {
  const { t } = useLocale()
  const name = room.name ?? t('rooms.unnamed')
  return (
    <li>
      <Link to={room.viewerMembership ? `/r/${room.code}` : `/j/${room.code}`} className={styles.card}>
        <Avatar of={{ id: room.id, name }} size={44} isRoom />
        <span className={styles.name}>
          <b>{name}</b>
          {room.access === 'PASSWORD' && <Lock size={14} aria-label={t('access.PASSWORD')} />}
        </span>
        <span className={styles.about}>{room.description}</span>
        <span className={styles.facts}>
          <UsersRound size={14} aria-hidden /> {t('rooms.members', { count: room.memberCount })}
          {room.category && ` · ${room.category.name}`}
          {room.region && ` · ${room.region.name}`}
          {room.viewerMembership && ` · ${t('discover.joined')}`}
        </span>
      </Link>
    </li>
  )
}
