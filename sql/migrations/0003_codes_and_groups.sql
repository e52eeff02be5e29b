-- What conversations were about, names for several queues, and offers that another agent answered first (ring_all).
alter table hotline.segment
    drop constraint segment_result_check,
    add constraint segment_result_check
        check (result in ('answered', 'missed', 'rejected', 'busy', 'unreachable', 'withdrawn', 'elsewhere', 'failed'));

create table hotline.call_code (
    epoch bigint not null,
    seq bigint not null,
    call_id text not null,
    queue text not null,
    agent text not null,
    at timestamptz not null,
    code text not null,
    how text not null check (how in ('agent', 'default')),
    primary key (epoch, seq)
);
create index call_code_call on hotline.call_code (call_id);
comment on table hotline.call_code is 'What an agent said a conversation was about, from CallCoded. Append-only.';

create table hotline.queue_groups (
    epoch bigint not null,
    seq bigint not null,
    set_at timestamptz not null,
    members jsonb not null,
    primary key (epoch, seq)
);
create index queue_groups_set on hotline.queue_groups (set_at, seq);
comment on table hotline.queue_groups is
    'All names for several queues, as they were set at a start or a change of configuration, from QueueGroupsSet; the last one holds. Append-only.';

grant select, insert on hotline.call_code, hotline.queue_groups to hotline_app;
