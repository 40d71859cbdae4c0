create extension if not exists pg_trgm;

-- when a room was last active, to the minute: topics.active_at is exact, and an index on it would make every send pay
alter table rooms
  add column active_at timestamptz(3) not null default current_timestamp;

update rooms
set active_at = topics.active_at
from topics
where topics.id = rooms.id;

-- the rooms that can be discovered, in each order that they are listed in, the id deciding between equals
create index rooms_listed_active_at_idx on rooms (active_at, id)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
create index rooms_listed_created_at_idx on rooms (created_at, id)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
create index rooms_listed_member_count_idx on rooms (member_count, id)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
create index rooms_listed_name_idx on rooms (lower(name), id)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
create index rooms_listed_name_trgm_idx on rooms using gin (name gin_trgm_ops)
  where kind = 'GROUP' and access <> 'INVITE' and deleted_at is null and archived_at is null;
