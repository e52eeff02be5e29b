-- Sample data of config/travel: what its menus tell, in schema site. `hotlined migrate --site` runs it in a store that has no table there
-- yet, and `hotlined ivr run` in a scratch database. Money is in fen; names are in Mandarin, those for English callers end in _en.
create table department (
    id text primary key,
    name text not null,
    name_en text not null
);
comment on table department is 'Departments that an order is with. 部门。';
insert into department values
    ('sales', '客服销售部', 'the sales department'),
    ('planning', '计调部', 'the planning department'),
    ('finance', '财务部', 'the finance department'),
    ('guides', '导游部', 'the tour guides'),
    ('service', '客户关怀部', 'the customer care department');

create table order_step (
    id text primary key,
    position int not null unique,
    name text not null,
    name_en text not null
);
comment on table order_step is 'Steps of an order, in order. 订单环节。';
insert into order_step values
    ('inquiry', 1, '咨询登记', 'registered'),
    ('contract', 2, '合同签订', 'contract being signed'),
    ('payment', 3, '等待付款', 'waiting for payment'),
    ('planning', 4, '出票与酒店预订', 'tickets and hotels being booked'),
    ('confirmed', 5, '行程已确认', 'itinerary confirmed'),
    ('travelling', 6, '旅途中', 'under way'),
    ('return_call', 7, '回访', 'return call'),
    ('closed', 8, '已完成', 'completed');

create table route (
    id bigint generated always as identity primary key,
    code text not null unique,
    name text not null,
    name_en text not null,
    region text not null check (region in ('domestic', 'abroad')),
    form text not null check (form in ('group', 'individual')),
    days int not null check (days > 0),
    price_fen bigint not null check (price_fen >= 0)
);
comment on table route is 'Routes on sale: group tours and individual ones. 线路。';
insert into route (code, name, name_en, region, form, days, price_fen) values
    ('HS5', '黄山西递宏村五日游', 'Huangshan and Hongcun, five days', 'domestic', 'group', 5, 268000),
    ('YN6', '昆明大理丽江六日游', 'Kunming, Dali and Lijiang, six days', 'domestic', 'group', 6, 398000),
    ('XA4', '西安兵马俑四日游', 'Xi''an and the Terracotta Army, four days', 'domestic', 'group', 4, 238000),
    ('HN5', '三亚海滨五日游', 'Sanya seaside, five days', 'domestic', 'group', 5, 328000),
    ('HZ2', '杭州自由行两日', 'Hangzhou on your own, two days', 'domestic', 'individual', 2, 88000),
    ('CD4', '成都自由行四日', 'Chengdu on your own, four days', 'domestic', 'individual', 4, 168000),
    ('JP6', '东京大阪六日游', 'Tokyo and Osaka, six days', 'abroad', 'group', 6, 698000),
    ('TH6', '曼谷芭提雅六日游', 'Bangkok and Pattaya, six days', 'abroad', 'group', 6, 458000),
    ('EU12', '法意瑞十二日游', 'France, Italy and Switzerland, twelve days', 'abroad', 'group', 12, 1698000),
    ('SG5', '新加坡自由行五日', 'Singapore on your own, five days', 'abroad', 'individual', 5, 528000);

create table departure (
    route_id bigint not null references route,
    departs_on date not null,
    seats_left int not null check (seats_left >= 0),
    primary key (route_id, departs_on)
);
comment on table departure is 'Days on which a route departs, and how many places are left. 发团日期。';
insert into departure
select r.id, current_date + 7 * week + (r.id % 5)::int, (r.id * 7 + week * 3) % 20
from route r, generate_series(1, 6) week;

create table customer_order (
    order_no text primary key check (order_no ~ '^[0-9]{5,12}$'),
    phone text not null,
    customer text not null,
    route_id bigint not null references route,
    departs_on date not null,
    step_id text not null references order_step,
    department_id text not null references department,
    due_fen bigint not null check (due_fen >= 0),
    received_fen bigint not null check (received_fen >= 0)
);
create index customer_order_phone on customer_order (phone);
comment on table customer_order is 'Orders. Told only to the number in phone. 订单。';
insert into customer_order
select o.order_no, o.phone, o.customer, r.id, current_date + o.days, o.step_id, o.department_id, o.due_fen, o.received_fen
from (values
    ('10001', '13900001234', '王小明', 'YN6', 12, 'planning', 'planning', 796000, 796000),
    ('10002', '13800005678', '李丽', 'JP6', 20, 'payment', 'finance', 1396000, 300000),
    ('10003', '13700009999', '赵强', 'HS5', -2, 'travelling', 'guides', 536000, 536000),
    ('10004', '13700009999', '赵强', 'HZ2', 30, 'contract', 'sales', 176000, 0),
    ('10005', '02152345678', '上海前程贸易有限公司', 'XA4', -10, 'return_call', 'service', 4760000, 4760000)
) as o (order_no, phone, customer, route_code, days, step_id, department_id, due_fen, received_fen)
join route r on r.code = o.route_code;

create table ticket (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('flight', 'train', 'attraction')),
    name text not null,
    name_en text not null,
    price_fen bigint not null check (price_fen >= 0)
);
comment on table ticket is 'Tickets that callers can ask for. 票务。';
insert into ticket (kind, name, name_en, price_fen) values
    ('flight', '上海到昆明机票', 'Flight from Shanghai to Kunming', 98000),
    ('flight', '上海到三亚机票', 'Flight from Shanghai to Sanya', 112000),
    ('train', '上海到黄山高铁票', 'High-speed train from Shanghai to Huangshan', 29300),
    ('train', '上海到杭州高铁票', 'High-speed train from Shanghai to Hangzhou', 7300),
    ('attraction', '黄山风景区门票', 'Huangshan, admission', 19000);

create table hotel (
    id bigint generated always as identity primary key,
    city text not null,
    name text not null,
    name_en text not null,
    stars int not null check (stars between 1 and 5),
    price_fen bigint not null check (price_fen >= 0)
);
comment on table hotel is 'Hotels, with the price of a night. 酒店。';
insert into hotel (city, name, name_en, stars, price_fen) values
    ('黄山', '黄山云谷山庄', 'Yungu Hotel, Huangshan', 4, 58000),
    ('丽江', '丽江古城花间堂', 'Blossom Inn, Lijiang Old Town', 4, 62000),
    ('三亚', '三亚海棠湾度假酒店', 'Haitang Bay Resort, Sanya', 5, 128000),
    ('杭州', '杭州西湖国宾馆', 'West Lake State Guest House, Hangzhou', 5, 148000);

create table attraction (
    id bigint generated always as identity primary key,
    name text not null,
    name_en text not null,
    price_fen bigint not null check (price_fen >= 0),
    opens_at time not null,
    closes_at time not null
);
comment on table attraction is 'Sights, with admission and opening hours. 景点。';
insert into attraction (name, name_en, price_fen, opens_at, closes_at) values
    ('黄山风景区', 'Huangshan', 19000, '06:30', '16:30'),
    ('秦始皇兵马俑博物馆', 'Terracotta Army Museum', 12000, '08:30', '18:00'),
    ('丽江玉龙雪山', 'Jade Dragon Snow Mountain', 10000, '07:00', '16:00'),
    ('西湖游船', 'West Lake boats', 5500, '08:00', '17:00');

create table insurance (
    id bigint generated always as identity primary key,
    name text not null,
    name_en text not null,
    covers text not null,
    covers_en text not null,
    price_fen bigint not null check (price_fen >= 0)
);
comment on table insurance is 'Insurance that callers can ask for, with the price a traveller. 保险。';
insert into insurance (name, name_en, covers, covers_en, price_fen) values
    ('国内旅游意外险', 'Accident insurance within China', '意外伤害最高五十万元', 'accidents up to five hundred thousand yuan', 3000),
    ('境外旅游综合险', 'Insurance for trips abroad', '医疗与紧急救援最高一百万元', 'medical care and rescue up to one million yuan', 12000),
    ('行程取消险', 'Cancellation insurance', '因故取消行程的损失', 'the loss when a trip is cancelled', 5000);

create table traffic (
    id bigint generated always as identity primary key,
    name text not null,
    name_en text not null,
    how text not null,
    how_en text not null
);
comment on table traffic is 'How to get to where trips begin. 交通。';
insert into traffic (name, name_en, how, how_en) values
    ('浦东机场', 'Pudong airport', '地铁二号线或机场大巴，航站楼三楼六号门集合', 'metro line two or the airport coach; we meet at gate six on the third floor'),
    ('虹桥火车站', 'Hongqiao station', '地铁二号线、十号线和十七号线，南进站口集合', 'metro lines two, ten and seventeen; we meet at the south entrance'),
    ('上海体育场集散中心', 'the coach terminal at Shanghai Stadium', '地铁四号线上海体育场站五号口', 'metro line four, exit five of Shanghai Stadium');

create table safety (
    id bigint generated always as identity primary key,
    title text not null,
    title_en text not null,
    body text not null,
    body_en text not null
);
comment on table safety is 'What travellers should know. 旅游安全知识。';
insert into safety (title, title_en, body, body_en) values
    ('高原旅行', 'High altitude', '抵达高原的第一天不要剧烈运动，不要饮酒，出现头痛呕吐请立即联系领队。',
     'On your first day at high altitude do not exert yourself and do not drink alcohol. With headache or vomiting tell your guide at once.'),
    ('海边戏水', 'At the sea', '请在有救生员的海滩下水，红旗表示禁止下水，儿童必须有成人陪同。',
     'Swim only where there are lifeguards. A red flag means no swimming. Children need an adult with them.'),
    ('财物与证件', 'Money and papers', '护照与身份证随身携带并另存复印件，贵重物品请存放在酒店保险箱。',
     'Carry your passport with you and keep a copy elsewhere. Leave valuables in the safe of your hotel.'),
    ('突发情况', 'In an emergency', '遇到意外请先拨打当地急救电话，然后拨打本热线按九，我们二十四小时为您安排救援。',
     'Call the local emergency number first, then this hotline and press nine. We arrange help around the clock.');
