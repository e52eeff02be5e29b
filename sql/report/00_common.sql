-- What several reports share. Applied first.
create function report.zone() returns text
language sql stable security definer set search_path = pg_catalog
return coalesce((select value from hotline.setting where name = 'time_zone'), 'UTC');
comment on function report.zone() is 'The site''s time zone: days and hours of the reports begin in it. 站点时区。';

create function report.ms_within(ms bigint, from_at timestamptz, until_at timestamptz, part_from timestamptz, part_until timestamptz) returns bigint
language sql immutable
return case
    when from_at = until_at then ms
    else round(ms * extract(epoch from least(until_at, part_until) - from_at) / extract(epoch from until_at - from_at))
       - round(ms * extract(epoch from greatest(from_at, part_from) - from_at) / extract(epoch from until_at - from_at))
end::bigint;
comment on function report.ms_within is
    'The share of `ms`, spent evenly from from_at to until_at, that falls between part_from and part_until. The shares of adjoining parts add up to '
    'ms exactly. 把一段时长按日切分。';

-- The daemon is known to be alive by its connection: in a quiet hour it has nothing to tell, and its last fact may be old.
create function report.known_until(epoch bigint) returns timestamptz
language sql stable security definer set search_path = pg_catalog
return case
    when exists (select from pg_stat_activity where datname = current_database() and usename = 'hotline_app') then now()
    else (select f.at from hotline.fact f where f.epoch = known_until.epoch order by f.seq desc limit 1)
end;
comment on function report.known_until is
    'How long what the facts of an epoch left open is known to have gone on: until now while the daemon is connected, else until its last fact. '
    '未结束的状态可确认到的时间。';

revoke all on function report.zone(), report.ms_within, report.known_until from public;
grant execute on function report.zone(), report.ms_within, report.known_until to supervisor, hotline_app;
