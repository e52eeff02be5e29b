-- A call told in words, fact by fact.
create function report.timeline(call text) returns table (at timestamptz, what text)
language sql stable security definer set search_path = pg_catalog
begin atomic
    select f.at,
           case f.kind
               when 'CallArrived' then format('call from %s to %s (%s, by %s)', f.body ->> 'caller', f.body ->> 'called', f.body ->> 'direction', f.body ->> 'origin')
               when 'CallAccepted' then 'taken by the menu'
               when 'MenuChosen' then format('menu %s: key %s = %s', f.body ->> 'menu', f.body ->> 'key', f.body ->> 'choice')
               when 'SelfServed' then format('is told: %s %s', f.body ->> 'what', coalesce(f.body ->> 'object_name', f.body ->> 'object_id', ''))
               when 'Applied' then format('asks to %s: %s %s', f.body ->> 'action', f.body ->> 'what', coalesce(f.body ->> 'object_name', f.body ->> 'object_id', ''))
               when 'SmsLeft' then format('a short message for %s', f.body ->> 'to')
               when 'LanguageSwitched' then format('chooses language %s', f.body ->> 'language')
               when 'Enqueued' then format('joins queue %s at position %s, priority %s%s%s', f.body ->> 'queue', f.body ->> 'position', f.body ->> 'priority',
                   (select ', wants ' || string_agg(format('%s %s', s.value ->> 'skill', s.value ->> 'level'), ', ' order by s.ordinality)
                    from jsonb_array_elements(f.body -> 'skills') with ordinality s),
                   ', asks for agent ' || (f.body ->> 'agent'))
               when 'QueueRefused' then format('not taken by queue %s: %s', f.body ->> 'queue',
                   case f.body ->> 'why' when 'full' then 'it is full' when 'nobody_there' then 'nobody is there whom it needs'
                                         when 'queue_gone' then 'there is no such queue' else f.body ->> 'why' end)
               when 'Offered' then format('offered to %s after %s ms by %s (affinity %s)%s; candidates: %s; skipped: %s%s',
                   f.body ->> 'agent', f.body ->> 'wait_ms', f.body ->> 'reason', f.body ->> 'affinity',
                   case when (f.body ->> 'relaxed')::bigint > 0 then format(', content with less by %s steps', f.body ->> 'relaxed') end,
                   coalesce((select string_agg(format('%s idle %s ms', c.value ->> 'agent', c.value ->> 'idle_ms'), ', ' order by c.ordinality)
                             from jsonb_array_elements(f.body -> 'candidates') with ordinality c), 'none'),
                   coalesce((select string_agg(format('%s %s', s.value ->> 'count', s.value ->> 'why'), ', ' order by s.ordinality)
                             from jsonb_array_elements(f.body -> 'skipped') with ordinality s), 'none'),
                   (select '; knows the caller: ' || string_agg(format('%s (%s)', p.value ->> 'agent', p.value ->> 'why'), ', ' order by p.ordinality)
                    from jsonb_array_elements(f.body -> 'passed') with ordinality p))
               when 'Dialled' then format('%s dials %s through trunk %s, showing %s', coalesce(nullif(f.body ->> 'agent', ''), 'the house'), f.body ->> 'number', f.body ->> 'trunk',
                   coalesce(nullif(f.body ->> 'caller_id', ''), 'no number'))
               when 'CallbackRequested' then format('is to be called back at %s by queue %s (%s)', f.body ->> 'number', f.body ->> 'queue', f.body ->> 'mode')
               when 'CallbackTried' then format('callback, try %s: %s', f.body ->> 'tries', f.body ->> 'result')
               when 'CallbackEnded' then format('callback is over: %s', f.body ->> 'result')
               when 'DialEnded' then format('trunk %s after %s ms: %s (%s)', f.body ->> 'trunk', f.body ->> 'ring_ms', f.body ->> 'result', f.body ->> 'status')
               when 'Transferred' then format('handed on by node %s to %s: %s after %s ms%s', f.body ->> 'node',
                   coalesce(f.body ->> 'agent', f.body ->> 'number', 'nobody'), f.body ->> 'result', f.body ->> 'ring_ms',
                   coalesce(' (' || nullif(f.body ->> 'why', '') || ')', ''))
               when 'Answered' then format('%s answers after %s ms of ringing', coalesce(nullif(f.body ->> 'agent', ''), 'the called one'), f.body ->> 'ring_ms')
               when 'Held' then format('put on hold by %s', f.body ->> 'by')
               when 'Resumed' then format('resumed by %s after %s ms on hold', f.body ->> 'by', f.body ->> 'held_ms')
               when 'QueueLeft' then format('leaves queue %s after %s ms: %s%s%s', f.body ->> 'queue', f.body ->> 'wait_ms', f.body ->> 'result',
                   case f.body ->> 'why'
                       when 'longest_wait' then ', the longest wait is over' when 'queue_gone' then ', the queue is gone'
                       when 'nobody_there' then ', nobody is there whom it needs' when 'waited' then ', by its rule for such a wait'
                       when 'estimate' then ', by its rule for a long estimate' when 'length' then ', by its rule for a long line'
                       when 'closed' then ', by its rule for closing' when 'key' then ', by his own choice' else ', ' || (f.body ->> 'why') end,
                   ', to ' || replace(f.body ->> 'to', ':', ' '))
               when 'SegmentEnded' then format('%s is done: %s (ring %s ms, talk %s ms, hold %s ms)', coalesce(nullif(f.body ->> 'agent', ''), f.body ->> 'number'), f.body ->> 'result',
                   f.body ->> 'ring_ms', f.body ->> 'talk_ms', f.body ->> 'hold_ms')
               when 'LegMeasured' then format('audio of the %s: loss %s %%, jitter %s ms', f.body ->> 'leg', f.body ->> 'loss_in_pct', f.body ->> 'jitter_in_ms')
               when 'RecordingKept' then format('recorded in %s', f.body ->> 'path')
               when 'RecordingMissed' then format('not recorded: %s', f.body ->> 'why')
               when 'VoiceMessageLeft' then format('leaves a message (%s) of %s ms in %s', f.body ->> 'what', f.body ->> 'ms', f.body ->> 'recording')
               when 'VoiceMessageMissed' then format('could not leave a message (%s): %s', f.body ->> 'what', f.body ->> 'why')
               when 'Surveyed' then format('asked for %s: %s', f.body ->> 'question', coalesce(f.body ->> 'answer', 'no answer'))
               when 'CallEnded' then format('ended by the %s: %s (%s)', f.body ->> 'hangup_by', f.body ->> 'outcome', f.body ->> 'cause')
               when 'CallCoded' then format('%s says it was about %s (%s)', f.body ->> 'agent', f.body ->> 'code', f.body ->> 'how')
               when 'WrapUpEnded' then format('%s finishes after-call work after %s ms (%s)', f.body ->> 'agent', f.body ->> 'wrapup_ms', f.body ->> 'how')
               else format('%s %s', f.kind, f.body)
           end
    from hotline.fact f
    where f.call_id = timeline.call
    order by f.at, f.seq;
end;
comment on function report.timeline is 'A call''s facts in words, in order, with the reason of each decision. 一通电话的经过。';
revoke all on function report.timeline from public;
grant execute on function report.timeline to supervisor, hotline_app;
