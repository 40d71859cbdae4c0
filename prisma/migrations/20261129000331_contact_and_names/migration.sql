-- Contact data is unique only where it is verified, so that nothing tells whether an account has it.
alter table users
  add column email_verified_at timestamptz(3),
  add column phone_verified_at timestamptz(3);
drop index users_email_key;
drop index users_phone_key;
create unique index users_email_verified_key on users (email) where email_verified_at is not null;
create unique index users_phone_verified_key on users (phone) where phone_verified_at is not null;

-- Another value is not verified, by whatever door it came.
create function unverify_contact() returns trigger language plpgsql as $$
begin
  if new.email is distinct from old.email and new.email_verified_at is not distinct from old.email_verified_at then
    new.email_verified_at := null;
  end if;
  if new.phone is distinct from old.phone and new.phone_verified_at is not distinct from old.phone_verified_at then
    new.phone_verified_at := null;
  end if;
  return new;
end $$;
create trigger users_unverify before update of email, phone on users
  for each row execute function unverify_contact();
alter table users
  add constraint users_email_verified_value check (email_verified_at is null or email is not null),
  add constraint users_phone_verified_value check (phone_verified_at is null or phone is not null);

-- Usernames have up to 50 characters. Those of two that there are stay; new ones have three.
alter table users drop constraint users_username_format;
alter table users
  add constraint users_username_format check (username ~ '^[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])$');

-- The username of a deleted account rests before somebody else can take it.
create table resting_names (
  username_hash bytea constraint resting_names_pkey primary key,
  released_at timestamptz(3) not null default now()
);
create index resting_names_released_at_idx on resting_names (released_at);

-- Whether a session was opened by the username alone, which anybody can do.
alter table sessions add column by_name boolean not null default false;
