// Usernames that nobody gets, and how long one rests after its account was deleted: a part of config.ts.

/** Words that address people or sound like the server: nobody is called so. */
export const reservedUsernames = [
  // words of mentions
  ...['all', 'here', 'everyone', 'everybody', 'channel', 'room', 'online', 'team', 'members'],
  // the voice of the server and of those who run it
  ...['admin', 'admins', 'administrator', 'administrators', 'administration', 'sysadmin', 'webmaster', 'postmaster'],
  ...['hostmaster', 'root', 'superuser', 'operator', 'operators', 'owner', 'moderator', 'moderators', 'mod', 'mods'],
  ...['staff', 'official', 'kabar', 'system', 'server', 'support', 'help', 'helpdesk', 'security', 'abuse', 'service'],
  ...['notification', 'notifications', 'bot'],
  // what stands where somebody is missing
  ...['deleted', 'deleted-user', 'unknown', 'anonymous', 'nobody', 'guest', 'user', 'null', 'undefined', 'me', 'self'],
] as const
