// Limits of users and their names, and reserved usernames. A part of config.ts.

/** Limits of users, and of the search for them. */
export const userLimits = {
  usernameLengthMin: 3,
  usernameLengthMax: 50,
  displayNameLengthMax: 64,
  bioLengthMax: 500,
  /** Minimum similarity of a search and a word of a name, from 0 to 1. */
  nameSimilarityMin: 0.4,
  /** Users that a search scans in order before it uses the trigram index. */
  usersPassedMax: 2_000,
  /** Users with similar names that are sorted. */
  usersAlikeMax: 2_000,
} as const

/** Reserved usernames: words that address people or sound like the server. */
export const reservedUsernames = [
  // words used in mentions
  ...['all', 'here', 'everyone', 'everybody', 'channel', 'room', 'online', 'team', 'members'],
  // names of the server and its operators
  ...['admin', 'admins', 'administrator', 'administrators', 'administration', 'sysadmin', 'webmaster', 'postmaster'],
  ...['hostmaster', 'root', 'superuser', 'operator', 'operators', 'owner', 'moderator', 'moderators', 'mod', 'mods'],
  ...['staff', 'official', 'kabar', 'system', 'server', 'support', 'help', 'helpdesk', 'security', 'abuse', 'service'],
  ...['notification', 'notifications', 'bot'],
  // placeholders for missing users
  ...['deleted', 'deleted-user', 'unknown', 'anonymous', 'nobody', 'guest', 'user', 'null', 'undefined', 'me', 'self'],
] as const
