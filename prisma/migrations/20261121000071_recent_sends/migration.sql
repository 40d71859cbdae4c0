-- How much an author has sent lately is asked at each send. The index serves the foreign key as well.
create index messages_author_id_created_at_idx on messages (author_id, created_at);

drop index messages_author_id_idx;
