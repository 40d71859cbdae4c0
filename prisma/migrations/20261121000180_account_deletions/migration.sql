-- Deleting an account takes many small transactions: it leaves every room. What is left to do stands here, so that a
-- server that dies half-way leaves nothing behind.
create table account_deletions (
  user_id uuid not null,
  created_at timestamptz(3) not null default now(),
  constraint account_deletions_pkey primary key (user_id),
  constraint account_deletions_user_id_fkey foreign key (user_id) references users (id) on update cascade on delete cascade
);

create index account_deletions_created_at_idx on account_deletions (created_at);
