-- A visit that goes on is held by a lease, which is not dropped before it: nothing would ever end it.
alter table room_visits
  drop constraint room_visits_server_id_fkey,
  add constraint room_visits_server_id_fkey foreign key (server_id) references server_leases (id) on update cascade on delete no action;

-- when those ended that lost their lease is not known
update room_visits
set left_at = entered_at
where left_at is null and server_id is null;
