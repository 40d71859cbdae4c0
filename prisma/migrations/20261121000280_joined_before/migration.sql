-- The time at which a transaction began is before it had the lock of the room: it does not say who was there first.
alter table members
  alter column joined_at set default clock_timestamp();

alter table messages
  alter column created_at set default clock_timestamp();
