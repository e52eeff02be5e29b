-- The same as the view below for a span of time and other thresholds; reads only that span.
create function report.queue_hours(since timestamptz, until timestamptz, threshold_ms bigint default 20000, short_abandon_ms bigint default 5000)
returns table (hour timestamptz, queue text, offered bigint, answered bigint, abandoned bigint, short_abandoned bigint, service_level numeric,
               asa_ms bigint, aht_ms bigint, max_wait_ms bigint)
language sql stable security definer set search_path = pg_catalog
begin atomic
    with site as materialized (select report.zone() as zone),
    visit as (
        select date_trunc('hour', v.entered_at, site.zone) as hour,
               v.queue,
               v.wait_ms,
               v.result = 'answered' as answered,
               v.result = 'abandoned' as abandoned,
               handled.ms as handled_ms
        from site
        join hotline.queue_visit v on v.entered_at >= queue_hours.since and v.entered_at < queue_hours.until
        left join lateral (
            select s.talk_ms + s.hold_ms + coalesce((
                       select w.wrapup_ms from hotline.wrap_up w
                       where w.call_id = s.call_id and w.agent = s.agent and w.queue = s.queue and w.ended_at >= s.ended_at
                       order by w.ended_at limit 1), 0) as ms
            from hotline.segment s
            where s.call_id = v.call_id and s.queue = v.queue and s.agent = v.agent and s.answered_at >= v.entered_at
            order by s.answered_at limit 1
        ) handled on v.result = 'answered'
    )
    select v.hour,
           v.queue,
           count(*),
           count(*) filter (where v.answered),
           count(*) filter (where v.abandoned),
           count(*) filter (where v.abandoned and v.wait_ms < queue_hours.short_abandon_ms),
           round(count(*) filter (where v.answered and v.wait_ms <= queue_hours.threshold_ms)::numeric
                 / nullif(count(*) filter (where v.answered or (v.abandoned and v.wait_ms >= queue_hours.short_abandon_ms)), 0), 4),
           round(avg(v.wait_ms) filter (where v.answered))::bigint,
           round(avg(v.handled_ms) filter (where v.answered))::bigint,
           max(v.wait_ms)
    from visit v
    group by v.hour, v.queue;
end;
comment on function report.queue_hours is
    'report.queue_hour for calls that entered a queue in [since, until), with another service level threshold and another limit of short abandons. '
    '按时段、按自定阈值的队列报表。';

create view report.queue_hour as
select hour, queue, offered, answered, abandoned, short_abandoned, service_level as service_level_20s, asa_ms, aht_ms, max_wait_ms
from report.queue_hours('-infinity', 'infinity');

comment on view report.queue_hour is
    'Each queue in each hour in which a call entered it. A call counts in the hour it entered, once it has left. For other thresholds: '
    'report.queue_hours(since, until, threshold_ms, short_abandon_ms). 队列小时报表。';
comment on column report.queue_hour.hour is 'Beginning of the hour in the site''s time zone. 小时（站点时区）。';
comment on column report.queue_hour.queue is 'The queue. 队列。';
comment on column report.queue_hour.offered is 'Calls that entered the queue. 进入队列数。';
comment on column report.queue_hour.answered is 'Calls that left it to an agent. 接听数。';
comment on column report.queue_hour.abandoned is 'Calls that hung up in it; overflow, callback and voice message are not abandons. 放弃数。';
comment on column report.queue_hour.short_abandoned is 'Abandons after less than 5 s (wait_ms < 5000). 5 秒内放弃数。';
comment on column report.queue_hour.service_level_20s is
    'Answered within 20 s (wait_ms <= 20000) / (answered + abandoned - short_abandoned), 0 to 1; null when that is 0. 20 秒服务水平（0–1）。';
comment on column report.queue_hour.asa_ms is 'Average speed of answer: mean wait_ms in the queue of answered calls; time in the menu is not counted. 平均应答速度（毫秒）。';
comment on column report.queue_hour.aht_ms is
    'Average handling time: mean of talk + hold + after-call work of answered calls whose conversation is over. 平均处理时长（毫秒）。';
comment on column report.queue_hour.max_wait_ms is 'Longest wait_ms of all calls offered. 最长等待（毫秒）。';

create function report.service_level(since timestamptz, until timestamptz, threshold_ms bigint default 20000, short_abandon_ms bigint default 5000)
returns table (queue text, offered bigint, answered bigint, abandoned bigint, short_abandoned bigint, answered_within bigint, service_level numeric,
               service_level_of_answered numeric, service_level_of_offered numeric)
language sql stable security definer set search_path = pg_catalog
begin atomic
    with visit as (
        select v.queue,
               v.result = 'answered' as answered,
               v.result = 'abandoned' as abandoned,
               v.result = 'abandoned' and v.wait_ms < service_level.short_abandon_ms as short_abandoned,
               v.wait_ms <= service_level.threshold_ms as within
        from hotline.queue_visit v
        where v.entered_at >= service_level.since and v.entered_at < service_level.until
    )
    select v.queue,
           count(*),
           count(*) filter (where v.answered),
           count(*) filter (where v.abandoned),
           count(*) filter (where v.short_abandoned),
           count(*) filter (where v.answered and v.within),
           round(count(*) filter (where v.answered and v.within)::numeric
                 / nullif(count(*) filter (where v.answered or (v.abandoned and not v.short_abandoned)), 0), 4),
           round(count(*) filter (where v.answered and v.within)::numeric / nullif(count(*) filter (where v.answered), 0), 4),
           round(count(*) filter (where v.within)::numeric / count(*), 4)
    from visit v
    group by v.queue
    order by v.queue;
end;
comment on function report.service_level is
    'Service level of each queue for calls that entered it in [since, until), in three forms: service_level = answered within the threshold / '
    '(answered + abandoned - short abandons); service_level_of_answered = answered within / answered (as Asterisk counts); '
    'service_level_of_offered = left the queue within the threshold for any reason / offered (as Amazon Connect counts). 三种口径的服务水平。';

revoke all on function report.queue_hours, report.service_level from public;
grant execute on function report.queue_hours, report.service_level to supervisor, hotline_app;
grant select on report.queue_hour to supervisor, hotline_app;
