create view report.decision as
select f.at,
       f.call_id,
       f.body ->> 'queue' as queue,
       f.body ->> 'agent' as agent,
       f.body ->> 'reason' as reason,
       jsonb_build_object(
           'best', coalesce(f.body -> 'candidates', '[]'),
           'relaxed', coalesce(f.body -> 'relaxed', '0'),
           'skipped', coalesce((select jsonb_object_agg(s.value ->> 'why', s.value -> 'count') from jsonb_array_elements(f.body -> 'skipped') s), '{}'),
           'passed', coalesce(f.body -> 'passed', '[]')
       ) as candidates
from hotline.fact f
where f.kind = 'Offered';

comment on view report.decision is 'Why this agent got this call: one row for each offer. 派单依据。';
comment on column report.decision.at is 'When it was decided. 决定时刻。';
comment on column report.decision.call_id is 'The call. 通话编号。';
comment on column report.decision.queue is 'The queue. 队列。';
comment on column report.decision.agent is 'The agent chosen. 选中的坐席。';
comment on column report.decision.reason is 'The rule that chose: named (the caller asked for this agent), affinity, or the queue''s strategy (longest_idle, round_robin, fewest_calls, least_talk, skill_level, top_down, weighted_random, ring_all). 依据。';
comment on column report.decision.candidates is
    'best: the ten best agents in order, with idle_ms; relaxed: steps of relaxing that the wait had brought; skipped: how many of the queue''s agents were passed over, by reason; passed: agents who served the caller before and were not taken, best first, with the reason. 候选坐席与跳过原因，以及曾服务过该客户而未选中的坐席及原因。';
grant select on report.decision to supervisor, hotline_app;
