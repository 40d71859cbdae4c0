-- who reacted with one emoji, in the order in which they did
create index reactions_message_id_emoji_created_at_user_id_idx on reactions (message_id, emoji, created_at, user_id);
