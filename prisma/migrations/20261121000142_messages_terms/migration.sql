-- What a message is found by: its words; in scripts without spaces (Thai, Lao, Burmese, Khmer, kana, Han) every sign and every
-- two neighbours, because nothing says where a word begins; and its room, so that one index intersects what is asked for with
-- the rooms that may be read.
create function message_terms(room_id uuid, body text) returns tsvector
language plpgsql immutable strict parallel safe as $$
declare
  terms tsvector := to_tsvector('simple'::regconfig, body) || array_to_tsvector(array['room:' || room_id]);
  unspaced constant text := '[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]+';
  signs text[];
begin
  if octet_length(body) > char_length(body) and body ~ unspaced then
    select array_agg(distinct term)
    into signs
    from (
      select unnest(array[sign, sign || lead(sign) over (partition by run order by place)]) as term
      from regexp_matches(body, unspaced, 'g') with ordinality as runs (part, run),
        string_to_table(part[1], null) with ordinality as signs (sign, place)
    ) as terms
    where term is not null;
    terms := terms || array_to_tsvector(signs);
  end if;
  return terms;
end
$$;

-- a short list of pending entries: whoever fills it up has to wait until it is merged
create index messages_terms_idx on messages using gin (message_terms(room_id, body))
  with (gin_pending_list_limit = 512)
  where body is not null;
