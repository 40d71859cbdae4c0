-- What bounds a member beyond their stay: a mute, and the message after which slow mode makes them wait. Without it one
-- left and came back to be rid of both.

create table former_members (
  room_id uuid not null,
  user_id uuid not null,
  muted_until timestamptz(3),
  last_sent_at timestamptz(3),
  constraint former_members_pkey primary key (room_id, user_id),
  constraint former_members_room_id_fkey foreign key (room_id) references rooms (id) on delete cascade on update cascade,
  constraint former_members_user_id_fkey foreign key (user_id) references users (id) on delete cascade on update cascade
);

create index former_members_user_id_idx on former_members (user_id);
