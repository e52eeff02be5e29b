create view report.queue_group as
select m.name as queue_group, m.queue
from (select g.members from hotline.queue_groups g order by g.set_at desc, g.seq desc limit 1) last
cross join lateral jsonb_to_recordset(last.members) as m (name text, queue text);

comment on view report.queue_group is
    'Names for several queues, one row for each queue of each; join it where a report has a column queue. As configured now. 队列组。';
comment on column report.queue_group.queue_group is 'The group''s name. 组名。';
comment on column report.queue_group.queue is 'One of its queues. 队列。';
grant select on report.queue_group to supervisor, hotline_app;
