-- The open reports of a room: few among all that it ever had.
create index reports_room_id_open_idx on reports (room_id, created_at, id)
  where resolved_at is null;
