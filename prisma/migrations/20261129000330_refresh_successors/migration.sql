-- A replaced refresh token is good while none of its successors was exchanged.
alter table refresh_tokens
  add column predecessor bytea,
  add column withdrawn_at timestamptz(3);
create index refresh_tokens_predecessor_idx on refresh_tokens (predecessor);
