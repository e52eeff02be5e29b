create view report.callback as
select c.asked_at, c.callback_id, c.call_id, c.caller, c.number, c.queue, c.mode, c.asked_by, c.place_from, c.expires_at, c.state, c.tries,
       c.last_try_at, c.last_result, c.last_call_id, c.retry_at, c.ended_at
from hotline.callback c;

comment on view report.callback is 'Everybody who asked to be called back (virtual hold), one row each. 回电登记，每条一行。';
comment on column report.callback.asked_at is 'He asked for it. 登记时刻。';
comment on column report.callback.callback_id is 'Its id, as in the facts. 回电编号。';
comment on column report.callback.call_id is 'The call in which he asked. 登记时的通话编号。';
comment on column report.callback.caller is 'Who called then. 主叫号码。';
comment on column report.callback.number is 'Where he is called. 回电号码。';
comment on column report.callback.queue is 'The queue whose turn he waits for. 队列。';
comment on column report.callback.mode is 'agent_first: an agent takes it, then he is dialled; customer_first: he is dialled, says by key that he is there, then an agent rings. 模式。';
comment on column report.callback.asked_by is 'key: while he waited; menu: by a callback node; overflow: by a rule of the queue. 登记方式。';
comment on column report.callback.place_from is 'His place in the queue counts from here, as if he had stayed. 排队位置起算时刻。';
comment on column report.callback.expires_at is 'He is not called any more after this. 失效时刻。';
comment on column report.callback.state is
    'open: waits for its turn, or is under way; reached: connected, and not judged yet; done: an agent talked to him; abandoned: he was connected to the '
    'queue and hung up there; called_again: he called himself before; expired: too old; given_up: no try is left; cancelled: the queue calls nobody back '
    'any more, or that number may not be called. 状态。';
comment on column report.callback.tries is 'How often he was dialled. 拨打次数。';
comment on column report.callback.last_try_at is 'The last try was over, or had reached him. 最近一次拨打时刻。';
comment on column report.callback.last_result is
    'Of the last try: answered, busy, missed, rejected, unreachable, failed (no trunk), unconfirmed (he pressed nothing: a machine?), machine (the agent says '
    'so), withdrawn. 最近一次结果。';
comment on column report.callback.last_call_id is 'The call of the last try (report.call). 最近一次拨打的通话编号。';
comment on column report.callback.retry_at is 'He is not tried again before; null: not tried, or no try is left. 下次最早拨打时刻。';
comment on column report.callback.ended_at is 'It was over; null: it is not. 结束时刻。';
grant select on report.callback to supervisor, hotline_app;
