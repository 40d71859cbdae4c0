-- The invariants that Prisma's schema language cannot say. Every one is named table_column_rule, and
-- src/database/constraints.ts maps the ones that a client can meet to an error code.

-- ── The feed ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table topics
  add constraint topics_head_range check (head >= 0 and floor >= 0 and floor <= head),
  add constraint topics_last_number_range check (last_number >= 0),
  -- a page holds many rows and each is rewritten at every send: leave room for the new version beside the old one
  set (fillfactor = 50);

alter table events
  add constraint events_seq_range check (seq > 0);

-- ── Users and sign-in ────────────────────────────────────────────────────────────────────────────────────────────

alter table users
  -- an ASCII handle, so that no two users look alike
  add constraint users_username_format check (username ~ '^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])$'),
  add constraint users_username_owner check (deleted_at is not null or is_guest = (username is null)),
  add constraint users_display_name_length check (char_length(display_name) between 1 and 64),
  add constraint users_bio_length check (char_length(bio) <= 500),
  add constraint users_email_format check (email = lower(email) and email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and char_length(email) <= 254),
  add constraint users_phone_format check (phone ~ '^\+[1-9][0-9]{6,14}$');

alter table sessions
  add constraint sessions_expires_at_order check (expires_at > created_at),
  add constraint sessions_user_agent_length check (char_length(user_agent) <= 256);

alter table refresh_tokens
  add constraint refresh_tokens_hash_length check (octet_length(hash) = 32);

-- ── Rooms ────────────────────────────────────────────────────────────────────────────────────────────────────────

alter table categories
  add constraint categories_slug_format check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 64),
  add constraint categories_name_length check (char_length(name) between 1 and 64);

alter table regions
  add constraint regions_code_format check (code ~ '^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$' and char_length(code) <= 32),
  add constraint regions_name_length check (char_length(name) between 1 and 64),
  add constraint regions_parent_id_other check (parent_id <> id);

alter table rooms
  add constraint rooms_code_format check (code ~ '^[A-HJ-NP-Z2-9]{8}$'),
  add constraint rooms_name_length check (char_length(name) between 1 and 80),
  add constraint rooms_name_kind check ((kind = 'GROUP') = (name is not null)),
  add constraint rooms_description_length check (char_length(description) <= 1000),
  add constraint rooms_password_hash_access check ((access = 'PASSWORD') = (password_hash is not null)),
  add constraint rooms_slow_mode_seconds_range check (slow_mode_seconds between 0 and 21600),
  add constraint rooms_member_count_range check (member_count >= 0),
  add constraint rooms_direct_kind check (
    case kind
      when 'DIRECT' then direct_low_id is not null and direct_high_id is not null and access = 'INVITE'
      else direct_low_id is null and direct_high_id is null
    end),
  add constraint rooms_direct_order check (direct_low_id < direct_high_id);

alter table members
  add constraint members_last_read_number_range check (last_read_number >= 0),
  add constraint members_last_delivered_number_range check (last_delivered_number >= last_read_number);

-- one owner a room
create unique index members_room_id_owner_key on members (room_id) where role = 'OWNER';

-- a DIRECT room has its two members and never another; they stay for as long as their accounts and the room exist
create function members_direct_pair() returns trigger language plpgsql as $$
declare
  room rooms;
begin
  select * into room from rooms where id = coalesce(new.room_id, old.room_id);
  if room.kind is distinct from 'DIRECT' then
    return coalesce(new, old);
  end if;
  if tg_op = 'INSERT' and new.user_id not in (room.direct_low_id, room.direct_high_id) then
    raise exception 'a direct room has exactly two members' using errcode = '23514', constraint = 'members_direct_pair';
  end if;
  if tg_op = 'DELETE' and room.deleted_at is null
    and exists (select from users where id = old.user_id and deleted_at is null) then
    raise exception 'a direct room keeps its two members' using errcode = '23514', constraint = 'members_direct_pair';
  end if;
  return coalesce(new, old);
end $$;

create trigger members_direct_pair before insert or delete on members
  for each row execute function members_direct_pair();

alter table bans
  add constraint bans_reason_length check (char_length(reason) <= 500),
  add constraint bans_expires_at_order check (expires_at > created_at);

alter table invites
  add constraint invites_uses_range check (uses >= 0 and uses <= coalesce(uses_max, uses)),
  add constraint invites_uses_max_range check (uses_max > 0),
  add constraint invites_expires_at_order check (expires_at > created_at);

alter table room_visits
  add constraint room_visits_left_at_order check (left_at >= entered_at);

-- the open stays that a sweep looks through
create index room_visits_lease_expires_at_idx on room_visits (lease_expires_at) where left_at is null;

-- ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table messages
  add constraint messages_number_range check (number > 0 and seq > 0),
  add constraint messages_body_length check (char_length(body) <= 4000 and octet_length(body) <= 16384),
  add constraint messages_nonce_length check (char_length(nonce) between 1 and 64),
  add constraint messages_body_tombstone check (deleted_at is null or (body is null and fingerprint is null)),
  add constraint messages_reply_to_id_other check (reply_to_id <> id),
  add constraint messages_author_id_kind check (kind = 'SYSTEM' or author_id is not null);

-- the pinned messages of a room, a bounded few
create index messages_room_id_pinned_at_idx on messages (room_id, pinned_at) where pinned_at is not null;

alter table reactions
  add constraint reactions_emoji_length check (char_length(emoji) between 1 and 32);

alter table media
  add constraint media_bytes_range check (bytes > 0),
  add constraint media_name_length check (char_length(name) between 1 and 255),
  add constraint media_size_range check (width > 0 and height > 0),
  add constraint media_position_range check (position >= 0);

-- ── Friends ──────────────────────────────────────────────────────────────────────────────────────────────────────

alter table friendships
  add constraint friendships_pair_order check (low_id < high_id),
  add constraint friendships_requester_id_pair check (requester_id in (low_id, high_id)),
  add constraint friendships_accepted_at_status check ((status = 'ACCEPTED') = (accepted_at is not null));

alter table blocks
  add constraint blocks_blocked_id_other check (blocker_id <> blocked_id);

alter table reports
  add constraint reports_reason_length check (char_length(reason) between 1 and 1000);
