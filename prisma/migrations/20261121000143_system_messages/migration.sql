-- What the server tells of a room, as ids and never as text.
create type system_action as enum (
  'JOINED', 'ADDED', 'LEFT', 'REMOVED', 'BANNED', 'OWNER_CHANGED', 'RENAMED', 'ARCHIVED', 'UNARCHIVED'
);

-- The subject is a user, and users are never removed. Without a foreign key, which would cost every send an index.
alter table messages
  add column system_action system_action,
  add column subject_id uuid,
  add constraint messages_system_action_kind
    check ((kind = 'SYSTEM') = (system_action is not null) and (kind = 'SYSTEM' or subject_id is null));
