-- The friend requests that wait for a user, without those that the user has sent: how many of one's requests are of either kind
-- the planner cannot know, and it read them all.
create index friendships_low_id_incoming_idx on friendships (low_id, requested_at, high_id)
  where status = 'PENDING' and requester_id = high_id;
create index friendships_high_id_incoming_idx on friendships (high_id, requested_at, low_id)
  where status = 'PENDING' and requester_id = low_id;
drop index friendships_low_id_requested_at_idx;
drop index friendships_high_id_requested_at_idx;
