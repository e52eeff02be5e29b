create view report.call as
select c.call_id,
       c.started_at,
       c.ended_at,
       c.direction,
       c.caller,
       c.called,
       c.queue,
       c.agent,
       c.ivr_ms,
       c.wait_ms,
       c.ring_ms,
       c.talk_ms,
       c.hold_ms,
       coalesce(w.wrapup_ms, 0)::bigint as wrapup_ms,
       c.outcome,
       c.hangup_by,
       c.affinity,
       r.path as recording,
       r.sha256 as recording_sha256,
       c.loss_in_pct,
       round(c.jitter_in_ms)::bigint as jitter_in_ms
from hotline.call c
left join hotline.recording r on r.call_id = c.call_id
left join lateral (select sum(u.wrapup_ms) as wrapup_ms from hotline.wrap_up u where u.call_id = c.call_id) w on true;

comment on view report.call is 'One row for each call that is over. 每通已结束的电话一行。';
comment on column report.call.call_id is 'The call''s id, as in logs and in the recording''s file name; later calls sort later. 通话编号。';
comment on column report.call.started_at is 'The INVITE came. 呼入时刻。';
comment on column report.call.ended_at is 'The call was over; lost_at_restart: last time it was known alive. 结束时刻。';
comment on column report.call.direction is 'in: from a trunk; internal: from an agent''s own phone; out: to a customer. 方向：呼入、内部、呼出。';
comment on column report.call.caller is 'Calling number. 主叫号码。';
comment on column report.call.called is 'Called number. 被叫号码。';
comment on column report.call.queue is 'The last queue it was in; null: none. 最后所在队列。';
comment on column report.call.agent is 'The last agent who talked, or who called out; null: none. 最后通话或外呼的坐席。';
comment on column report.call.ivr_ms is 'Time in menus and announcements, a survey and a voice message included. 语音菜单时长，含满意度调查和留言（毫秒）。';
comment on column report.call.wait_ms is 'Sum of its waits in queues, ringing at agents included, and of those in which a menu had somebody rung for it. 排队和转接等待时长，含振铃（毫秒）。';
comment on column report.call.ring_ms is 'Sum of the time that agents'' phones rang for it; of one to the outside, that the called one did. 振铃时长（毫秒）。';
comment on column report.call.talk_ms is 'Sum of conversation with agents, or outside, hold not counted. 通话时长，不含保持（毫秒）。';
comment on column report.call.hold_ms is 'Sum of the time on hold. 保持时长（毫秒）。';
comment on column report.call.wrapup_ms is 'Sum of the agents'' after-call work for it; 0 until that is over. 话后处理时长（毫秒）。';
comment on column report.call.outcome is
    'answered: talked to an agent, or to one outside to whom a menu handed him on; abandoned: hung up before one; self_service: served by the menu; overflow: the queue was full, nobody '
    'was there, the wait too long, he left the line by a key of the menu, or a transfer was in vain; callback: asked for; voice_message: left one, and asked for no person after it; rejected: not taken; failed; lost_at_restart: the daemon died. 结果。';
comment on column report.call.hangup_by is 'Who ended it: caller, agent, called (outside), system. Where a survey followed, who ended the conversation. 挂机方。';
comment on column report.call.affinity is
    'hit: served by an agent who knew the caller; timeout: waited for that agent in vain; unavailable: that agent was away; none: nobody knew the '
    'caller. 熟悉坐席匹配。';
comment on column report.call.recording is 'File below the data directory; null: not recorded. 录音文件。';
comment on column report.call.recording_sha256 is 'SHA-256 of that file, hex. 录音文件的 SHA-256。';
comment on column report.call.loss_in_pct is 'Percent (0–100) of RTP packets that did not arrive from the caller, or from whom an agent called outside: lost / expected (RFC 3550). 客户侧丢包率（百分数）。';
comment on column report.call.jitter_in_ms is 'Interarrival jitter of the same RTP (RFC 3550 §6.4.1), last estimate, in whole milliseconds; finer: report.leg_quality. 客户侧抖动（毫秒）。';
grant select on report.call to supervisor, hotline_app;
