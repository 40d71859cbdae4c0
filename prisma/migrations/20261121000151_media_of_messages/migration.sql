-- what is deleted with its message, such as when a room is purged, must not come back as an upload that waits for use
alter table media
  drop constraint media_message_id_fkey,
  add constraint media_message_id_fkey foreign key (message_id) references messages (id)
    on delete cascade on update cascade;
