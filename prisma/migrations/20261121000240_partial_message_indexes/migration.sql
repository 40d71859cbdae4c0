-- Few messages are answers or pinned, and some have no nonce: what has none of these is not in their indexes, so that a
-- send writes to half as many.
drop index messages_reply_to_id_number_idx;
drop index messages_pinned_by_id_idx;
drop index messages_room_id_author_id_nonce_key;

create index messages_reply_to_id_number_idx on messages (reply_to_id, number)
  where reply_to_id is not null;
create index messages_pinned_by_id_idx on messages (pinned_by_id)
  where pinned_by_id is not null;
create unique index messages_room_id_author_id_nonce_key on messages (room_id, author_id, nonce)
  where nonce is not null;
