create view report.transfer as
select f.at,
       f.call_id,
       f.body ->> 'caller' as caller,
       f.body ->> 'node' as node,
       f.body ->> 'head_of' as head_of,
       f.body ->> 'agent' as agent,
       f.body ->> 'number' as number,
       f.body ->> 'trunk' as trunk,
       f.body ->> 'result' as result,
       f.body ->> 'why' as why,
       (f.body ->> 'ring_ms')::bigint as ring_ms,
       case when f.body ->> 'result' = 'answered' then (
           select s.talk_ms + s.hold_ms from hotline.segment s
           where s.call_id = f.call_id and s.epoch = f.epoch and s.seq > f.seq and s.queue = '' and s.result = 'answered'
           order by s.seq limit 1  -- its conversation is the next that ends
       ) end as talk_ms
from hotline.fact f
where f.kind = 'Transferred';

comment on view report.transfer is 'Callers whom a menu handed on to an agent or to a number outside: one row each time. 语音菜单转接。';
comment on column report.transfer.at is 'When it was decided: answered, or in vain. 时刻。';
comment on column report.transfer.call_id is 'The call. 通话编号。';
comment on column report.transfer.caller is 'Calling number. 主叫号码。';
comment on column report.transfer.node is 'The node of the flow whose wish it was. 菜单节点。';
comment on column report.transfer.head_of is 'The queue or group whose head was to be rung; null: another. 所属负责人的队列。';
comment on column report.transfer.agent is 'The agent whom it was for; null: a number outside. 坐席。';
comment on column report.transfer.number is 'The number outside; null: an agent. 外线号码。';
comment on column report.transfer.trunk is 'The trunk that was tried last; null: none. 中继。';
comment on column report.transfer.result is 'answered; busy: he talked, declined, or the line was engaged; no_answer; failed: nobody could be rung, see why; withdrawn: the call ended before. 结果。';
comment on column report.transfer.why is 'What stood in the way: not_allowed, too_many_at_once, too_many_an_hour, own_number, or words of the far side. 原因。';
comment on column report.transfer.ring_ms is 'From the wish to the answer or the end. 振铃时长（毫秒）。';
comment on column report.transfer.talk_ms is 'The conversation, hold included; null: there was none, or it is not over. 通话时长，含保持（毫秒）。';
grant select on report.transfer to supervisor, hotline_app;
