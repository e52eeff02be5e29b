create view report.menu_choice as
select f.at,
       f.call_id,
       f.body ->> 'caller' as caller,
       f.body ->> 'menu' as menu,
       f.body ->> 'key' as key,
       f.body ->> 'choice' as choice
from hotline.fact f
where f.kind = 'MenuChosen';

comment on view report.menu_choice is 'Every choice that a caller made in a menu. 语音菜单选择。';
comment on column report.menu_choice.at is 'When the key was pressed. 按键时刻。';
comment on column report.menu_choice.call_id is 'The call. 通话编号。';
comment on column report.menu_choice.caller is 'Calling number. 主叫号码。';
comment on column report.menu_choice.menu is 'Name of the menu. 菜单名。';
comment on column report.menu_choice.key is 'The key pressed: 0–9, *, #. 按键。';
comment on column report.menu_choice.choice is 'What was asked for, by name: it stays when a menu''s keys change. 所选内容。';
grant select on report.menu_choice to supervisor, hotline_app;
