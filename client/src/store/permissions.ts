import type { Permission, RoomPermissions } from '../api/entities.ts'

const permissions = new WeakMap<object, RoomPermissions>()
const unread = {}
const forbidden: Permission = { allowed: false, code: 'FORBIDDEN', retryAfterMs: null }

/** Makes permissions as pages ask for them: all are denied until they are read. */
export function permissionsOf(
  given: Record<string, { isAllowed: boolean; code: Permission['code']; retryAfterMs: number | null }> | undefined,
): RoomPermissions {
  const known = permissions.get(given ?? unread)
  if (known) return known
  const entries = Object.entries(given ?? {}).flatMap(([action, rule]) =>
    typeof rule === 'object'
      ? [[action, { allowed: rule.isAllowed, code: rule.code, retryAfterMs: rule.retryAfterMs }] as const]
      : [],
  )
  const made = new Proxy(Object.fromEntries(entries), {
    get: (rules, action) => (typeof action === 'string' ? (rules[action] ?? forbidden) : undefined),
  }) as RoomPermissions
  permissions.set(given ?? unread, made)
  return made
}
