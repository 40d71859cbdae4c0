-- What is kept for a bounded time only: the messages of a room up to which those of their age are gone, and the indexes
-- by which sweeps find what has ended.
create table room_retentions (
  room_id uuid not null,
  expired_number integer not null,
  constraint room_retentions_pkey primary key (room_id),
  constraint room_retentions_room_id_fkey foreign key (room_id) references rooms (id) on update cascade on delete cascade,
  constraint room_retentions_expired_number_range check (expired_number > 0)
);

create index sessions_ended_at_idx on sessions (least(expires_at, revoked_at));

create index invites_ended_at_idx on invites (least(expires_at, revoked_at));

create index invites_used_up_idx on invites (created_at) where uses >= uses_max;

create index bans_expires_at_idx on bans (expires_at) where expires_at is not null;

create index former_members_bound_until_idx on former_members (greatest(muted_until, last_sent_at));
