-- A message is found by its words in NFC, in whichever form it was written; in Tibetan, Javanese and half-width kana too by
-- every part of a text; and by a word right beside a text in a script without spaces.
drop index messages_terms_idx;

create or replace function message_terms(room_id uuid, body text) returns tsvector
language plpgsql immutable strict parallel safe as $$
declare
  room tsvector := array_to_tsvector(array['room:' || room_id]);
  unspaced constant text := '[\u0E00-\u0FFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uA980-\uA9DF\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF]+';
  signs text[];
begin
  if octet_length(body) = char_length(body) then
    return to_tsvector('simple'::regconfig, body) || room;
  end if;
  body := normalize(body);
  if body !~ unspaced then
    return to_tsvector('simple'::regconfig, body) || room;
  end if;
  select array_agg(distinct term)
  into signs
  from (
    select unnest(array[sign, sign || lead(sign) over (partition by run order by place)]) as term
    from regexp_matches(body, unspaced, 'g') with ordinality as runs (part, run),
      string_to_table(part[1], null) with ordinality as signs (sign, place)
  ) as terms
  where term is not null;
  return to_tsvector('simple'::regconfig, regexp_replace(body, unspaced, ' ', 'g')) || room || array_to_tsvector(signs);
end
$$;

-- a short list of pending entries: whoever fills it up has to wait until it is merged
create index messages_terms_idx on messages using gin (message_terms(room_id, body))
  with (gin_pending_list_limit = 512)
  where body is not null;
