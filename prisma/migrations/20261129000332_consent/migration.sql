-- Whoever is put into a room takes part once they have written or read there. Those who are members now do.
alter table members
  add column takes_part boolean not null default true,
  add column added_by_id uuid constraint members_added_by_id_fkey references users (id) on delete set null;
create index members_added_by_id_idx on members (added_by_id);

-- Who may not be added to a room is invited, and accepts or declines.
create table room_invitations (
  id uuid constraint room_invitations_pkey primary key,
  room_id uuid not null constraint room_invitations_room_id_fkey references rooms (id) on delete cascade,
  user_id uuid not null constraint room_invitations_user_id_fkey references users (id) on delete cascade,
  invited_by_id uuid not null constraint room_invitations_invited_by_id_fkey references users (id) on delete cascade,
  created_at timestamptz(3) not null default now(),
  ended_at timestamptz(3),
  constraint room_invitations_user_id_other check (user_id <> invited_by_id)
);
create unique index room_invitations_waiting_key on room_invitations (room_id, user_id) where ended_at is null;
create index room_invitations_user_id_id_idx on room_invitations (user_id, id);
create index room_invitations_room_id_id_idx on room_invitations (room_id, id);
create index room_invitations_invited_by_id_created_at_idx on room_invitations (invited_by_id, created_at);
create index room_invitations_created_at_idx on room_invitations (created_at);

-- Who left a room that somebody put them into, or declined, is not put into it by the same person again.
create table room_refusals (
  room_id uuid not null constraint room_refusals_room_id_fkey references rooms (id) on delete cascade,
  user_id uuid not null constraint room_refusals_user_id_fkey references users (id) on delete cascade,
  refused_id uuid not null constraint room_refusals_refused_id_fkey references users (id) on delete cascade,
  declined boolean not null,
  created_at timestamptz(3) not null default now(),
  constraint room_refusals_pkey primary key (room_id, user_id, refused_id)
);
create index room_refusals_user_id_idx on room_refusals (user_id);
create index room_refusals_refused_id_idx on room_refusals (refused_id);

alter type event_kind add value 'ROOM_INVITATION_RECEIVED';
alter type event_kind add value 'ROOM_INVITATION_ENDED';
