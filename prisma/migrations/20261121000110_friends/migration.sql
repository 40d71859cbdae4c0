-- Lists of friends and requests, newest first, and search of users by any part of their names.

-- ── Friends ──────────────────────────────────────────────────────────────────────────────────────────────────────

-- a user stands on either side of a pair: one index for each
create index friendships_low_id_accepted_at_idx on friendships (low_id, accepted_at, high_id)
  where status = 'ACCEPTED';
create index friendships_high_id_accepted_at_idx on friendships (high_id, accepted_at, low_id)
  where status = 'ACCEPTED';
create index friendships_low_id_requested_at_idx on friendships (low_id, requested_at, high_id)
  where status = 'PENDING';
create index friendships_high_id_requested_at_idx on friendships (high_id, requested_at, low_id)
  where status = 'PENDING';

create index blocks_blocker_id_created_at_blocked_id_idx on blocks (blocker_id, created_at, blocked_id);

-- ── Search of users ──────────────────────────────────────────────────────────────────────────────────────────────

create extension if not exists pg_trgm;

create index users_username_trgm_idx on users using gin (username gin_trgm_ops);
create index users_display_name_trgm_idx on users using gin (display_name gin_trgm_ops);
