-- Menus hand callers on: a part of a call may be that of a number outside. And of agents' own calls it is told who was called, and which way.
alter table hotline.segment
    add column number text,
    add column trunk text,
    alter column agent drop not null,
    add constraint segment_whose check (agent is not null or number is not null);
comment on table hotline.segment is
    'One agent''s part in a call, or that of a number outside (agent null: a menu had handed the caller on), from SegmentEnded; for a call lost at a '
    'restart from its Offered, as far as it was known. number, trunk: of the call to the outside. Append-only.';

create index fact_transferred on hotline.fact (at) where kind = 'Transferred';
