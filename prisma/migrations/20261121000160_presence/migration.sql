-- Who is here, and in which rooms, is held by the lease of the server that they are connected to: one row a server is
-- renewed, and none for each user.

create table server_leases (
  id uuid not null,
  renewed_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  constraint server_leases_pkey primary key (id),
  constraint server_leases_expires_at_order check (expires_at > renewed_at)
);

create index server_leases_expires_at_idx on server_leases (expires_at);

create table user_presences (
  user_id uuid not null,
  server_id uuid not null,
  is_idle boolean not null default false,
  is_away boolean not null default false,
  constraint user_presences_pkey primary key (user_id, server_id),
  constraint user_presences_user_id_fkey foreign key (user_id) references users (id) on update cascade on delete cascade,
  constraint user_presences_server_id_fkey foreign key (server_id) references server_leases (id) on update cascade on delete cascade
);

create index user_presences_server_id_idx on user_presences (server_id);

-- no server has ever written visits
alter table room_visits
  drop column lease_expires_at,
  add column server_id uuid,
  add constraint room_visits_server_id_fkey foreign key (server_id) references server_leases (id) on update cascade on delete set null;

create index room_visits_server_id_idx on room_visits (server_id);

-- what is too old to be kept
create index room_visits_left_at_idx on room_visits (left_at);
