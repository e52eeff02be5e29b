// Callbacks that earlier runs of the daemon left open, read once at each start.
#pragma once
#include "hotline/call/events.h"
#include "store/postgres.h"

namespace hotline::store {

/// Who wants to be called back, and who served him, as a caller's lookup has it: window in ms, half-life in ms, limit of agents.
inline constexpr const char* kOpenCallbacks = R"sql(
select c.callback_id, c.call_id, c.caller, c.number, c.queue, c.language, coalesce(c.agent, ''),
       (extract(epoch from c.place_from) * 1000000)::bigint,
       (extract(epoch from c.expires_at) * 1000000)::bigint,
       (extract(epoch from coalesce(c.retry_at, c.asked_at)) * 1000000)::bigint,
       c.tries, c.priority,
       coalesce((select string_agg(format('%s:%s', e.value ->> 'skill', e.value ->> 'level'), ',' order by e.ordinality)
                 from jsonb_array_elements(c.skills) with ordinality e), ''),
       coalesce(w.served, '')
from hotline.callback c
left join lateral (
    select string_agg(format('%s:%s:%s', v.agent, v.last, v.talk_ms), ',' order by v.weight desc) as served
    from (
        select s.agent,
               (extract(epoch from max(s.ended_at)) * 1000000)::bigint as last,
               sum(s.talk_ms)::bigint as talk_ms,
               sum(greatest(1, s.talk_ms) * power(0.5, greatest(0, extract(epoch from now() - s.ended_at)) * 1000 / $2::bigint)) as weight
        from (
            select call_id from hotline.call
            where caller = c.number and started_at > now() - $1::bigint * interval '1 millisecond'
            order by started_at desc limit 50
        ) n
        join hotline.segment s on s.call_id = n.call_id
        where s.answered_at is not null
        group by s.agent
        order by weight desc
        limit $3::bigint
    ) v
) w on true
where c.state = 'open'
order by c.asked_at, c.callback_id
limit 10000
)sql";

call::CallbacksLeftOpen callbacks_from(const Rows& rows);

}  // namespace hotline::store
