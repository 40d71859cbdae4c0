// Reserved usernames. A part of config.ts.

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
