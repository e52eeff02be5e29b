-- Facts, and the records that follow from them. Every row outside `fact` names the fact it came from, (epoch, seq), by which it was made in
-- one and the same statement. There is no foreign key upon it: it would check what cannot be otherwise (measured: 25 instead of 18 µs of the
-- server's time a fact), and keep calls from outliving their facts when old facts are thinned out one day.
create schema report;
comment on schema report is 'What a supervisor reads: views over schema hotline, columns commented with their formulas. 主管可读的报表。';
comment on schema hotline is 'The store of hotlined. Written by the daemon alone.';
revoke all on schema hotline, report from public;
grant usage on schema hotline to hotline_app;
grant usage on schema report to hotline_app, supervisor;

create table hotline.setting (
    name text primary key,
    value text not null
);
comment on table hotline.setting is 'What the reports must know of the site''s configuration: time_zone (IANA name). Written by the daemon when it connects.';

create table hotline.fact (
    epoch bigint not null check (epoch > 0),
    seq bigint not null check (seq > 0),
    at timestamptz not null,
    kind text not null,
    call_id text check (length(call_id) = 13),
    body jsonb not null check (jsonb_typeof(body) = 'object'),
    primary key (epoch, seq)
);
create index fact_call on hotline.fact (call_id) where call_id is not null;
create index fact_menu_chosen on hotline.fact (at) where kind = 'MenuChosen';
create index fact_offered on hotline.fact (at) where kind = 'Offered';
create index fact_leg_measured on hotline.fact (at) where kind = 'LegMeasured';
comment on table hotline.fact is
    'What happened, in the past tense and in order: the source of all else here. epoch: random, one for each start of the daemon; seq: 1, 2, 3… '
    'within it. Kinds and fields: docs/facts.md. Append-only.';

create table hotline.fact_rejected (
    epoch bigint not null,
    seq bigint not null,
    at timestamptz,
    kind bytea not null,
    call_id text,
    body bytea not null,
    error text not null,
    rejected_at timestamptz not null default now(),
    primary key (epoch, seq)
);
comment on table hotline.fact_rejected is
    'Facts that the database refused, as bytes, with its words. Each one is a defect to be reported: nothing follows from it until it is repaired.';

create table hotline.open_call (
    call_id text primary key,
    epoch bigint not null,
    seq bigint not null,
    arrived_at timestamptz not null,
    direction text not null,
    caller text not null,
    called text not null,
    purpose text not null
);
comment on table hotline.open_call is 'Calls that arrived and have not ended. What another epoch finds here is closed as lost_at_restart.';

create table hotline.call (
    call_id text primary key,
    epoch bigint not null,
    seq bigint not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    direction text not null check (direction in ('in', 'out', 'internal')),
    caller text not null,
    called text not null,
    purpose text not null check (purpose in ('hotline', 'star_code', 'colleague', 'unknown')),
    queue text,
    agent text,
    ivr_ms bigint not null check (ivr_ms >= 0),
    wait_ms bigint not null check (wait_ms >= 0),
    ring_ms bigint not null check (ring_ms >= 0),
    talk_ms bigint not null check (talk_ms >= 0),
    hold_ms bigint not null check (hold_ms >= 0),
    outcome text not null check (outcome in ('answered', 'abandoned', 'self_service', 'overflow', 'callback', 'voice_message', 'rejected',
                                             'failed', 'lost_at_restart')),
    hangup_by text not null check (hangup_by in ('caller', 'agent', 'system')),
    affinity text not null check (affinity in ('hit', 'timeout', 'unavailable', 'none')),
    loss_in_pct double precision,
    jitter_in_ms double precision,
    cause text not null
);
create index call_started on hotline.call (started_at);
create index call_caller on hotline.call (caller, started_at);
comment on table hotline.call is 'One row for each call that is over, from CallEnded, or from what was known of it when the daemon died. Append-only.';

create table hotline.recording (
    call_id text primary key,
    epoch bigint not null,
    seq bigint not null,
    path text not null,
    sha256 text not null,
    length_ms bigint not null
);
comment on table hotline.recording is 'Recordings on disk, from RecordingKept. Append-only.';

create table hotline.wrap_up (
    epoch bigint not null,
    seq bigint not null,
    call_id text not null,
    queue text not null,
    agent text not null,
    ended_at timestamptz not null,
    wrapup_ms bigint not null check (wrapup_ms >= 0),
    how text not null,
    primary key (epoch, seq)
);
create index wrap_up_call on hotline.wrap_up (call_id);
create index wrap_up_ended on hotline.wrap_up (ended_at);
comment on table hotline.wrap_up is 'After-call work of one agent for one call, from WrapUpEnded; cut by the daemon''s death, from the AgentChanged that began it. Append-only.';

create table hotline.segment (
    epoch bigint not null,
    seq bigint not null,
    call_id text not null,
    queue text not null,
    agent text not null,
    offered_at timestamptz not null,
    answered_at timestamptz,
    ended_at timestamptz not null,
    result text not null check (result in ('answered', 'missed', 'rejected', 'busy', 'unreachable', 'withdrawn', 'failed')),
    ring_ms bigint not null check (ring_ms >= 0),
    talk_ms bigint not null check (talk_ms >= 0),
    hold_ms bigint not null check (hold_ms >= 0),
    primary key (epoch, seq)
);
create index segment_call on hotline.segment (call_id);
create index segment_ended on hotline.segment (ended_at);
comment on table hotline.segment is
    'One agent''s part in a call, from SegmentEnded; for a call lost at a restart from its Offered, as far as it was known. Append-only.';

create table hotline.queue_visit (
    epoch bigint not null,
    seq bigint not null,
    call_id text not null,
    queue text not null,
    entered_at timestamptz not null,
    left_at timestamptz not null,
    wait_ms bigint not null check (wait_ms >= 0),
    result text not null check (result in ('answered', 'abandoned', 'overflow', 'callback', 'voice_message', 'failed')),
    agent text,
    primary key (epoch, seq)
);
create index queue_visit_entered on hotline.queue_visit (entered_at);
comment on table hotline.queue_visit is
    'A call''s stay in one queue, from QueueLeft; for a call lost at a restart from its Enqueued, as far as it was known. Append-only.';

create table hotline.agent_stretch (
    epoch bigint not null,
    seq bigint not null,
    agent text not null,
    state text not null check (state in ('offline', 'paused', 'ready', 'ringing', 'talking', 'wrap_up', 'busy')),
    from_at timestamptz not null,
    until_at timestamptz not null,
    stretch_ms bigint not null check (stretch_ms >= 0),
    primary key (epoch, seq, agent)
);
create index agent_stretch_until on hotline.agent_stretch (until_at);
comment on table hotline.agent_stretch is 'One agent in one state without a break, from the AgentChanged that ended it. Append-only.';

create table hotline.agent_state (
    agent text primary key,
    epoch bigint not null,
    seq bigint not null,
    state text not null check (state in ('offline', 'paused', 'ready', 'ringing', 'talking', 'wrap_up', 'busy')),
    reason text not null,
    since timestamptz not null
);
comment on table hotline.agent_state is 'The stretch that each agent is in. What another epoch finds here is closed at that epoch''s last fact.';

create function hotline.ms_between(from_at timestamptz, until_at timestamptz) returns bigint
language sql immutable
return greatest(0, round(extract(epoch from until_at - from_at) * 1000))::bigint;
comment on function hotline.ms_between is 'Milliseconds from one instant to another, never negative.';
revoke all on function hotline.ms_between from public;
grant execute on function hotline.ms_between to hotline_app;

grant select on hotline.migration to hotline_app;
grant select, insert on hotline.fact, hotline.fact_rejected, hotline.call, hotline.recording, hotline.wrap_up, hotline.segment,
    hotline.queue_visit, hotline.agent_stretch to hotline_app;
grant select, insert, delete on hotline.open_call to hotline_app;
grant select, insert, update, delete on hotline.agent_state to hotline_app;
grant select, insert, update on hotline.setting to hotline_app;
