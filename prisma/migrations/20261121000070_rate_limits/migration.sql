-- How often somebody has tried something. A crash may forget it, so it is not written to the log.
-- The columns stand in the order in which rate-limiter-flexible inserts them.
create unlogged table rate_limits (
  key text not null,
  points integer not null,
  expire bigint,
  constraint rate_limits_pkey primary key (key)
);

create index rate_limits_expire_idx on rate_limits (expire);
