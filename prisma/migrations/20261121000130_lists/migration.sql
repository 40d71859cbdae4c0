-- Indexes for the lists of bans and of invites, newest first. Both tables are small: the locks are short.

create index bans_room_id_created_at_user_id_idx on bans (room_id, created_at, user_id);

create index invites_room_id_id_idx on invites (room_id, id);

drop index invites_room_id_idx;
