import styles from './avatar.module.css'

/** The fields of a user or room that an avatar is made of. */
export interface Pictured {
  readonly id: string
  readonly name: string
  readonly url?: string | null | undefined
}

interface AvatarProps {
  of: Pictured
  size?: number
  /** A dot that says whether somebody is here. */
  presence?: 'ONLINE' | 'AWAY' | 'OFFLINE' | undefined
  /** Rooms are square, people are round. */
  isRoom?: boolean
}

const hues = 12

/** The picture of a person or a room; without one, its first letter on a colour that is always the same. */
export function Avatar({ of, size = 36, presence, isRoom = false }: AvatarProps) {
  const letter = Array.from(of.name.trim())[0]?.toLocaleUpperCase() ?? '?'
  return (
    <span
      className={isRoom ? styles.room : styles.avatar}
      style={{ inlineSize: size, blockSize: size, fontSize: Math.round(size * 0.42) }}
      data-hue={hueOf(of.id)}
      aria-hidden="true"
    >
      {of.url ? <img src={of.url} alt="" width={size} height={size} loading="lazy" draggable={false} /> : letter}
      {presence && presence !== 'OFFLINE' && <i className={styles.dot} data-presence={presence} />}
    </span>
  )
}

function hueOf(id: string): number {
  let sum = 0
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9_973
  return sum % hues
}
