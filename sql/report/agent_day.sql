-- The same as the view below for a span of days; reads only that span.
create function report.agent_days(first date, last date)
returns table (day date, agent text, calls_in bigint, calls_out bigint, missed bigint, ring_ms bigint, talk_ms bigint, hold_ms bigint,
               wrapup_ms bigint, ready_ms bigint, paused_ms bigint, logged_in_ms bigint, occupancy numeric)
language sql stable security definer set search_path = pg_catalog
begin atomic
    with span as materialized (
        select z.zone,
               agent_days.first::timestamp at time zone z.zone as since,
               (agent_days.last + 1)::timestamp at time zone z.zone as until
        from (select report.zone() as zone) z
    ),
    known as materialized (
        select e.epoch, report.known_until(e.epoch) as until_at from (select distinct a.epoch from hotline.agent_state a) e
    ),
    -- A piece: an amount of one measure, spent evenly over an interval; counts have an interval of length 0.
    piece as (
        select s.agent, m.measure, m.amount, m.from_at, m.until_at
        from span
        join hotline.segment s on s.ended_at >= span.since and s.offered_at < span.until
        cross join lateral (
            -- His own call to a number outside: another's phone rang, and he answered nothing. Queues and offers have none of these.
            select s.queue = '' and exists (
                select from hotline.call c where c.call_id = s.call_id and c.direction = 'out'
                union all
                select from hotline.open_call o where o.call_id = s.call_id and o.direction = 'out') as placed
        ) own
        cross join lateral (values
            ('ring', case when own.placed then 0 else s.ring_ms end, s.offered_at, coalesce(s.answered_at, s.ended_at)),
            ('talk', s.talk_ms, s.answered_at, s.ended_at),
            ('hold', s.hold_ms, s.answered_at, s.ended_at),
            ('calls_in', (not own.placed)::int, s.answered_at, s.answered_at),
            ('missed', (s.result in ('missed', 'rejected', 'busy', 'unreachable'))::int, s.offered_at, s.offered_at)
        ) m (measure, amount, from_at, until_at)
        where m.amount > 0 and m.from_at is not null and s.agent is not null  -- a number outside is nobody's day
        union all
        select w.agent, 'wrapup', w.wrapup_ms, w.ended_at - w.wrapup_ms * interval '1 millisecond', w.ended_at
        from span
        join hotline.wrap_up w on w.ended_at >= span.since and w.ended_at - w.wrapup_ms * interval '1 millisecond' < span.until
        union all
        select t.agent, m.measure, t.stretch_ms, t.from_at, t.until_at
        from span
        join hotline.agent_stretch t on t.until_at >= span.since and t.from_at < span.until
        cross join lateral (values ('logged_in', t.state <> 'offline'), ('ready', t.state = 'ready'), ('paused', t.state = 'paused')) m (measure, counts)
        where m.counts
        union all
        -- What is under way. A hold counts as talk until the conversation is over.
        select a.agent, m.measure, hotline.ms_between(a.since, u.until_at), a.since, u.until_at
        from span
        join hotline.agent_state a on a.since < span.until and a.state <> 'offline'
        join known k using (epoch)
        cross join lateral (select greatest(a.since, k.until_at) as until_at) u
        cross join lateral (values
            ('logged_in'),
            (case a.state when 'ringing' then 'ring' when 'talking' then 'talk' when 'wrap_up' then 'wrapup' else a.state end)
        ) m (measure)
        where u.until_at >= span.since
        union all
        select case c.direction when 'internal' then c.caller else c.agent end, 'calls_out', 1, c.started_at, c.started_at
        from span
        join hotline.call c on c.started_at >= span.since and c.started_at < span.until
        where c.direction = 'out' and c.purpose <> 'callback' and c.agent is not null or c.direction = 'internal' and c.purpose <> 'star_code'
    ),
    part as (
        select p.agent,
               d.day,
               p.measure,
               report.ms_within(p.amount, p.from_at, p.until_at, d.day::timestamp at time zone span.zone,
                                (d.day + 1)::timestamp at time zone span.zone) as amount
        from span
        cross join (select q.*, (q.from_at at time zone z.zone)::date as first_day, (q.until_at at time zone z.zone)::date as last_day
                    from piece q cross join span z) p
        cross join lateral (select p.first_day + n as day from generate_series(0, p.last_day - p.first_day) n) d
        where d.day between agent_days.first and agent_days.last
          and (d.day::timestamp at time zone span.zone < p.until_at or p.from_at = p.until_at)
    ),
    sums as (
        select p.day,
               p.agent,
               coalesce(sum(p.amount) filter (where p.measure = 'calls_in'), 0)::bigint as calls_in,
               coalesce(sum(p.amount) filter (where p.measure = 'calls_out'), 0)::bigint as calls_out,
               coalesce(sum(p.amount) filter (where p.measure = 'missed'), 0)::bigint as missed,
               coalesce(sum(p.amount) filter (where p.measure = 'ring'), 0)::bigint as ring_ms,
               coalesce(sum(p.amount) filter (where p.measure = 'talk'), 0)::bigint as talk_ms,
               coalesce(sum(p.amount) filter (where p.measure = 'hold'), 0)::bigint as hold_ms,
               coalesce(sum(p.amount) filter (where p.measure = 'wrapup'), 0)::bigint as wrapup_ms,
               coalesce(sum(p.amount) filter (where p.measure = 'ready'), 0)::bigint as ready_ms,
               coalesce(sum(p.amount) filter (where p.measure = 'paused'), 0)::bigint as paused_ms,
               coalesce(sum(p.amount) filter (where p.measure = 'logged_in'), 0)::bigint as logged_in_ms
        from part p
        group by p.day, p.agent
    )
    select s.day, s.agent, s.calls_in, s.calls_out, s.missed, s.ring_ms, s.talk_ms, s.hold_ms, s.wrapup_ms, s.ready_ms, s.paused_ms, s.logged_in_ms,
           round((s.talk_ms + s.hold_ms + s.wrapup_ms)::numeric / nullif(s.talk_ms + s.hold_ms + s.wrapup_ms + s.ready_ms, 0), 4)
    from sums s;
end;
comment on function report.agent_days is 'report.agent_day for the days first to last. 按日期范围的坐席报表。';

create view report.agent_day as
select day, agent, calls_in, calls_out, missed, ring_ms, talk_ms, hold_ms, wrapup_ms, ready_ms, paused_ms, logged_in_ms, occupancy
from report.agent_days('-infinity', 'infinity');

comment on view report.agent_day is
    'Each agent on each day, in the site''s time zone. What lasts over midnight is split there. Durations include what is under way, up to now '
    'or, while the daemon is down, to its last fact; counts are of what is over. For a span of days: '
    'report.agent_days(first, last). 坐席日报表。';
comment on column report.agent_day.day is 'The day in the site''s time zone. 日期（站点时区）。';
comment on column report.agent_day.agent is 'The agent. 坐席。';
comment on column report.agent_day.calls_in is 'Calls that the agent answered and that are over, on the day of the answer. 接听数。';
comment on column report.agent_day.calls_out is 'Calls that the agent placed, to customers or inside; star codes are not counted. 呼出数。';
comment on column report.agent_day.missed is 'Offers not taken: missed, rejected, busy or unreachable; one call can count several times. 漏接数（按派送计）。';
comment on column report.agent_day.ring_ms is 'Sum of ringing of the agent''s own phone, answered or not. 振铃时长（毫秒）。';
comment on column report.agent_day.talk_ms is 'Sum of conversation, hold not counted once it is over. 通话时长，不含保持（毫秒）。';
comment on column report.agent_day.hold_ms is 'Sum of time on hold, once the conversation is over (until then it is talk); a conversation over midnight gives each day its share. 保持时长（毫秒）。';
comment on column report.agent_day.wrapup_ms is 'Sum of after-call work. 话后处理时长（毫秒）。';
comment on column report.agent_day.ready_ms is 'Sum of time ready and idle; ringing is not idle. 空闲就绪时长（毫秒）。';
comment on column report.agent_day.paused_ms is 'Sum of time paused. 小休时长（毫秒）。';
comment on column report.agent_day.logged_in_ms is 'Sum of time logged in, in whatever state. 登录时长（毫秒）。';
comment on column report.agent_day.occupancy is
    '(talk_ms + hold_ms + wrapup_ms) / (the same + ready_ms), 0 to 1; null when that is 0. Ringing and pause count for neither. 占用率（0–1）。';
revoke all on function report.agent_days from public;
grant execute on function report.agent_days to supervisor, hotline_app;
grant select on report.agent_day to supervisor, hotline_app;
