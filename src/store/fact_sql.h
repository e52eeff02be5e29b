// The statements of the fact writer. Each is one round trip and one transaction by itself: the facts, and what follows from those
// of them that were new (`returning` gives nothing for a fact that was there already).
//
// Parameters of both: arrays of epoch, seq, at, kind, call_id, body.
#pragma once

namespace hotline::store {

/// Any facts but SystemStarted. Gives the number of new ones.
inline constexpr const char* kWriteFacts = R"sql(
with new as (
    insert into hotline.fact (epoch, seq, at, kind, call_id, body)
    select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::jsonb[])
    on conflict (epoch, seq) do nothing
    returning epoch, seq, at, kind, call_id, body
), arrived as (
    insert into hotline.open_call (call_id, epoch, seq, arrived_at, direction, caller, called, purpose)
    select n.call_id, n.epoch, n.seq, n.at, b.direction, b.caller, b.called, b.purpose
    from new n, jsonb_to_record(n.body) as b (direction text, caller text, called text, purpose text)
    where n.kind = 'CallArrived'
      and not exists (select from new e where e.kind = 'CallEnded' and e.call_id = n.call_id)
), closed as (
    delete from hotline.open_call o using new n where n.kind = 'CallEnded' and o.call_id = n.call_id
), ended as (
    insert into hotline.call (call_id, epoch, seq, started_at, ended_at, direction, caller, called, purpose, queue, agent, ivr_ms, wait_ms,
                              ring_ms, talk_ms, hold_ms, outcome, hangup_by, affinity, loss_in_pct, jitter_in_ms, cause)
    select n.call_id, n.epoch, n.seq, b.started_at, n.at, b.direction, b.caller, b.called, b.purpose, b.queue, b.agent, b.ivr_ms, b.wait_ms, b.ring_ms,
           b.talk_ms, b.hold_ms, b.outcome, b.hangup_by, b.affinity, b.loss_in_pct, b.jitter_in_ms, b.cause
    from new n, jsonb_to_record(n.body) as b (started_at timestamptz, direction text, caller text, called text, purpose text, queue text, agent text,
        ivr_ms bigint, wait_ms bigint, ring_ms bigint, talk_ms bigint, hold_ms bigint, outcome text, hangup_by text, affinity text,
        loss_in_pct double precision, jitter_in_ms double precision, cause text)
    where n.kind = 'CallEnded'
), recorded as (
    insert into hotline.recording (call_id, epoch, seq, path, sha256, length_ms)
    select n.call_id, n.epoch, n.seq, n.body ->> 'path', n.body ->> 'sha256', (n.body ->> 'length_ms')::bigint
    from new n where n.kind = 'RecordingKept'
), wrapped_up as (
    insert into hotline.wrap_up (epoch, seq, call_id, queue, agent, ended_at, wrapup_ms, how)
    select n.epoch, n.seq, n.call_id, n.body ->> 'queue', n.body ->> 'agent', n.at, (n.body ->> 'wrapup_ms')::bigint, n.body ->> 'how'
    from new n where n.kind = 'WrapUpEnded'
), coded as (
    insert into hotline.call_code (epoch, seq, call_id, queue, agent, at, code, how)
    select n.epoch, n.seq, n.call_id, n.body ->> 'queue', n.body ->> 'agent', n.at, n.body ->> 'code', n.body ->> 'how'
    from new n where n.kind = 'CallCoded'
), grouped as (
    insert into hotline.queue_groups (epoch, seq, set_at, members)
    select n.epoch, n.seq, n.at, n.body -> 'members' from new n where n.kind = 'QueueGroupsSet'
), offered as (
    insert into hotline.segment (epoch, seq, call_id, queue, agent, offered_at, answered_at, ended_at, result, ring_ms, talk_ms, hold_ms,
                                 number, trunk)
    select n.epoch, n.seq, n.call_id, b.queue, nullif(b.agent, ''), b.offered_at, b.answered_at, n.at, b.result, b.ring_ms, b.talk_ms, b.hold_ms,
           b.number, b.trunk
    from new n, jsonb_to_record(n.body) as b (queue text, agent text, offered_at timestamptz, answered_at timestamptz, result text,
        ring_ms bigint, talk_ms bigint, hold_ms bigint, number text, trunk text)
    where n.kind = 'SegmentEnded'
), queued as (
    insert into hotline.queue_visit (epoch, seq, call_id, queue, entered_at, left_at, wait_ms, result, agent)
    select n.epoch, n.seq, n.call_id, b.queue, b.entered_at, n.at, b.wait_ms, b.result, b.agent
    from new n, jsonb_to_record(n.body) as b (queue text, entered_at timestamptz, wait_ms bigint, result text, agent text)
    where n.kind = 'QueueLeft'
), message as (
    insert into hotline.voice_message (epoch, seq, at, call_id, caller, queue, what, ms, recording, recording_sha256)
    select n.epoch, n.seq, n.at, n.call_id, b.caller, b.queue, b.what, b.ms, b.recording, b.recording_sha256
    from new n, jsonb_to_record(n.body) as b (caller text, queue text, what text, ms bigint, recording text, recording_sha256 text)
    where n.kind = 'VoiceMessageLeft'
), surveyed as (
    insert into hotline.survey (epoch, seq, at, call_id, caller, agent, queue, branch, question, answer)
    select n.epoch, n.seq, n.at, n.call_id, b.caller, b.agent, b.queue, b.branch, b.question, b.answer
    from new n, jsonb_to_record(n.body) as b (caller text, agent text, queue text, branch text, question text, answer text)
    where n.kind = 'Surveyed'
), stretch as (
    insert into hotline.agent_stretch (epoch, seq, agent, state, from_at, until_at, stretch_ms)
    select n.epoch, n.seq, b.agent, b.previous, b.previous_from, n.at, b.previous_ms
    from new n, jsonb_to_record(n.body) as b (agent text, previous text, previous_from timestamptz, previous_ms bigint)
    where n.kind = 'AgentChanged' and b.previous <> ''
), applied as (
    insert into hotline.application (epoch, seq, at, call_id, caller, what, action, object_id, object_name, details)
    select n.epoch, n.seq, n.at, n.call_id, b.caller, b.what, b.action, b.object_id, b.object_name,
           coalesce((select jsonb_object_agg(d.value ->> 'name', d.value -> 'value') from jsonb_array_elements(b.details) d), '{}')
    from new n, jsonb_to_record(n.body) as b (caller text, what text, action text, object_id text, object_name text, details jsonb)
    where n.kind = 'Applied'
), sms as (
    insert into hotline.sms_outbox (epoch, seq, at, call_id, recipient, text, language)
    select n.epoch, n.seq, n.at, n.call_id, n.body ->> 'to', n.body ->> 'text', n.body ->> 'language'
    from new n where n.kind = 'SmsLeft'
), spoken as (
    insert into hotline.caller_language as s (caller, language, epoch, seq, chosen_at)
    select distinct on (n.body ->> 'caller') n.body ->> 'caller', n.body ->> 'language', n.epoch, n.seq, n.at
    from new n where n.kind = 'LanguageSwitched'
    order by n.body ->> 'caller', n.seq desc
    on conflict (caller) do update set language = excluded.language, epoch = excluded.epoch, seq = excluded.seq, chosen_at = excluded.chosen_at
), went_on as (  -- what is new of each callback: the last word counts
    select n.body ->> 'callback' as callback_id,
           max((n.body ->> 'tries')::bigint) as tries,
           (array_agg(n.at order by n.seq desc) filter (where n.kind = 'CallbackTried'))[1] as tried_at,
           (array_agg(n.call_id order by n.seq desc) filter (where n.kind = 'CallbackTried'))[1] as tried_in,
           (array_agg(n.body ->> 'result' order by n.seq desc) filter (where n.kind = 'CallbackTried'))[1] as tried,
           (array_agg((n.body ->> 'retry_at')::timestamptz order by n.seq desc) filter (where n.kind = 'CallbackTried'))[1] as retry_at,
           (array_agg(n.body ->> 'result' order by n.seq desc) filter (where n.kind = 'CallbackEnded'))[1] as ended,
           (array_agg(n.at order by n.seq desc) filter (where n.kind = 'CallbackEnded'))[1] as ended_at
    from new n
    where n.kind in ('CallbackTried', 'CallbackEnded')
    group by n.body ->> 'callback'
), called_back as (  -- asked and gone on in one batch: the update below does not see the row yet
    insert into hotline.callback (callback_id, epoch, seq, asked_at, call_id, caller, number, queue, mode, asked_by, place_from, expires_at, priority,
                                  skills, agent, language, state, tries, last_try_at, last_call_id, last_result, retry_at, ended_at)
    select b.callback, n.epoch, n.seq, n.at, n.call_id, b.caller, b.number, b.queue, b.mode, b.by, b.place_from, b.expires_at, b.priority, b.skills,
           b.agent, b.language, coalesce(w.ended, case w.tried when 'answered' then 'reached' end, 'open'), coalesce(w.tries, 0), w.tried_at, w.tried_in,
           w.tried, w.retry_at, w.ended_at
    from new n
    cross join jsonb_to_record(n.body) as b (callback text, caller text, number text, queue text, mode text, by text, place_from timestamptz,
        expires_at timestamptz, priority bigint, skills jsonb, agent text, language text)
    left join went_on w on w.callback_id = b.callback
    where n.kind = 'CallbackRequested'
), called as (
    update hotline.callback c
    set state = coalesce(w.ended, case w.tried when 'answered' then 'reached' else 'open' end), tries = w.tries,
        last_try_at = coalesce(w.tried_at, c.last_try_at), last_call_id = coalesce(w.tried_in, c.last_call_id),
        last_result = coalesce(w.tried, c.last_result), retry_at = case when w.tried is null then c.retry_at else w.retry_at end,
        ended_at = w.ended_at
    from went_on w
    where c.callback_id = w.callback_id and c.ended_at is null
), changed as (
    insert into hotline.agent_state as s (agent, epoch, seq, state, reason, since)
    select distinct on (b.agent) b.agent, n.epoch, n.seq, b.state, b.reason, n.at
    from new n, jsonb_to_record(n.body) as b (agent text, state text, reason text)
    where n.kind = 'AgentChanged'
    order by b.agent, n.seq desc
    on conflict (agent) do update set epoch = excluded.epoch, seq = excluded.seq, state = excluded.state, reason = excluded.reason, since = excluded.since
)
select count(*) from new
)sql";

/// One SystemStarted, by itself: every fact before it is in the store. What earlier epochs left open is closed at the last fact of
/// its epoch, which is the last time the daemon, and so the call, is known to have been alive.
inline constexpr const char* kWriteSystemStarted = R"sql(
with started as (
    insert into hotline.fact (epoch, seq, at, kind, call_id, body)
    select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::jsonb[])
    on conflict (epoch, seq) do nothing
    returning epoch, seq, at
), lost_call as (
    delete from hotline.open_call o using started s where o.epoch <> s.epoch returning o.*
), reached as (  -- connected when the daemon died: with an agent, that is that; in the queue, he is called again
    update hotline.callback c
    set state = case c.mode when 'agent_first' then 'done' else 'open' end,
        ended_at = case c.mode when 'agent_first' then c.last_try_at end
    from started s where c.state = 'reached'
), lost_agent as (
    delete from hotline.agent_state a using started s where a.epoch <> s.epoch returning a.*
), alive as (
    select e.epoch, (select f.at from hotline.fact f where f.epoch = e.epoch order by f.seq desc limit 1) as at
    from (select epoch from lost_call union select epoch from lost_agent) e
), lost as (
    select l.*, a.at as ended_at from lost_call l join alive a using (epoch)
), called as (  -- the daemon died while he was dialled: a try all the same
    update hotline.callback c
    set tries = c.tries + 1, last_try_at = l.ended_at, last_call_id = l.call_id, last_result = 'failed', retry_at = l.ended_at
    from lost l
    where l.purpose = 'callback' and c.number = l.called and c.state = 'open' and c.last_call_id is distinct from l.call_id
      and exists (select from hotline.fact f where f.call_id = l.call_id and f.epoch = l.epoch and f.kind = 'Dialled')
), offer as (  -- of a lost call, without its SegmentEnded
    select l.call_id, f.epoch, f.seq, l.ended_at, f.at as offered_at, f.body ->> 'queue' as queue, f.body ->> 'agent' as agent,
           t.at as answered_at, coalesce(t.ring_ms, hotline.ms_between(f.at, l.ended_at)) as ring_ms,
           case when t.at is null then 0 else h.hold_ms end as hold_ms,
           case when t.at is null then 0 else greatest(0, hotline.ms_between(t.at, l.ended_at) - h.hold_ms) end as talk_ms
    from lost l
    join hotline.fact f on f.call_id = l.call_id and f.epoch = l.epoch and f.kind = 'Offered'
    left join lateral (
        select n.at, n.seq, (n.body ->> 'ring_ms')::bigint as ring_ms from hotline.fact n
        where n.call_id = f.call_id and n.epoch = f.epoch and n.seq > f.seq and n.kind = 'Answered' and n.body ->> 'agent' = f.body ->> 'agent'
        order by n.seq limit 1
    ) t on true
    cross join lateral (
        -- Both sides may hold at once: the union of their holds, each from its Held to the same side's Resumed.
        select coalesce(sum(hotline.ms_between(lower(r.hold), upper(r.hold))), 0) as hold_ms
        from (
            select unnest(range_agg(tstzrange(n.at, greatest(n.at, coalesce(e.at, l.ended_at))))) as hold
            from hotline.fact n
            left join lateral (
                select m.at from hotline.fact m
                where m.call_id = n.call_id and m.epoch = n.epoch and m.seq > n.seq and m.kind = 'Resumed' and m.body ->> 'by' = n.body ->> 'by'
                order by m.seq limit 1
            ) e on true
            where n.call_id = f.call_id and n.epoch = f.epoch and n.seq > t.seq and n.kind = 'Held'
        ) r
    ) h
    where not exists (select from hotline.fact n where n.call_id = f.call_id and n.epoch = f.epoch and n.seq > f.seq
                      and n.kind = 'SegmentEnded' and n.body ->> 'agent' = f.body ->> 'agent')
), visit as (  -- of a lost call, without its QueueLeft
    select l.call_id, f.epoch, f.seq, f.body ->> 'queue' as queue, f.at as entered_at, l.ended_at, hotline.ms_between(f.at, l.ended_at) as wait_ms
    from lost l
    join hotline.fact f on f.call_id = l.call_id and f.epoch = l.epoch and f.kind = 'Enqueued'
    where not exists (select from hotline.fact n where n.call_id = f.call_id and n.epoch = f.epoch and n.seq > f.seq and n.kind = 'QueueLeft')
), told as (
    select l.call_id,
           min(f.at) filter (where f.kind = 'CallAccepted') as accepted_at,
           min(f.at) filter (where f.kind = 'Enqueued') as enqueued_at,
           (array_agg(f.body ->> 'queue' order by f.seq desc) filter (where f.kind = 'Enqueued'))[1] as queue,
           (array_agg(f.body ->> 'agent' order by f.seq desc) filter (where f.kind in ('Answered', 'Dialled') and f.body ->> 'agent' <> ''))[1] as agent,
           (array_agg(f.body ->> 'affinity' order by f.seq desc) filter (where f.kind = 'Offered'))[1] as affinity,
           (array_agg((f.body ->> 'loss_in_pct')::double precision) filter (where f.kind = 'LegMeasured' and f.body ->> 'leg' in ('caller', 'called')))[1] as loss,
           (array_agg((f.body ->> 'jitter_in_ms')::double precision) filter (where f.kind = 'LegMeasured' and f.body ->> 'leg' in ('caller', 'called')))[1] as jitter,
           coalesce(sum((f.body ->> 'wait_ms')::bigint) filter (where f.kind = 'QueueLeft'), 0) as wait_ms,
           coalesce(sum((f.body ->> 'ring_ms')::bigint) filter (where f.kind = 'SegmentEnded'), 0) as ring_ms,
           coalesce(sum((f.body ->> 'talk_ms')::bigint) filter (where f.kind = 'SegmentEnded'), 0) as talk_ms,
           coalesce(sum((f.body ->> 'hold_ms')::bigint) filter (where f.kind = 'SegmentEnded'), 0) as hold_ms
    from lost l
    join hotline.fact f on f.call_id = l.call_id and f.epoch = l.epoch
    group by l.call_id
), ended as (
    insert into hotline.call (call_id, epoch, seq, started_at, ended_at, direction, caller, called, purpose, queue, agent, ivr_ms, wait_ms,
                              ring_ms, talk_ms, hold_ms, outcome, hangup_by, affinity, loss_in_pct, jitter_in_ms, cause)
    select l.call_id, l.epoch, l.seq, l.arrived_at, l.ended_at, l.direction, l.caller, l.called, l.purpose, t.queue, t.agent,
           coalesce(hotline.ms_between(t.accepted_at, coalesce(t.enqueued_at, l.ended_at)), 0),
           t.wait_ms + coalesce((select sum(v.wait_ms) from visit v where v.call_id = l.call_id), 0),
           t.ring_ms + o.ring_ms, t.talk_ms + o.talk_ms, t.hold_ms + o.hold_ms,
           'lost_at_restart', 'system', coalesce(t.affinity, 'none'), t.loss, t.jitter, 'the daemon ended without ending this call'
    from lost l
    join told t using (call_id)
    cross join lateral (
        select coalesce(sum(p.ring_ms), 0) as ring_ms, coalesce(sum(p.talk_ms), 0) as talk_ms, coalesce(sum(p.hold_ms), 0) as hold_ms
        from offer p where p.call_id = l.call_id
    ) o
), segments as (
    insert into hotline.segment (epoch, seq, call_id, queue, agent, offered_at, answered_at, ended_at, result, ring_ms, talk_ms, hold_ms)
    select o.epoch, o.seq, o.call_id, o.queue, o.agent, o.offered_at, o.answered_at, o.ended_at,
           case when o.answered_at is null then 'failed' else 'answered' end, o.ring_ms, o.talk_ms, o.hold_ms
    from offer o
), visits as (
    insert into hotline.queue_visit (epoch, seq, call_id, queue, entered_at, left_at, wait_ms, result)
    select v.epoch, v.seq, v.call_id, v.queue, v.entered_at, v.ended_at, v.wait_ms, 'failed' from visit v
), stretches as (
    insert into hotline.agent_stretch (epoch, seq, agent, state, from_at, until_at, stretch_ms)
    select s.epoch, s.seq, g.agent, g.state, g.since, a.at, hotline.ms_between(g.since, a.at)
    from lost_agent g join alive a using (epoch) cross join started s
), wrapped_up as (  -- after-call work without its WrapUpEnded; its call is the agent's last
    insert into hotline.wrap_up (epoch, seq, call_id, queue, agent, ended_at, wrapup_ms, how)
    select g.epoch, g.seq, c.call_id, c.queue, g.agent, a.at, hotline.ms_between(g.since, a.at), 'lost'
    from lost_agent g
    join alive a using (epoch)
    cross join lateral (
        select t.call_id, t.queue from hotline.segment t
        where t.epoch = g.epoch and t.agent = g.agent and t.answered_at is not null and t.ended_at <= g.since
        order by t.ended_at desc, t.seq desc limit 1
    ) c
    where g.state = 'wrap_up'
)
select count(*), (select count(*) from lost_call) from started
)sql";

/// One fact that the server refuses: epoch, seq, at, kind, call_id, body (bytes), error.
inline constexpr const char* kRejectFact = R"sql(
insert into hotline.fact_rejected (epoch, seq, at, kind, call_id, body, error)
select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::bytea[], $5::text[], $6::bytea[], $7::text[])
on conflict do nothing
)sql";

inline constexpr const char* kSchemaVersionOf = "select max(version) from hotline.migration";

/// Refused when the zone is unknown to the server.
inline constexpr const char* kSetTimeZone = R"sql(
insert into hotline.setting (name, value)
select 'time_zone', $1::text where (now() at time zone $1::text) is not null
on conflict (name) do update set value = excluded.value where setting.value <> excluded.value
)sql";

}  // namespace hotline::store
