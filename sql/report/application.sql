create view report.application as
select a.at, a.call_id, a.caller, a.what, a.action, a.object_id, a.object_name, a.details, a.handled_at
from hotline.application a;

comment on view report.application is 'What callers asked for by phone: one row each. 电话申请。';
comment on column report.application.at is 'When he asked. 申请时刻。';
comment on column report.application.call_id is 'The call. 通话编号。';
comment on column report.application.caller is 'Calling number. 主叫号码。';
comment on column report.application.what is 'What kind of thing: course, ticket, insurance. 申请内容。';
comment on column report.application.action is 'What is to be done with it: book, cancel, ask. 动作。';
comment on column report.application.object_id is 'Which one: its id in the site''s tables. 对象编号。';
comment on column report.application.object_name is 'Its name as it was then. 对象名称。';
comment on column report.application.details is 'What else he entered, by name. 其他内容。';
comment on column report.application.handled_at is 'When somebody took it up; null: not yet. 受理时刻。';
grant select on report.application to supervisor, hotline_app;
