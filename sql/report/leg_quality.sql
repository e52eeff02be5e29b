create view report.leg_quality as
select f.at,
       f.call_id,
       f.body ->> 'leg' as leg,
       f.body ->> 'agent' as agent,
       (f.body ->> 'packets_in')::bigint as packets_in,
       (f.body ->> 'packets_out')::bigint as packets_out,
       (f.body ->> 'lost_in')::bigint as lost_in,
       (f.body ->> 'loss_in_pct')::double precision as loss_in_pct,
       (f.body ->> 'jitter_in_ms')::double precision as jitter_in_ms,
       (f.body ->> 'jitter_in_max_ms')::double precision as jitter_in_max_ms,
       (f.body ->> 'loss_out_pct')::double precision as loss_out_pct,
       (f.body ->> 'round_trip_ms')::double precision as round_trip_ms
from hotline.fact f
where f.kind = 'LegMeasured';

comment on view report.leg_quality is 'RTP of each leg over its whole life (RFC 3550 §6.4). 每路媒体质量。';
comment on column report.leg_quality.at is 'When the leg''s audio was closed. 结束时刻。';
comment on column report.leg_quality.call_id is 'The call. 通话编号。';
comment on column report.leg_quality.leg is 'caller, agent or called (outside). 哪一方。';
comment on column report.leg_quality.agent is 'The agent, for an agent''s leg. 坐席。';
comment on column report.leg_quality.packets_in is 'RTP packets received. 收包数。';
comment on column report.leg_quality.packets_out is 'RTP packets sent. 发包数。';
comment on column report.leg_quality.lost_in is 'Packets expected and not received. 丢包数。';
comment on column report.leg_quality.loss_in_pct is 'Percent (0–100): lost_in / (lost_in + packets_in). 收方向丢包率（百分数）。';
comment on column report.leg_quality.jitter_in_ms is 'Interarrival jitter, last estimate (RFC 3550 §6.4.1). 抖动（毫秒）。';
comment on column report.leg_quality.jitter_in_max_ms is 'The highest estimate. 最大抖动（毫秒）。';
comment on column report.leg_quality.loss_out_pct is 'Percent (0–100) lost of what we sent, as the far side reported last. 发方向丢包率（百分数）。';
comment on column report.leg_quality.round_trip_ms is 'Round trip by RTCP, last value; null when the far side sent no reports. 往返时延（毫秒）。';
grant select on report.leg_quality to supervisor, hotline_app;
