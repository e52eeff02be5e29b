create view report.survey as
select s.at, s.call_id, s.caller, s.agent, s.queue, s.branch, s.question, s.answer
from hotline.survey s;

comment on view report.survey is 'Every question of a survey that was put to a caller. 满意度调查，每个问题一行。';
comment on column report.survey.at is 'He answered, or the question was over without an answer. 回答时刻。';
comment on column report.survey.call_id is 'The call. 通话编号。';
comment on column report.survey.caller is 'Calling number. 主叫号码。';
comment on column report.survey.agent is 'The last agent whom he talked to; null: none. 最后通话的坐席。';
comment on column report.survey.queue is 'The last queue he was in; null: none. 最后所在队列。';
comment on column report.survey.branch is 'The branch, where his flow has named one in its variable branch. 门店。';
comment on column report.survey.question is 'The question, by name: it stays when its words change. 问题。';
comment on column report.survey.answer is 'The answer, by name: it stays when keys change; null: he gave none, or hung up. 回答。';
grant select on report.survey to supervisor, hotline_app;
