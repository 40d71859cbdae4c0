-- The key that signs the URLs of uploads and downloads: one for all servers.
create table media_keys (
  id integer not null,
  secret bytea not null,
  created_at timestamptz(3) not null default current_timestamp,
  constraint media_keys_pkey primary key (id),
  constraint media_keys_id_one check (id = 1),
  constraint media_keys_secret_length check (octet_length(secret) = 32)
);

-- Files in storage that no row names any more, or not yet: they are deleted once they are due.
create table media_leftovers (
  storage_key text not null,
  due_at timestamptz(3) not null default current_timestamp,
  constraint media_leftovers_pkey primary key (storage_key)
);

create index media_leftovers_due_at_idx on media_leftovers (due_at);

-- whoever deletes a row, and for whatever reason, its files follow
create function media_leave_files() returns trigger language plpgsql as $$
begin
  insert into media_leftovers (storage_key)
  select storage_key
  from unnest(array[old.storage_key, old.thumbnail_key]) as storage_key
  where storage_key is not null
  on conflict (storage_key) do update set due_at = excluded.due_at;
  return null;
end $$;

create trigger media_leave_files after delete on media
  for each row execute function media_leave_files();

-- the uploads that a sweep looks through
create index media_created_at_idx on media (created_at) where message_id is null;
