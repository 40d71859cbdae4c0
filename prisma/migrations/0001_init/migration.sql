-- The database of the first release, feature by feature. schema.prisma says the same, except for checks, partial and
-- expression indexes, functions and triggers, which Prisma cannot say.
--
-- Rules are constraints named table_column_rule; src/database/faults.ts maps those that a client can meet to error codes.
-- Every foreign key has an index that begins with its column. Keys are UUIDv7, made by the server;
-- those of what is in a room end in the last three hexadecimal digits of the room's, as src/database/uuid.ts says.

create extension if not exists pg_trgm;

-- Folds case, accents, widths and invisible characters of a name, as src/messages/search/words.ts does for messages. It asks
-- no locale, so that the search for users and rooms finds the same on every database.
create function fold_name(name text) returns text
language plpgsql immutable strict parallel safe as $$
begin
  -- most names are ASCII, and need no more
  if octet_length(name) = char_length(name) then
    return lower(name collate "C");
  end if;
  return replace(replace(replace(replace(translate(
    lower(normalize(regexp_replace(
      normalize(name, nfkd) collate "C",
      '[\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]',
      '',
      'g'
    ), nfc) collate "C"),
    -- letters with case, and those that are also written as others
      'ÆŒÞẞøØđĐðÐłŁħĦŧŦıςیىکہەةٱ’‘ʻʼŊƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǤǶǷȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲͶͿΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠ'
      'ΡΣΤΥΦΧΨΩϏϘϚϜϞϠϷϺϽϾϿЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺ'
      'ҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖᲐᲑᲒᲓᲔᲕᲖᲗᲘᲙᲚᲛᲜᲝᲞᲟᲠᲡᲢᲣᲤ'
      'ᲥᲦᲧᲨᲩᲪᲫᲬᲭᲮᲯᲰᲱᲲᲳᲴᲵᲶᲷᲸᲹᲺᲽᲾᲿ',
      'æœþßooddddllhhttiσييكههها''''''''ŋɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶʒƹƽǥƕƿȝƞȣȥⱥȼƚⱦɂƀʉʌɇɉɋɍɏͱͳͷϳαβγδεζηθικλμνξοπ'
      'ρστυφχψωϗϙϛϝϟϡϸϻͻͼͽђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһ'
      'ҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆაბგდევზთიკლმნოპჟრსტუფ'
      'ქღყშჩცძწჭხჯჰჱჲჳჴჵჶჷჸჹჺჽჾჿ'
  ), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
end $$;

-- ── The feed ────────────────────────────────────────────────────────────────────────────────────────────────────────
-- A user and a room are topics: they share their id with a row of topics. Every write to a topic locks that row first.

create type event_kind as enum (
  'MESSAGE_SENT', 'MESSAGE_EDITED', 'MESSAGE_DELETED', 'MESSAGE_PINNED', 'MESSAGE_UNPINNED', 'REACTIONS_CHANGED',
  'MEMBER_JOINED', 'MEMBER_LEFT', 'MEMBER_REMOVED', 'MEMBER_BANNED', 'MEMBER_DELETED', 'MEMBER_UPDATED',
  'ROOM_UPDATED', 'ROOM_DELETED',
  'FRIEND_REQUEST_SENT', 'FRIEND_REQUEST_RECEIVED', 'FRIEND_REQUEST_ACCEPTED', 'FRIEND_REMOVED', 'BLOCKS_CHANGED',
  'ROOM_ADDED', 'ROOM_REMOVED', 'NOTIFICATIONS_CHANGED', 'MENTIONED',
  'PROFILE_UPDATED', 'SESSION_STARTED', 'SESSION_ENDED', 'DATA_EXPORT_ENDED',
  'ROOM_INVITATION_RECEIVED', 'ROOM_INVITATION_ENDED'
);

create table topics (
  id uuid primary key,
  head bigint not null default 0,
  floor bigint not null default 0,
  last_number integer not null default 0,
  active_at timestamptz(3) not null default current_timestamp,
  chain bytea not null default '\x0000000000000000',
  constraint topics_head_range check (head >= 0 and floor >= 0 and floor <= head),
  constraint topics_chain_length check (octet_length(chain) = 8),
  constraint topics_last_number_range check (last_number >= 0)
)
-- every send rewrites a row: leave room on its page for the new version
with (fillfactor = 50);

create table events (
  topic_id uuid not null references topics (id) on update cascade on delete cascade,
  seq bigint not null,
  kind event_kind not null,
  actor_id uuid,
  subject uuid not null,
  at timestamptz(3) not null,
  -- without a default: a writer that does not know chains fails instead of breaking one
  chain bytea not null,
  primary key (topic_id, seq),
  constraint events_seq_range check (seq > 0),
  constraint events_chain_length check (octet_length(chain) = 8)
);

-- ── Users ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create type direct_message_policy as enum ('EVERYONE', 'SHARED_ROOMS', 'FRIENDS');

create table users (
  id uuid primary key references topics (id) on update cascade on delete restrict,
  username text,
  display_name text not null,
  search_name text generated always as (fold_name(display_name)) stored,
  bio text,
  avatar_id uuid, -- references media, which is made below
  email text,
  phone text,
  is_guest boolean not null default false,
  direct_message_policy direct_message_policy not null default 'EVERYONE',
  shows_receipts boolean not null default true,
  shows_presence boolean not null default true,
  shows_last_seen boolean not null default true,
  receipts_changed_at timestamptz(3),
  last_seen_at timestamptz(3),
  created_at timestamptz(3) not null default current_timestamp,
  updated_at timestamptz(3) not null default current_timestamp,
  deleted_at timestamptz(3),
  -- an operator has suspended the account: it cannot be used until it is restored
  suspended_at timestamptz(3),
  email_verified_at timestamptz(3),
  phone_verified_at timestamptz(3),
  -- an ASCII handle, so that no two users look alike
  constraint users_username_format check (username ~ '^[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])$'),
  constraint users_username_owner check (deleted_at is not null or is_guest = (username is null)),
  constraint users_display_name_length check (char_length(display_name) between 1 and 64),
  constraint users_bio_length check (char_length(bio) <= 500),
  constraint users_email_format
    check (email = lower(email) and email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and char_length(email) <= 254),
  constraint users_phone_format check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  constraint users_email_verified_value check (email_verified_at is null or email is not null),
  constraint users_phone_verified_value check (phone_verified_at is null or phone is not null)
);
create unique index users_username_key on users (username);
create unique index users_avatar_id_key on users (avatar_id);
-- contact data is unique only where it is verified, so that nothing tells whether an account has it
create unique index users_email_verified_key on users (email) where email_verified_at is not null;
create unique index users_phone_verified_key on users (phone) where phone_verified_at is not null;
-- search by any part of a name
create index users_username_trgm_idx on users using gin (username gin_trgm_ops);
-- users who began to show or hide their receipts a short time ago: watermarks of their rooms are searched again
create index users_receipts_changed_at_idx on users (receipts_changed_at) where receipts_changed_at is not null;
-- guests, of whom those are found who were away
create index users_guests_idx on users (id) where is_guest and deleted_at is null;
create index users_suspended_at_idx on users (suspended_at, id) where suspended_at is not null;
create index users_search_name_trgm_idx on users using gin (search_name gin_trgm_ops);

-- another value is not verified, by whatever door it came
create function unverify_contact() returns trigger language plpgsql as $$
begin
  if new.email is distinct from old.email and new.email_verified_at is not distinct from old.email_verified_at then
    new.email_verified_at := null;
  end if;
  if new.phone is distinct from old.phone and new.phone_verified_at is not distinct from old.phone_verified_at then
    new.phone_verified_at := null;
  end if;
  return new;
end $$;

create trigger users_unverify before update of email, phone on users
  for each row execute function unverify_contact();

-- the username of a deleted account rests before somebody else can take it
create table resting_names (
  username_hash bytea primary key,
  released_at timestamptz(3) not null default now()
);
create index resting_names_released_at_idx on resting_names (released_at);

-- Deleting an account takes many small transactions, since it leaves every room. The rest of the work is recorded here,
-- so that another server continues after a crash.
create table account_deletions (
  user_id uuid primary key references users (id) on update cascade on delete cascade,
  -- whether the messages of the user are deleted too
  erases_messages boolean not null default false,
  created_at timestamptz(3) not null default now()
);
create index account_deletions_created_at_idx on account_deletions (created_at);

-- ── Sign-in ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create table credentials (
  user_id uuid primary key references users (id) on update cascade on delete cascade,
  password_hash text not null,
  updated_at timestamptz(3) not null default current_timestamp
);

create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on update cascade on delete cascade,
  user_agent text,
  created_at timestamptz(3) not null default current_timestamp,
  last_used_at timestamptz(3) not null default current_timestamp,
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  by_name boolean not null default false,
  constraint sessions_expires_at_order check (expires_at > created_at),
  constraint sessions_user_agent_length check (char_length(user_agent) <= 256)
);
create index sessions_user_id_idx on sessions (user_id);
create index sessions_ended_at_idx on sessions (least(expires_at, revoked_at));

create table refresh_tokens (
  hash bytea primary key,
  session_id uuid not null references sessions (id) on update cascade on delete cascade,
  created_at timestamptz(3) not null default current_timestamp,
  replaced_at timestamptz(3),
  predecessor bytea,
  withdrawn_at timestamptz(3),
  constraint refresh_tokens_hash_length check (octet_length(hash) = 32)
);
create index refresh_tokens_session_id_idx on refresh_tokens (session_id);
create index refresh_tokens_predecessor_idx on refresh_tokens (predecessor);

create table signing_keys (
  id text primary key,
  public_jwk jsonb not null,
  private_jwk jsonb not null,
  created_at timestamptz(3) not null default current_timestamp,
  active_at timestamptz(3) not null
);
create index signing_keys_active_at_idx on signing_keys (active_at);

-- A crash may forget how often something was tried, so this table is not written to the log. The columns stand in the
-- order in which rate-limiter-flexible inserts them.
create unlogged table rate_limits (
  key text primary key,
  points integer not null,
  expire bigint
);
create index rate_limits_expire_idx on rate_limits (expire);

-- ── Audit and operators ─────────────────────────────────────────────────────────────────────────────────────────────

create type audit_kind as enum (
  'SIGNED_IN', 'SIGN_IN_REFUSED', 'REFRESH_TOKEN_REUSED', 'SESSION_ENDED', 'RATE_LIMITED', 'PASSWORD_CHANGED',
  'CONTACT_VERIFIED', 'ROLE_CHANGED', 'MEMBER_BANNED', 'MEMBER_UNBANNED', 'MEMBER_MUTED', 'MEMBER_UNMUTED',
  'ROOM_DELETED', 'ACCOUNT_DELETED', 'EXPORT_REQUESTED', 'EXPORT_ENDED', 'MESSAGE_REPORTED', 'REPORT_RESOLVED',
  'USER_SUSPENDED', 'USER_RESTORED', 'OPERATOR_ADDED', 'OPERATOR_REMOVED', 'KEYS_ROTATED', 'COMMAND_RUN'
);

-- Security events, written in the transaction of what they tell of. The ids refer to nothing, because a row outlasts the
-- account and the room that it is about.
create table audit_events (
  id uuid primary key,
  at timestamptz(3) not null default clock_timestamp(),
  kind audit_kind not null,
  -- who did it: null for the command line, for the server, and for somebody unknown
  actor_id uuid,
  -- the user whom it is about
  user_id uuid,
  room_id uuid,
  -- a session, report or export
  subject_id uuid,
  -- of the actor, until an account in the row is deleted
  address text,
  detail text,
  times integer not null default 1,
  constraint audit_events_times_range check (times > 0),
  constraint audit_events_detail_length check (char_length(detail) between 1 and 200),
  constraint audit_events_address_length check (char_length(address) <= 64)
);
create index audit_events_at_idx on audit_events (at);
create index audit_events_kind_id_idx on audit_events (kind, id);
create index audit_events_user_id_id_idx on audit_events (user_id, id);
create index audit_events_actor_id_id_idx on audit_events (actor_id, id);
create index audit_events_room_id_id_idx on audit_events (room_id, id);

create table operators (
  user_id uuid primary key references users (id) on update cascade on delete cascade,
  added_at timestamptz(3) not null default now()
);

-- ── Rooms ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create table categories (
  id uuid primary key,
  slug text not null,
  name text not null,
  description text,
  position integer not null default 0,
  constraint categories_description_length check (char_length(description) between 1 and 500),
  constraint categories_slug_format check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 64),
  constraint categories_name_length check (char_length(name) between 1 and 64)
);
create unique index categories_slug_key on categories (slug);

create table regions (
  id uuid primary key,
  code text not null,
  name text not null,
  parent_id uuid references regions (id) on update cascade on delete restrict,
  constraint regions_code_format check (code ~ '^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$' and char_length(code) <= 32),
  constraint regions_name_length check (char_length(name) between 1 and 64),
  constraint regions_parent_id_other check (parent_id <> id)
);
create unique index regions_code_key on regions (code);
create index regions_parent_id_idx on regions (parent_id);

create type room_kind as enum ('GROUP', 'DIRECT');
create type room_access as enum ('OPEN', 'PASSWORD', 'INVITE');
create type room_posting as enum ('EVERYONE', 'ADMINS');
create type room_history as enum ('ALL', 'SINCE_JOINED');

create table rooms (
  id uuid primary key references topics (id) on update cascade on delete restrict,
  code text not null,
  kind room_kind not null,
  access room_access not null,
  name text,
  description text,
  password_hash text,
  category_id uuid references categories (id) on update cascade on delete set null,
  region_id uuid references regions (id) on update cascade on delete set null,
  slow_mode_seconds integer not null default 0,
  member_count integer not null default 0,
  direct_low_id uuid references users (id) on update cascade on delete restrict,
  direct_high_id uuid references users (id) on update cascade on delete restrict,
  created_by_id uuid references users (id) on update cascade on delete set null,
  posting room_posting not null default 'EVERYONE',
  history room_history not null default 'ALL',
  message_seconds integer,
  created_at timestamptz(3) not null default current_timestamp,
  updated_at timestamptz(3) not null default current_timestamp,
  archived_at timestamptz(3),
  deleted_at timestamptz(3),
  -- to the minute: topics.active_at is exact, and an index on it would make every send pay
  active_at timestamptz(3) not null default current_timestamp,
  constraint rooms_code_format check (code ~ '^[A-HJ-NP-Z2-9]{8}$'),
  constraint rooms_name_length check (char_length(name) between 1 and 80),
  -- a group without a name is shown by who is in it
  constraint rooms_name_kind check (kind = 'GROUP' or name is null),
  constraint rooms_description_length check (char_length(description) <= 1000),
  constraint rooms_password_hash_access check ((access = 'PASSWORD') = (password_hash is not null)),
  constraint rooms_slow_mode_seconds_range check (slow_mode_seconds between 0 and 21600),
  constraint rooms_message_seconds_range check (message_seconds between 5 and 31536000),
  constraint rooms_member_count_range check (member_count >= 0),
  constraint rooms_direct_kind check (
    case kind
      -- a direct room that was shared by its code waits for its second member
      when 'DIRECT' then direct_low_id is not null and access = 'INVITE'
      else direct_low_id is null and direct_high_id is null
    end),
  -- equal in the room of a user with themselves
  constraint rooms_direct_order check (direct_low_id <= direct_high_id)
);
create unique index rooms_code_key on rooms (code);
create unique index rooms_direct_low_id_direct_high_id_key on rooms (direct_low_id, direct_high_id);
create index rooms_direct_high_id_idx on rooms (direct_high_id);
create index rooms_created_by_id_idx on rooms (created_by_id);
create index rooms_category_id_idx on rooms (category_id);
create index rooms_region_id_idx on rooms (region_id);
-- groups that all members left, for the operators
create index rooms_abandoned_idx on rooms (active_at, id) where kind = 'GROUP' and member_count = 0 and deleted_at is null;
-- the few deleted rooms whose content a chore still has to remove
create index rooms_deleted_at_idx on rooms (deleted_at) where deleted_at is not null;
-- the rooms that can be discovered, in each order in which they are listed; the id decides between equals
create index rooms_listed_active_at_idx on rooms (active_at, id)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
create index rooms_listed_created_at_idx on rooms (created_at, id)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
create index rooms_listed_member_count_idx on rooms (member_count, id)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
create index rooms_listed_name_idx on rooms (fold_name(name) collate "C", id)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
create index rooms_listed_name_trgm_idx on rooms using gin (fold_name(name) gin_trgm_ops)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;

-- the number up to which the old messages of a room were removed
create table room_retentions (
  room_id uuid primary key references rooms (id) on update cascade on delete cascade,
  expired_number integer not null,
  constraint room_retentions_expired_number_range check (expired_number > 0)
);

-- ── Members, bans and invites ───────────────────────────────────────────────────────────────────────────────────────

create type member_role as enum ('OWNER', 'ADMIN', 'MEMBER');
create type notification_level as enum ('ALL', 'MENTIONS', 'NONE');

create table members (
  room_id uuid not null references rooms (id) on update cascade on delete cascade,
  user_id uuid not null references users (id) on update cascade on delete restrict,
  role member_role not null default 'MEMBER',
  -- not now(): a transaction begins before it has the lock of the room, so its start does not say who joined first
  joined_at timestamptz(3) not null default clock_timestamp(),
  last_read_number integer not null default 0,
  last_delivered_number integer not null default 0,
  last_sent_at timestamptz(3),
  muted_until timestamptz(3),
  notifications notification_level not null default 'ALL',
  takes_part boolean not null default true,
  mentioned_by_replies boolean not null default true,
  added_by_id uuid references users (id) on delete set null,
  -- marked as unread from here on; the read marker, by which receipts go, stays
  unread_from integer,
  -- the room is not in the member's list until it has a message with a higher number
  hidden_number integer,
  -- messages up to this number are not for the member to read
  history_from integer not null default 0,
  pinned_at timestamptz(3),
  primary key (room_id, user_id),
  constraint members_unread_from_range check (unread_from > 0),
  constraint members_hidden_number_range check (hidden_number >= 0),
  constraint members_last_read_number_range check (last_read_number >= 0),
  constraint members_last_delivered_number_range check (last_delivered_number >= last_read_number)
);
create unique index members_room_id_owner_key on members (room_id) where role = 'OWNER';
create index members_user_id_idx on members (user_id);
create index members_added_by_id_idx on members (added_by_id);
create index members_room_id_joined_at_user_id_idx on members (room_id, joined_at, user_id);
-- owners and admins: without it a list of them would read all members
create index members_staff_idx on members (room_id, joined_at, user_id) where role <> 'MEMBER';

-- a DIRECT room keeps its two members, and takes no others, for as long as their accounts and the room exist. A guest
-- leaves it with their last session, and who is left in it alone may leave
create function members_direct_pair() returns trigger language plpgsql as $$
declare
  room rooms;
begin
  if tg_op = 'UPDATE' then
    if (old.room_id, old.user_id) is distinct from (new.room_id, new.user_id)
      and exists (select from rooms where id in (old.room_id, new.room_id) and kind = 'DIRECT') then
      raise exception 'a direct room keeps its two members' using errcode = '23514', constraint = 'members_direct_pair';
    end if;
    return new;
  end if;
  select * into room from rooms where id = coalesce(new.room_id, old.room_id);
  if room.kind is distinct from 'DIRECT' then
    return coalesce(new, old);
  end if;
  if tg_op = 'INSERT' and new.user_id is distinct from room.direct_low_id
    and new.user_id is distinct from room.direct_high_id then
    raise exception 'a direct room has exactly two members' using errcode = '23514', constraint = 'members_direct_pair';
  end if;
  if tg_op = 'DELETE' and room.deleted_at is null
    and exists (select from users where id = old.user_id and deleted_at is null and not is_guest)
    and exists (select from members where room_id = old.room_id and user_id <> old.user_id) then
    raise exception 'a direct room keeps its two members' using errcode = '23514', constraint = 'members_direct_pair';
  end if;
  return coalesce(new, old);
end $$;

create trigger members_direct_pair before insert or delete or update of room_id, user_id on members
  for each row execute function members_direct_pair();

-- A mute, and the message after which slow mode makes a member wait, outlast leaving: otherwise leaving and coming back
-- would end both.
create table former_members (
  room_id uuid not null references rooms (id) on update cascade on delete cascade,
  user_id uuid not null references users (id) on update cascade on delete cascade,
  muted_until timestamptz(3),
  last_sent_at timestamptz(3),
  primary key (room_id, user_id)
);
create index former_members_user_id_idx on former_members (user_id);
create index former_members_bound_until_idx on former_members (greatest(muted_until, last_sent_at));

create table bans (
  room_id uuid not null references rooms (id) on update cascade on delete cascade,
  user_id uuid not null references users (id) on update cascade on delete cascade,
  banned_by_id uuid references users (id) on update cascade on delete set null,
  reason text,
  created_at timestamptz(3) not null default current_timestamp,
  expires_at timestamptz(3),
  primary key (room_id, user_id),
  constraint bans_reason_length check (char_length(reason) <= 500),
  constraint bans_expires_at_order check (expires_at > created_at)
);
create index bans_user_id_idx on bans (user_id);
create index bans_banned_by_id_idx on bans (banned_by_id);
create index bans_room_id_created_at_user_id_idx on bans (room_id, created_at, user_id);
create index bans_expires_at_idx on bans (expires_at) where expires_at is not null;

create table invites (
  id uuid primary key,
  room_id uuid not null references rooms (id) on update cascade on delete cascade,
  code text not null,
  created_by_id uuid not null references users (id) on update cascade on delete cascade,
  created_at timestamptz(3) not null default current_timestamp,
  expires_at timestamptz(3),
  uses_max integer,
  uses integer not null default 0,
  revoked_at timestamptz(3),
  constraint invites_uses_range check (uses >= 0 and uses <= coalesce(uses_max, uses)),
  constraint invites_uses_max_range check (uses_max > 0),
  constraint invites_expires_at_order check (expires_at > created_at)
);
create unique index invites_code_key on invites (code);
create index invites_room_id_id_idx on invites (room_id, id);
create index invites_created_by_id_idx on invites (created_by_id);
create index invites_ended_at_idx on invites (least(expires_at, revoked_at));
create index invites_used_up_idx on invites (created_at) where uses >= uses_max;

-- somebody who may not be added to a room is invited, and accepts or declines
create table room_invitations (
  id uuid primary key,
  room_id uuid not null references rooms (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  invited_by_id uuid not null references users (id) on delete cascade,
  created_at timestamptz(3) not null default now(),
  ended_at timestamptz(3),
  constraint room_invitations_user_id_other check (user_id <> invited_by_id)
);
create unique index room_invitations_waiting_key on room_invitations (room_id, user_id) where ended_at is null;
create index room_invitations_user_id_id_idx on room_invitations (user_id, id);
create index room_invitations_room_id_id_idx on room_invitations (room_id, id);
create index room_invitations_invited_by_id_created_at_idx on room_invitations (invited_by_id, created_at);
create index room_invitations_created_at_idx on room_invitations (created_at);

-- a user who left a room that somebody put them into, or declined, is not put into it by the same person again
create table room_refusals (
  room_id uuid not null references rooms (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  refused_id uuid not null references users (id) on delete cascade,
  declined boolean not null,
  created_at timestamptz(3) not null default now(),
  primary key (room_id, user_id, refused_id)
);
create index room_refusals_user_id_idx on room_refusals (user_id);
create index room_refusals_refused_id_idx on room_refusals (refused_id);

-- ── Presence ────────────────────────────────────────────────────────────────────────────────────────────────────────
-- The lease of a server holds who is connected to it: one row a server is renewed, none a user.

create table server_leases (
  id uuid primary key,
  renewed_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  constraint server_leases_expires_at_order check (expires_at > renewed_at)
);
create index server_leases_expires_at_idx on server_leases (expires_at);

create table user_presences (
  user_id uuid not null references users (id) on update cascade on delete cascade,
  server_id uuid not null references server_leases (id) on update cascade on delete cascade,
  is_idle boolean not null default false,
  is_away boolean not null default false,
  primary key (user_id, server_id)
);
create index user_presences_server_id_idx on user_presences (server_id);

create table room_visits (
  id uuid primary key,
  room_id uuid not null references rooms (id) on update cascade on delete cascade,
  user_id uuid not null references users (id) on update cascade on delete cascade,
  entered_at timestamptz(3) not null default current_timestamp,
  left_at timestamptz(3),
  -- no action: a lease that still holds a visit is not dropped, since nothing would ever end the visit
  server_id uuid references server_leases (id) on update cascade on delete no action,
  constraint room_visits_left_at_order check (left_at >= entered_at)
);
create index room_visits_room_id_entered_at_idx on room_visits (room_id, entered_at);
create index room_visits_user_id_idx on room_visits (user_id);
create index room_visits_server_id_idx on room_visits (server_id);
create index room_visits_left_at_idx on room_visits (left_at);

-- ── Messages ────────────────────────────────────────────────────────────────────────────────────────────────────────

create type message_kind as enum ('TEXT', 'SYSTEM');
create type message_deleter as enum ('AUTHOR', 'MODERATOR', 'OPERATOR');
create type system_action as enum (
  'JOINED', 'ADDED', 'LEFT', 'REMOVED', 'BANNED', 'OWNER_CHANGED', 'RENAMED', 'ARCHIVED', 'UNARCHIVED'
);

create table messages (
  id uuid primary key,
  room_id uuid not null references rooms (id) on update cascade on delete restrict,
  number integer not null,
  seq bigint not null,
  chain bytea not null default '\x0000000000000000',
  author_id uuid references users (id) on update cascade on delete restrict,
  kind message_kind not null default 'TEXT',
  body text,
  nonce text,
  fingerprint bytea,
  reply_to_id uuid references messages (id) on update cascade on delete set null,
  -- not now(), as for members.joined_at
  created_at timestamptz(3) not null default clock_timestamp(),
  edited_at timestamptz(3),
  deleted_at timestamptz(3),
  deleted_by message_deleter,
  -- from then on it is shown as deleted, and a chore deletes it
  expires_at timestamptz(3),
  pinned_at timestamptz(3),
  pinned_by_id uuid references users (id) on update cascade on delete set null,
  system_action system_action,
  -- a user, and users are never removed: a foreign key would cost every send an index
  subject_id uuid,
  -- its words, which the server splits, so that search does not depend on the locale of the database
  terms tsvector,
  -- the version of the rules that made the terms
  terms_version smallint not null default 0,
  constraint messages_number_range check (number > 0 and seq > 0),
  constraint messages_chain_length check (octet_length(chain) = 8),
  constraint messages_body_length check (char_length(body) <= 4000 and octet_length(body) <= 16384),
  constraint messages_nonce_length check (char_length(nonce) between 1 and 64),
  constraint messages_body_tombstone check (deleted_at is null or (body is null and fingerprint is null and terms is null)),
  constraint messages_deleted_by_value check (deleted_by is null or deleted_at is not null),
  -- a message of nothing but files has an empty text
  constraint messages_body_text check (kind <> 'TEXT' or deleted_at is not null or body is not null),
  constraint messages_reply_to_id_other check (reply_to_id <> id),
  constraint messages_author_id_kind check (kind = 'SYSTEM' or author_id is not null),
  constraint messages_system_action_kind
    check ((kind = 'SYSTEM') = (system_action is not null) and (kind = 'SYSTEM' or subject_id is null))
);
create unique index messages_room_id_number_key on messages (room_id, number);
-- answers recent sends by an author as well as the foreign key
create index messages_author_id_created_at_idx on messages (author_id, created_at);
-- partial, so that a send without a reply, pin or nonce writes to half as many indexes
create unique index messages_room_id_author_id_nonce_key on messages (room_id, author_id, nonce) where nonce is not null;
create index messages_reply_to_id_number_idx on messages (reply_to_id, number) where reply_to_id is not null;
create index messages_pinned_by_id_idx on messages (pinned_by_id) where pinned_by_id is not null;
create index messages_room_id_pinned_at_idx on messages (room_id, pinned_at) where pinned_at is not null;
create index messages_expires_at_idx on messages (expires_at) where expires_at is not null and deleted_at is null;
-- what nobody counts as unread
create index messages_uncounted_idx on messages (room_id, number) where kind = 'SYSTEM' or deleted_at is not null;

-- how many messages of a room nobody counts as unread, in blocks of 256 and of 65,536 numbers
create table uncounted_messages (
  room_id uuid not null references rooms (id) on update cascade on delete cascade,
  size integer not null,
  block integer not null,
  count integer not null,
  primary key (room_id, size, block),
  constraint uncounted_messages_count_range check (size > 0 and block >= 0 and count > 0 and count <= size)
);

-- The terms of a message with its room and author, so that one index intersects the words with the rooms that may be read.
create function message_index(room_id uuid, author_id uuid, terms tsvector) returns tsvector
language sql immutable parallel safe
return terms || array_to_tsvector(array['room:' || room_id::text, 'from:' || author_id::text]);

-- a short list of pending entries: the send that fills it up waits until it is merged
create index messages_terms_idx on messages using gin (message_index(room_id, author_id, terms))
  with (gin_pending_list_limit = 512)
  where terms is not null;
-- the few messages without terms of the present version, which a chore indexes
create index messages_unindexed_idx on messages (id) where terms_version < 1 and body is not null;

create table message_edits (
  id uuid primary key,
  message_id uuid not null references messages (id) on update cascade on delete cascade,
  body text not null,
  replaced_at timestamptz(3) not null default current_timestamp
);
create index message_edits_message_id_idx on message_edits (message_id);

create table reactions (
  message_id uuid not null references messages (id) on update cascade on delete cascade,
  emoji text not null,
  user_id uuid not null references users (id) on update cascade on delete cascade,
  created_at timestamptz(3) not null default current_timestamp,
  primary key (message_id, emoji, user_id),
  constraint reactions_emoji_length check (char_length(emoji) between 1 and 32)
);
create index reactions_message_id_emoji_created_at_user_id_idx on reactions (message_id, emoji, created_at, user_id);
create index reactions_user_id_message_id_emoji_idx on reactions (user_id, message_id, emoji);

create table saved_messages (
  user_id uuid not null references users (id) on update cascade on delete cascade,
  message_id uuid not null references messages (id) on update cascade on delete cascade,
  saved_at timestamptz(3) not null default current_timestamp,
  primary key (user_id, message_id)
);
create index saved_messages_message_id_idx on saved_messages (message_id);
create index saved_messages_user_id_saved_at_message_id_idx on saved_messages (user_id, saved_at, message_id);

create type mention_kind as enum ('NAME', 'REPLY', 'GROUP');

create table mentions (
  message_id uuid not null references messages (id) on update cascade on delete cascade,
  user_id uuid not null references users (id) on update cascade on delete cascade,
  room_id uuid not null,
  number integer not null,
  kind mention_kind not null default 'NAME',
  -- an edit took it back. The row stays, because a user is notified of a message only once
  taken_back boolean not null default false,
  primary key (message_id, user_id)
);
create index mentions_user_id_room_id_number_idx on mentions (user_id, room_id, number);

create type mentioned_group as enum ('EVERYONE', 'HERE');

-- the messages that mention a group: a row a message, however many members the room has
create table group_mentions (
  message_id uuid primary key references messages (id) on update cascade on delete cascade,
  room_id uuid not null,
  number integer not null,
  mentioned mentioned_group not null,
  -- whether it counts for every member, because they have no mentions of their own
  counts_for_all boolean not null
);
create index group_mentions_room_id_number_idx on group_mentions (room_id, number) where counts_for_all;

create table reports (
  id uuid primary key,
  message_id uuid not null references messages (id) on update cascade on delete cascade,
  reporter_id uuid not null references users (id) on update cascade on delete cascade,
  reason text not null,
  created_at timestamptz(3) not null default current_timestamp,
  resolved_at timestamptz(3),
  room_id uuid not null references rooms (id) on update cascade on delete cascade,
  -- what the message said when it was reported, until the report is resolved
  body text,
  constraint reports_body_open check (body is null or resolved_at is null),
  constraint reports_reason_length check (char_length(reason) between 1 and 1000)
);
create unique index reports_message_id_reporter_id_key on reports (message_id, reporter_id);
create index reports_reporter_id_idx on reports (reporter_id);
create index reports_room_id_created_at_id_idx on reports (room_id, created_at, id);
-- open reports are few among many: of a room, and of all rooms
create index reports_room_id_open_idx on reports (room_id, created_at, id) where resolved_at is null;
create index reports_open_idx on reports (created_at, id) where resolved_at is null;

-- ── Media ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create type media_kind as enum ('IMAGE', 'VIDEO', 'AUDIO', 'FILE');

create table media (
  id uuid primary key,
  owner_id uuid not null references users (id) on update cascade on delete cascade,
  message_id uuid references messages (id) on update cascade on delete cascade,
  position integer not null default 0,
  name text not null,
  kind media_kind not null,
  mime_type text not null,
  bytes integer not null,
  width integer,
  height integer,
  storage_key text not null,
  thumbnail_key text,
  created_at timestamptz(3) not null default current_timestamp,
  uploaded_at timestamptz(3),
  constraint media_bytes_range check (bytes > 0),
  constraint media_name_length check (char_length(name) between 1 and 255),
  constraint media_size_range check (width > 0 and height > 0),
  constraint media_position_range check (position >= 0)
);
create unique index media_storage_key_key on media (storage_key);
create unique index media_thumbnail_key_key on media (thumbnail_key);
create index media_owner_id_idx on media (owner_id);
create index media_message_id_position_idx on media (message_id, position);
-- the unused uploads that a sweep looks through
create index media_created_at_idx on media (created_at) where message_id is null;

alter table users
  add constraint users_avatar_id_fkey foreign key (avatar_id) references media (id) on update cascade on delete set null;

-- the keys that sign the URLs of files, shared by all servers: the one with the highest id is the newest
create table media_keys (
  id integer primary key,
  secret bytea not null,
  created_at timestamptz(3) not null default current_timestamp,
  constraint media_keys_secret_length check (octet_length(secret) = 32)
);

-- files in storage that no row names any more, or not yet: they are deleted once they are due
create table media_leftovers (
  storage_key text primary key,
  due_at timestamptz(3) not null default current_timestamp
);
create index media_leftovers_due_at_idx on media_leftovers (due_at);

-- files follow their row, whatever deleted it
create function media_leave_files() returns trigger language plpgsql as $$
begin
  insert into media_leftovers (storage_key)
  select storage_key
  from unnest(array[old.storage_key, old.thumbnail_key]) as storage_key
  where storage_key is not null
  on conflict (storage_key) do update set due_at = excluded.due_at;
  return null;
end $$;

create trigger media_leave_files after delete on media
  for each row execute function media_leave_files();

-- ── Data exports ────────────────────────────────────────────────────────────────────────────────────────────────────

create type data_export_status as enum ('PENDING', 'READY', 'FAILED');

create table data_exports (
  id uuid primary key,
  user_id uuid not null references users (id) on update cascade on delete cascade,
  status data_export_status not null default 'PENDING',
  requested_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  has_media boolean not null default true,
  tries integer not null default 0,
  storage_key text,
  bytes bigint,
  constraint data_exports_expires_at_order check (expires_at > requested_at),
  constraint data_exports_tries_range check (tries >= 0),
  constraint data_exports_bytes_range check (bytes > 0),
  constraint data_exports_storage_key_status check (status = 'READY' or storage_key is null)
);
create unique index data_exports_storage_key_key on data_exports (storage_key);
create index data_exports_user_id_requested_at_idx on data_exports (user_id, requested_at);
create index data_exports_expires_at_idx on data_exports (expires_at);
-- at most one export a user waits to be made
create unique index data_exports_user_id_pending_key on data_exports (user_id) where status = 'PENDING';

create function data_exports_leave_file() returns trigger language plpgsql as $$
begin
  insert into media_leftovers (storage_key)
  values (old.storage_key)
  on conflict (storage_key) do update set due_at = excluded.due_at;
  return null;
end $$;

create trigger data_exports_leave_file_deleted after delete on data_exports
  for each row when (old.storage_key is not null) execute function data_exports_leave_file();
create trigger data_exports_leave_file_replaced after update of storage_key on data_exports
  for each row when (old.storage_key is not null and old.storage_key is distinct from new.storage_key)
  execute function data_exports_leave_file();

-- ── Friends and blocks ──────────────────────────────────────────────────────────────────────────────────────────────

create type friendship_status as enum ('PENDING', 'ACCEPTED');

-- one row a pair, whoever asked first
create table friendships (
  low_id uuid not null references users (id) on update cascade on delete cascade,
  high_id uuid not null references users (id) on update cascade on delete cascade,
  requester_id uuid not null references users (id) on update cascade on delete cascade,
  status friendship_status not null default 'PENDING',
  requested_at timestamptz(3) not null default current_timestamp,
  accepted_at timestamptz(3),
  primary key (low_id, high_id),
  constraint friendships_pair_order check (low_id < high_id),
  constraint friendships_requester_id_pair check (requester_id in (low_id, high_id)),
  constraint friendships_accepted_at_status check ((status = 'ACCEPTED') = (accepted_at is not null))
);
create index friendships_high_id_idx on friendships (high_id);
create index friendships_requester_id_idx on friendships (requester_id);
-- a user stands on either side of a pair: one index for each, of friends and of requests that wait for the user
create index friendships_low_id_accepted_at_idx on friendships (low_id, accepted_at, high_id) where status = 'ACCEPTED';
create index friendships_high_id_accepted_at_idx on friendships (high_id, accepted_at, low_id) where status = 'ACCEPTED';
create index friendships_low_id_incoming_idx on friendships (low_id, requested_at, high_id)
  where status = 'PENDING' and requester_id = high_id;
create index friendships_high_id_incoming_idx on friendships (high_id, requested_at, low_id)
  where status = 'PENDING' and requester_id = low_id;

create table blocks (
  blocker_id uuid not null references users (id) on update cascade on delete cascade,
  blocked_id uuid not null references users (id) on update cascade on delete cascade,
  created_at timestamptz(3) not null default current_timestamp,
  primary key (blocker_id, blocked_id),
  constraint blocks_blocked_id_other check (blocker_id <> blocked_id)
);
create index blocks_blocked_id_idx on blocks (blocked_id);
create index blocks_blocker_id_created_at_blocked_id_idx on blocks (blocker_id, created_at, blocked_id);

-- ── Categories and regions to begin with ────────────────────────────────────────────────────────────────────────────
-- Regions are continents (UN M49) with countries (ISO 3166-1, and XK, which many use for Kosovo). This runs once in the
-- life of a database: what an operator removes stays removed.

-- ids as the server makes them: 48 bits of time, the version, and chance
create function pg_temp.uuid_v7() returns uuid language sql volatile as $$
  select (
    overlay(
      overlay(gen_random_uuid()::text placing '7' from 15)
      placing substr(stamp, 1, 8) || '-' || substr(stamp, 9, 4) from 1
    )
  )::uuid
  from lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') as stamp
$$;

insert into categories (id, slug, name, position)
values
  (pg_temp.uuid_v7(), 'general', 'General', 0),
  (pg_temp.uuid_v7(), 'neighbourhood', 'Neighbourhood', 1),
  (pg_temp.uuid_v7(), 'food', 'Food and drink', 2),
  (pg_temp.uuid_v7(), 'games', 'Games', 3),
  (pg_temp.uuid_v7(), 'music', 'Music', 4),
  (pg_temp.uuid_v7(), 'films', 'Films and series', 5),
  (pg_temp.uuid_v7(), 'books', 'Books', 6),
  (pg_temp.uuid_v7(), 'art', 'Art and design', 7),
  (pg_temp.uuid_v7(), 'sport', 'Sport and health', 8),
  (pg_temp.uuid_v7(), 'travel', 'Travel', 9),
  (pg_temp.uuid_v7(), 'languages', 'Languages', 10),
  (pg_temp.uuid_v7(), 'learning', 'Learning and science', 11),
  (pg_temp.uuid_v7(), 'technology', 'Technology', 12),
  (pg_temp.uuid_v7(), 'work', 'Work and business', 13);

insert into regions (id, code, name)
select pg_temp.uuid_v7(), code, name
from (
  values
    ('002', 'Africa'),
    ('010', 'Antarctica'),
    ('142', 'Asia'),
    ('150', 'Europe'),
    ('003', 'North America'),
    ('009', 'Oceania'),
    ('005', 'South America')
) as continent (code, name);

insert into regions (id, code, name, parent_id)
select pg_temp.uuid_v7(), country.code, country.name, continent.id
from (
  values
    ('AO', 'Angola', '002'),
    ('BF', 'Burkina Faso', '002'),
    ('BI', 'Burundi', '002'),
    ('BJ', 'Benin', '002'),
    ('BW', 'Botswana', '002'),
    ('CD', 'Democratic Republic of the Congo', '002'),
    ('CF', 'Central African Republic', '002'),
    ('CG', 'Republic of the Congo', '002'),
    ('CI', 'Ivory Coast', '002'),
    ('CM', 'Cameroon', '002'),
    ('CV', 'Cabo Verde', '002'),
    ('DJ', 'Djibouti', '002'),
    ('DZ', 'Algeria', '002'),
    ('EG', 'Egypt', '002'),
    ('EH', 'Western Sahara', '002'),
    ('ER', 'Eritrea', '002'),
    ('ET', 'Ethiopia', '002'),
    ('GA', 'Gabon', '002'),
    ('GH', 'Ghana', '002'),
    ('GM', 'Gambia', '002'),
    ('GN', 'Guinea', '002'),
    ('GQ', 'Equatorial Guinea', '002'),
    ('GW', 'Guinea-Bissau', '002'),
    ('KE', 'Kenya', '002'),
    ('KM', 'Comoros', '002'),
    ('LR', 'Liberia', '002'),
    ('LS', 'Lesotho', '002'),
    ('LY', 'Libya', '002'),
    ('MA', 'Morocco', '002'),
    ('MG', 'Madagascar', '002'),
    ('ML', 'Mali', '002'),
    ('MR', 'Mauritania', '002'),
    ('MU', 'Mauritius', '002'),
    ('MW', 'Malawi', '002'),
    ('MZ', 'Mozambique', '002'),
    ('NA', 'Namibia', '002'),
    ('NE', 'Niger', '002'),
    ('NG', 'Nigeria', '002'),
    ('RE', 'Reunion', '002'),
    ('RW', 'Rwanda', '002'),
    ('SC', 'Seychelles', '002'),
    ('SD', 'Sudan', '002'),
    ('SH', 'Saint Helena', '002'),
    ('SL', 'Sierra Leone', '002'),
    ('SN', 'Senegal', '002'),
    ('SO', 'Somalia', '002'),
    ('SS', 'South Sudan', '002'),
    ('ST', 'Sao Tome and Principe', '002'),
    ('SZ', 'Eswatini', '002'),
    ('TD', 'Chad', '002'),
    ('TG', 'Togo', '002'),
    ('TN', 'Tunisia', '002'),
    ('TZ', 'Tanzania', '002'),
    ('UG', 'Uganda', '002'),
    ('YT', 'Mayotte', '002'),
    ('ZA', 'South Africa', '002'),
    ('ZM', 'Zambia', '002'),
    ('ZW', 'Zimbabwe', '002'),
    ('AQ', 'Antarctica', '010'),
    ('BV', 'Bouvet Island', '010'),
    ('GS', 'South Georgia and the South Sandwich Islands', '010'),
    ('HM', 'Heard Island and McDonald Islands', '010'),
    ('TF', 'French Southern Territories', '010'),
    ('AE', 'United Arab Emirates', '142'),
    ('AF', 'Afghanistan', '142'),
    ('AM', 'Armenia', '142'),
    ('AZ', 'Azerbaijan', '142'),
    ('BD', 'Bangladesh', '142'),
    ('BH', 'Bahrain', '142'),
    ('BN', 'Brunei', '142'),
    ('BT', 'Bhutan', '142'),
    ('CC', 'Cocos (Keeling) Islands', '142'),
    ('CN', 'China', '142'),
    ('CX', 'Christmas Island', '142'),
    ('GE', 'Georgia', '142'),
    ('HK', 'Hong Kong', '142'),
    ('ID', 'Indonesia', '142'),
    ('IL', 'Israel', '142'),
    ('IN', 'India', '142'),
    ('IO', 'British Indian Ocean Territory', '142'),
    ('IQ', 'Iraq', '142'),
    ('IR', 'Iran', '142'),
    ('JO', 'Jordan', '142'),
    ('JP', 'Japan', '142'),
    ('KG', 'Kyrgyzstan', '142'),
    ('KH', 'Cambodia', '142'),
    ('KP', 'North Korea', '142'),
    ('KR', 'South Korea', '142'),
    ('KW', 'Kuwait', '142'),
    ('KZ', 'Kazakhstan', '142'),
    ('LA', 'Laos', '142'),
    ('LB', 'Lebanon', '142'),
    ('LK', 'Sri Lanka', '142'),
    ('MM', 'Myanmar', '142'),
    ('MN', 'Mongolia', '142'),
    ('MO', 'Macao', '142'),
    ('MV', 'Maldives', '142'),
    ('MY', 'Malaysia', '142'),
    ('NP', 'Nepal', '142'),
    ('OM', 'Oman', '142'),
    ('PH', 'Philippines', '142'),
    ('PK', 'Pakistan', '142'),
    ('PS', 'Palestine', '142'),
    ('QA', 'Qatar', '142'),
    ('RU', 'Russia', '142'),
    ('SA', 'Saudi Arabia', '142'),
    ('SG', 'Singapore', '142'),
    ('SY', 'Syria', '142'),
    ('TH', 'Thailand', '142'),
    ('TJ', 'Tajikistan', '142'),
    ('TM', 'Turkmenistan', '142'),
    ('TR', 'Türkiye', '142'),
    ('TW', 'Taiwan', '142'),
    ('UZ', 'Uzbekistan', '142'),
    ('VN', 'Vietnam', '142'),
    ('YE', 'Yemen', '142'),
    ('AD', 'Andorra', '150'),
    ('AL', 'Albania', '150'),
    ('AT', 'Austria', '150'),
    ('AX', 'Aland', '150'),
    ('BA', 'Bosnia and Herzegovina', '150'),
    ('BE', 'Belgium', '150'),
    ('BG', 'Bulgaria', '150'),
    ('BY', 'Belarus', '150'),
    ('CH', 'Switzerland', '150'),
    ('CY', 'Cyprus', '150'),
    ('CZ', 'Czechia', '150'),
    ('DE', 'Germany', '150'),
    ('DK', 'Denmark', '150'),
    ('EE', 'Estonia', '150'),
    ('ES', 'Spain', '150'),
    ('FI', 'Finland', '150'),
    ('FO', 'Faroe Islands', '150'),
    ('FR', 'France', '150'),
    ('GB', 'United Kingdom', '150'),
    ('GG', 'Guernsey', '150'),
    ('GI', 'Gibraltar', '150'),
    ('GR', 'Greece', '150'),
    ('HR', 'Croatia', '150'),
    ('HU', 'Hungary', '150'),
    ('IE', 'Ireland', '150'),
    ('IM', 'Isle of Man', '150'),
    ('IS', 'Iceland', '150'),
    ('IT', 'Italy', '150'),
    ('JE', 'Jersey', '150'),
    ('LI', 'Liechtenstein', '150'),
    ('LT', 'Lithuania', '150'),
    ('LU', 'Luxembourg', '150'),
    ('LV', 'Latvia', '150'),
    ('MC', 'Monaco', '150'),
    ('MD', 'Moldova', '150'),
    ('ME', 'Montenegro', '150'),
    ('MK', 'North Macedonia', '150'),
    ('MT', 'Malta', '150'),
    ('NL', 'Netherlands', '150'),
    ('NO', 'Norway', '150'),
    ('PL', 'Poland', '150'),
    ('PT', 'Portugal', '150'),
    ('RO', 'Romania', '150'),
    ('RS', 'Serbia', '150'),
    ('SE', 'Sweden', '150'),
    ('SI', 'Slovenia', '150'),
    ('SJ', 'Svalbard and Jan Mayen', '150'),
    ('SK', 'Slovakia', '150'),
    ('SM', 'San Marino', '150'),
    ('UA', 'Ukraine', '150'),
    ('VA', 'Vatican City', '150'),
    ('XK', 'Kosovo', '150'),
    ('AG', 'Antigua and Barbuda', '003'),
    ('AI', 'Anguilla', '003'),
    ('AW', 'Aruba', '003'),
    ('BB', 'Barbados', '003'),
    ('BL', 'Saint Barthelemy', '003'),
    ('BM', 'Bermuda', '003'),
    ('BQ', 'Bonaire', '003'),
    ('BS', 'Bahamas', '003'),
    ('BZ', 'Belize', '003'),
    ('CA', 'Canada', '003'),
    ('CR', 'Costa Rica', '003'),
    ('CU', 'Cuba', '003'),
    ('CW', 'Curacao', '003'),
    ('DM', 'Dominica', '003'),
    ('DO', 'Dominican Republic', '003'),
    ('GD', 'Grenada', '003'),
    ('GL', 'Greenland', '003'),
    ('GP', 'Guadeloupe', '003'),
    ('GT', 'Guatemala', '003'),
    ('HN', 'Honduras', '003'),
    ('HT', 'Haiti', '003'),
    ('JM', 'Jamaica', '003'),
    ('KN', 'Saint Kitts and Nevis', '003'),
    ('KY', 'Cayman Islands', '003'),
    ('LC', 'Saint Lucia', '003'),
    ('MF', 'Saint Martin', '003'),
    ('MQ', 'Martinique', '003'),
    ('MS', 'Montserrat', '003'),
    ('MX', 'Mexico', '003'),
    ('NI', 'Nicaragua', '003'),
    ('PA', 'Panama', '003'),
    ('PM', 'Saint Pierre and Miquelon', '003'),
    ('PR', 'Puerto Rico', '003'),
    ('SV', 'El Salvador', '003'),
    ('SX', 'Sint Maarten', '003'),
    ('TC', 'Turks and Caicos Islands', '003'),
    ('TT', 'Trinidad and Tobago', '003'),
    ('US', 'United States', '003'),
    ('VC', 'Saint Vincent and the Grenadines', '003'),
    ('VG', 'British Virgin Islands', '003'),
    ('VI', 'U.S. Virgin Islands', '003'),
    ('AS', 'American Samoa', '009'),
    ('AU', 'Australia', '009'),
    ('CK', 'Cook Islands', '009'),
    ('FJ', 'Fiji', '009'),
    ('FM', 'Micronesia', '009'),
    ('GU', 'Guam', '009'),
    ('KI', 'Kiribati', '009'),
    ('MH', 'Marshall Islands', '009'),
    ('MP', 'Northern Mariana Islands', '009'),
    ('NC', 'New Caledonia', '009'),
    ('NF', 'Norfolk Island', '009'),
    ('NR', 'Nauru', '009'),
    ('NU', 'Niue', '009'),
    ('NZ', 'New Zealand', '009'),
    ('PF', 'French Polynesia', '009'),
    ('PG', 'Papua New Guinea', '009'),
    ('PN', 'Pitcairn Islands', '009'),
    ('PW', 'Palau', '009'),
    ('SB', 'Solomon Islands', '009'),
    ('TK', 'Tokelau', '009'),
    ('TL', 'East Timor', '009'),
    ('TO', 'Tonga', '009'),
    ('TV', 'Tuvalu', '009'),
    ('UM', 'U.S. Minor Outlying Islands', '009'),
    ('VU', 'Vanuatu', '009'),
    ('WF', 'Wallis and Futuna', '009'),
    ('WS', 'Samoa', '009'),
    ('AR', 'Argentina', '005'),
    ('BO', 'Bolivia', '005'),
    ('BR', 'Brazil', '005'),
    ('CL', 'Chile', '005'),
    ('CO', 'Colombia', '005'),
    ('EC', 'Ecuador', '005'),
    ('FK', 'Falkland Islands', '005'),
    ('GF', 'French Guiana', '005'),
    ('GY', 'Guyana', '005'),
    ('PE', 'Peru', '005'),
    ('PY', 'Paraguay', '005'),
    ('SR', 'Suriname', '005'),
    ('UY', 'Uruguay', '005'),
    ('VE', 'Venezuela', '005')
) as country (code, name, continent)
join regions as continent on continent.code = country.continent;
