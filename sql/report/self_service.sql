create view report.self_service as
select f.at,
       f.call_id,
       f.body ->> 'caller' as caller,
       f.body ->> 'what' as what,
       f.body ->> 'object_id' as object_id,
       f.body ->> 'object_name' as object_name
from hotline.fact f
where f.kind = 'SelfServed';

comment on view report.self_service is 'What callers were told by the menus, or chose there: one row each time. 自助服务。';
comment on column report.self_service.at is 'When he was told. 时刻。';
comment on column report.self_service.call_id is 'The call. 通话编号。';
comment on column report.self_service.caller is 'Calling number. 主叫号码。';
comment on column report.self_service.what is 'What kind of thing he asked for (order, route, branch), by name: it stays when a menu''s keys change. 咨询内容。';
comment on column report.self_service.object_id is 'Which one: its id in the site''s tables; null when he asked for the kind as such. 对象编号。';
comment on column report.self_service.object_name is 'Its name as it was then. 对象名称。';
grant select on report.self_service to supervisor, hotline_app;
