// One send as one statement: what a transaction of Prisma does in six, without Kabar's batches.

const store = `
  with member as (
    select user_id from members where room_id = $2 and user_id = $3
  ), topic as (
    update topics set head = head + 1, last_number = last_number + 1, active_at = now()
    where id = $2 and exists (select from member)
    returning head, last_number
  ), message as (
    insert into messages (id, room_id, author_id, body, number, seq)
    select $1, $2, $3, $4, last_number, head from topic
    returning number, seq
  ), event as (
    insert into events (topic_id, seq, kind, actor_id, subject, at, chain)
    select $2, head, 'MESSAGE_SENT', $3, $1, now(), '\\x0000000000000000' from topic
  )`

/** Stores a message: $1 its id, $2 its room, $3 its author, $4 its body. Gives a row with its number. */
export const sendStatement = `${store} select number from message`

/** The same, and tells the other servers in the same transaction. */
export const sendAndNotifyStatement = `${store} select number, pg_notify('bench', $2 || ' ' || seq) from message`
