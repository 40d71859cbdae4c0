-- the deleted rooms, of which a chore removes what they hold: few at any time
create index rooms_deleted_at_idx on rooms (deleted_at) where deleted_at is not null;
