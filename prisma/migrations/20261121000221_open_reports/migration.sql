-- Reports that nobody has dealt with, those that wait longest first: they are few among many.
create index reports_open_idx on reports (created_at, id)
  where resolved_at is null;
