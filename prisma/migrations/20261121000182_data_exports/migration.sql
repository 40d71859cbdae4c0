-- What people may take along of what the server holds about them.
create type data_export_status as enum ('PENDING', 'READY', 'FAILED');

create table data_exports (
  id uuid not null,
  user_id uuid not null,
  status data_export_status not null default 'PENDING',
  requested_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  has_media boolean not null default true,
  tries integer not null default 0,
  storage_key text,
  bytes bigint,
  constraint data_exports_pkey primary key (id),
  constraint data_exports_user_id_fkey foreign key (user_id) references users (id) on update cascade on delete cascade,
  constraint data_exports_expires_at_order check (expires_at > requested_at),
  constraint data_exports_tries_range check (tries >= 0),
  constraint data_exports_bytes_range check (bytes > 0),
  constraint data_exports_storage_key_status check (status = 'READY' or storage_key is null)
);

create unique index data_exports_storage_key_key on data_exports (storage_key);

create index data_exports_user_id_requested_at_idx on data_exports (user_id, requested_at);

create index data_exports_expires_at_idx on data_exports (expires_at);

-- the ones that wait to be made, one a user
create unique index data_exports_user_id_pending_key on data_exports (user_id) where status = 'PENDING';

create function data_exports_leave_file() returns trigger language plpgsql as $$
begin
  insert into media_leftovers (storage_key)
  values (old.storage_key)
  on conflict (storage_key) do update set due_at = excluded.due_at;
  return null;
end $$;

create trigger data_exports_leave_file_deleted after delete on data_exports
  for each row when (old.storage_key is not null) execute function data_exports_leave_file();

create trigger data_exports_leave_file_replaced after update of storage_key on data_exports
  for each row when (old.storage_key is not null and old.storage_key is distinct from new.storage_key)
  execute function data_exports_leave_file();

-- the reactions of one user are read page by page; the index serves the foreign key as well
create index reactions_user_id_message_id_emoji_idx on reactions (user_id, message_id, emoji);

drop index reactions_user_id_idx;
