create view report.segment as
select s.call_id, s.agent, s.offered_at, s.answered_at, s.ended_at, s.result,
       case when s.result = 'answered' then (
           select c.code from hotline.call_code c where c.call_id = s.call_id and c.agent = s.agent and c.at >= s.ended_at
           order by c.at, c.seq limit 1  -- of this conversation; a survey may have led the caller back to the same agent
       ) end as code,
       s.number,
       s.trunk
from hotline.segment s;

comment on view report.segment is 'Every agent that a call was offered to, one row for each offer; and each conversation with a number outside. 每次派给坐席一行，与外线的通话也占一行。';
comment on column report.segment.call_id is 'The call. 通话编号。';
comment on column report.segment.agent is 'The agent it was offered to, or who called outside; null: a menu handed the caller on to a number outside. 坐席。';
comment on column report.segment.offered_at is 'The offer was decided and the agent''s phone was called. 派出时刻。';
comment on column report.segment.answered_at is 'The agent answered; null: did not. 接听时刻。';
comment on column report.segment.ended_at is 'The offer came to nothing, or the conversation was over. 结束时刻。';
comment on column report.segment.result is
    'answered; missed: no answer in the ring time; rejected; busy; unreachable: no phone there; withdrawn: the caller left first, or all were rung and a rescue caller needed this phone; elsewhere: all were rung and another one answered first; failed. 结果。';
comment on column report.segment.code is
    'What the agent said the conversation was about, or the queue''s default; null: neither, or he is not done yet. 小结代码。';
comment on column report.segment.number is 'The number outside that was called; null: none. 外线号码。';
comment on column report.segment.trunk is 'The trunk that led there. 中继。';
grant select on report.segment to supervisor, hotline_app;
