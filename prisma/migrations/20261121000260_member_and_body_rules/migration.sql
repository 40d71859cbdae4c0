-- the two members of a DIRECT room cannot be exchanged either
create or replace function members_direct_pair() returns trigger language plpgsql as $$
declare
  room rooms;
begin
  if tg_op = 'UPDATE' then
    if (old.room_id, old.user_id) is distinct from (new.room_id, new.user_id)
      and exists (select from rooms where id in (old.room_id, new.room_id) and kind = 'DIRECT') then
      raise exception 'a direct room keeps its two members' using errcode = '23514', constraint = 'members_direct_pair';
    end if;
    return new;
  end if;
  select * into room from rooms where id = coalesce(new.room_id, old.room_id);
  if room.kind is distinct from 'DIRECT' then
    return coalesce(new, old);
  end if;
  if tg_op = 'INSERT' and new.user_id not in (room.direct_low_id, room.direct_high_id) then
    raise exception 'a direct room has exactly two members' using errcode = '23514', constraint = 'members_direct_pair';
  end if;
  if tg_op = 'DELETE' and room.deleted_at is null
    and exists (select from users where id = old.user_id and deleted_at is null) then
    raise exception 'a direct room keeps its two members' using errcode = '23514', constraint = 'members_direct_pair';
  end if;
  return coalesce(new, old);
end $$;

drop trigger members_direct_pair on members;
create trigger members_direct_pair before insert or delete or update of room_id, user_id on members
  for each row execute function members_direct_pair();

-- what somebody wrote says something until it is deleted: nothing but files is an empty text
alter table messages
  add constraint messages_body_text check (kind <> 'TEXT' or deleted_at is not null or body is not null);
