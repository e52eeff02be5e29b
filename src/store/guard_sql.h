// The statements of the guard: wrong tries at something secret, counted by what was claimed and by who calls (a call without a
// number by the call: who redials begins anew there, but what he claims is locked all the same).
//
// A try counts as wrong when it begins, so that many at once are no more than the allowed ones; a right one is taken back. Rows are
// locked in the order of their keys: two calls cannot wait for each other.
//
// Parameters of the first two: arrays of scope and key; how many tries; how long a lock lasts, in ms, which is also how long wrong
// ones are held against somebody.
#pragma once
#include <cstdint>

namespace hotline::store {

/// Gives 1 when the try may be made, 0 when something is locked.
inline constexpr const char* kGuardBegin = R"sql(
with asked as (
    select a.scope, a.key from unnest($1::text[], $2::text[]) as a (scope, key)
), locked as (
    select from hotline.guard g join asked a using (scope, key) where g.locked_until > now()
), tried as (
    insert into hotline.guard as g (scope, key, tries, tried_at)
    select a.scope, a.key, 1, now() from asked a where not exists (select from locked) order by a.scope, a.key
    on conflict (scope, key) do update set
        tries = case when g.locked_until > now() then g.tries
                     when g.locked_until is not null or g.tried_at < now() - $4::bigint * interval '1 millisecond' then 1
                     else g.tries + 1 end,
        tried_at = now(),
        locked_until = case when g.locked_until > now() then g.locked_until
                            when g.locked_until is not null or g.tried_at < now() - $4::bigint * interval '1 millisecond' then null
                            when g.tries >= $3::bigint then now() + $4::bigint * interval '1 millisecond' end
    returning locked_until
)
select (count(*) > 0 and count(*) filter (where locked_until > now()) = 0)::int from tried
)sql";

inline constexpr std::int64_t kRight = 1, kWrong = 0, kUndecided = -1;

/// What the try came to ($5): right, wrong, or undecided (the lookup failed). Gives how many of them are locked now. A right one
/// clears what was claimed; of the caller it takes this try back only, or a member's own PIN would be his way to guess those of
/// others.
inline constexpr const char* kGuardSettle = R"sql(
with held as (
    select g.scope, g.key from hotline.guard g join unnest($1::text[], $2::text[]) as a (scope, key) using (scope, key)
    order by g.scope, g.key for update of g
), settled as (
    update hotline.guard g set
        tries = case when $5::bigint = 0 then g.tries
                     when $5::bigint = 1 and g.scope <> 'caller' then 0
                     else greatest(0, g.tries - 1) end,
        locked_until = case when $5::bigint = 0 and g.tries >= $3::bigint and g.locked_until is null
                            then now() + $4::bigint * interval '1 millisecond' else g.locked_until end
    from held
    where g.scope = held.scope and g.key = held.key
    returning g.locked_until
)
select count(*) filter (where locked_until > now()) from settled
)sql";

/// Forgets tries that are held against nobody any more; some at a time, so that nobody waits for it. No lock lasts longer than a
/// day. Rows that a call has in hand are left to the next time. Gives how many there were.
inline constexpr const char* kGuardPrune = R"sql(
with old as (
    select g.scope, g.key from hotline.guard g
    where g.tried_at < now() - interval '2 days' and (g.locked_until is null or g.locked_until < now())
    limit 10000 for update of g skip locked
), gone as (
    delete from hotline.guard g using old where g.scope = old.scope and g.key = old.key returning 1
)
select count(*) from gone
)sql";

}  // namespace hotline::store
