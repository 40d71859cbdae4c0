-- a report knows its room, so that the reports of a room are read on one index
alter table reports add column room_id uuid;

update reports
set room_id = messages.room_id
from messages
where messages.id = reports.message_id;

alter table reports
  alter column room_id set not null,
  add constraint reports_room_id_fkey foreign key (room_id) references rooms (id) on delete cascade on update cascade;

create index reports_room_id_created_at_id_idx on reports (room_id, created_at, id);
