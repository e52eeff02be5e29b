-- Sample data of config/fitness: what its menus tell, in schema site. `hotlined migrate --site` runs it in a store that has no table there
-- yet, and `hotlined ivr run` in a scratch database. Money is in fen; names are in Mandarin, those for English callers end in _en.
create table branch (
    id bigint generated always as identity primary key,
    name text not null,
    name_en text not null,
    address text not null,
    address_en text not null,
    phone text not null,
    opens_at time not null,
    closes_at time not null
);
comment on table branch is 'Branches. 门店。';
insert into branch (name, name_en, address, address_en, phone, opens_at, closes_at) values
    ('人民广场店', 'People''s Square', '黄浦区西藏中路二百六十八号六楼', '268 Central Xizang Road, sixth floor', '02163500001', '06:30', '22:30'),
    ('陆家嘴店', 'Lujiazui', '浦东新区世纪大道八十八号二楼', '88 Century Avenue, second floor', '02158800002', '06:00', '23:00'),
    ('徐家汇店', 'Xujiahui', '徐汇区漕溪北路一百号', '100 North Caoxi Road', '02164380003', '07:00', '22:00'),
    ('五角场店', 'Wujiaochang', '杨浦区淞沪路七十七号三楼', '77 Songhu Road, third floor', '02155660004', '07:00', '22:30');

create table promotion (
    id bigint generated always as identity primary key,
    name text not null,
    name_en text not null,
    terms text not null,
    terms_en text not null,
    from_day date not null,
    until_day date not null check (until_day >= from_day)
);
comment on table promotion is 'Promotions; told from from_day to until_day. 优惠活动。';
insert into promotion (name, name_en, terms, terms_en, from_day, until_day) values
    ('年卡八折', 'A fifth off year cards', '新会员办理年卡享受八折，并赠送两节私教课', 'new members save a fifth on a year card and get two lessons with a personal trainer', current_date - 10, current_date + 50),
    ('亲友同行', 'Bring a friend', '会员带一位亲友办卡，双方各延长一个月', 'bring a friend who joins, and both cards run a month longer', current_date - 30, current_date + 90),
    ('早鸟时段', 'Early birds', '每天上午十点前入场的次卡半价', 'single visits before ten in the morning at half price', current_date - 5, current_date + 25),
    ('去年夏令营', 'Last year''s summer camp', '已经结束', 'is over', current_date - 400, current_date - 300);

-- The PIN itself is nowhere: pin_hash is SHA-256 of pin_salt and PIN, and the daemon locks whoever tries too often (node lookup, guard).
create table member (
    member_no text primary key check (member_no ~ '^[0-9]{6}$'),
    name text not null,
    phone text not null,
    branch_id bigint not null references branch,
    card text not null,
    card_en text not null,
    expires_on date not null,
    balance_fen bigint not null,
    pin_salt text not null,
    pin_hash text not null
);
comment on table member is 'Members, with card, balance and the hash of their PIN. 会员。';
insert into member
select m.member_no, m.name, m.phone, m.branch_id, m.card, m.card_en, current_date + m.days, m.balance_fen, s.salt,
       encode(sha256(convert_to(s.salt || m.pin, 'UTF8')), 'hex')
from (values
    ('100001', '陈静', '13900001234', 1, '金卡年卡', 'gold year card', 186, 128050, '2468'),
    ('100002', '林浩', '13800005678', 2, '月卡', 'month card', 12, 8800, '1357'),
    ('100003', '周敏', '13700009999', 1, '次卡', 'single visits', 60, 0, '8642')
) as m (member_no, name, phone, branch_id, card, card_en, days, balance_fen, pin),
lateral (select md5('sample ' || m.member_no) as salt) s;

create table spending (
    id bigint generated always as identity primary key,
    member_no text not null references member,
    spent_on date not null,
    what text not null,
    what_en text not null,
    amount_fen bigint not null
);
create index spending_member on spending (member_no, spent_on);
comment on table spending is 'What members spent. 消费记录。';
insert into spending (member_no, spent_on, what, what_en, amount_fen) values
    ('100001', current_date - 2, '私教课', 'personal training', 32000),
    ('100001', current_date - 9, '瑜伽课', 'yoga', 8000),
    ('100001', current_date - 16, '水吧', 'juice bar', 2800),
    ('100001', current_date - 40, '储物柜租金', 'locker', 6000),
    ('100001', current_date - 75, '年卡', 'year card', 388000),
    ('100002', current_date - 20, '月卡', 'month card', 39800);

create table course (
    id bigint generated always as identity primary key,
    name text not null,
    name_en text not null
);
comment on table course is 'Courses. 课程。';
insert into course (name, name_en) values ('瑜伽', 'yoga'), ('动感单车', 'indoor cycling'), ('搏击操', 'body combat'), ('普拉提', 'pilates'), ('水中健身', 'aqua fitness');

create table lesson (
    id bigint generated always as identity primary key,
    branch_id bigint not null references branch,
    course_id bigint not null references course,
    weekday int not null check (weekday between 1 and 7),
    starts_at time not null,
    coach text not null,
    unique (branch_id, weekday, starts_at)
);
comment on table lesson is 'The timetable: weekday 1 is Monday. 课程表。';
insert into lesson (branch_id, course_id, weekday, starts_at, coach)
select b.id, (b.id + d.day + t.slot) % 5 + 1, d.day, t.starts_at, (array['刘教练', '孙教练', '吴教练'])[(b.id + d.day) % 3 + 1]
from branch b, generate_series(1, 7) as d (day), (values (1, time '10:00'), (2, time '19:00')) as t (slot, starts_at);

create table booking (
    member_no text not null references member,
    lesson_id bigint not null references lesson,
    day date not null,
    primary key (member_no, lesson_id, day)
);
comment on table booking is 'Lessons that members have booked. 预约。';
insert into booking
select '100001', l.id, d.day
from lesson l, lateral (select current_date + (l.weekday - extract(isodow from current_date)::int + 6) % 7 + 1 as day) d  -- within a week, not today
where l.branch_id = 1 and l.weekday in (2, 5) and l.starts_at = '19:00';
