-- The few who are more than members, in the order in which they joined: without it a list of the admins of a room read all its members.
create index members_staff_idx on members (room_id, joined_at, user_id)
  where role <> 'MEMBER';
