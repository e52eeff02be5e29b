// Callbacks (virtual hold): who would rather not wait is called back when his turn comes. Here: the offer, the request, the list.
// What happens when the turn has come is in calling_back.cpp.
//
//   waiting ─key─┐                       ┌─ he calls again: his place is his in the new call
//   menu ────────┼▶ request ─▶ in line ──┼─ turn ─▶ a call is placed ─▶ connected: done
//   overflow ────┘     │          ▲      │                └─ busy, nobody, a machine ─┐
//                      │          └──────┼──── later, as long as tries are left ──────┘
//                      └▶ already, refused, closed, failed                   └─ too old: expired
#include <algorithm>

#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

using ivr::CallbackAnswer;

constexpr Duration kTalkOver = 2s;     // until an offer that would be said over something else is tried again
constexpr Duration kLookAgain = 1min;  // whether he may be offered one by now

std::string_view word_of(CallbackRules::Mode mode) {
    return mode == CallbackRules::Mode::AgentFirst ? "agent_first" : "customer_first";
}

/// Some route leads there, at some hour.
bool has_route(const OutboundRules& rules, const Number& number) {
    return std::ranges::any_of(rules.routes, [&](const Route& route) {
        return route.prefixes.empty() ||
               std::ranges::any_of(route.prefixes, [&](const std::string& prefix) { return begins_with(number, prefix); });
    });
}

}  // namespace

const std::string& customer_of(const Call& call) { return call.calling_back ? call.calling_back->number : call.caller; }

// ── May he? ──

/// The number to call, if it is one that is called: a short one is no subscriber's, a withheld one is nobody's.
std::optional<Number> Switchboard::State::number_to_call(const std::string& written, const CallbackRules& rules,
                                                         const Call& call) const {
    if (!tells_who_calls(written)) return std::nullopt;
    const auto number = read_number(written, site->outbound.area_code);
    if (!number || number->kind == Number::Kind::Short) return std::nullopt;
    if (!may_be_called(site->outbound, *number) || !has_route(site->outbound, *number)) return std::nullopt;
    const bool own = number == read_number(call.caller, site->outbound.area_code);
    const auto named = [&](const std::string& prefix) { return begins_with(*number, prefix); };
    if (!own && !rules.allowed.empty() && std::ranges::none_of(rules.allowed, named)) return std::nullopt;
    return number;
}

/// An hour that cannot be known does not keep anybody from being called.
bool Switchboard::State::calls_back_now(const std::string& queue, Wall wall) const {
    const auto rules = site->callbacks.find(queue);
    const bool own = rules != site->callbacks.end() && rules->second.hours;
    const auto of_queue = site->queue_hours.find(queue);
    const auto hours = own ? rules->second.hours : of_queue == site->queue_hours.end() ? nullptr : of_queue->second;
    if (!hours) return true;
    const auto open = ivr::open_at(*hours, wall);
    return !open || *open;
}

// ── The offer, while he waits ──

void Switchboard::State::plan_callback_offer(Call& call, Now now) {
    timers.cancel({call.id, Deadline::CallbackOffer});
    call.callback_offered = false;
    const auto rules = site->callbacks.find(call.queue_name);
    if (rules == site->callbacks.end() || !rules->second.offer_after || call.calling_back) return;
    if (!number_to_call(call.caller, rules->second, call)) return;
    timers.set({call.id, Deadline::CallbackOffer}, now.at + *rules->second.offer_after);
}

/// Said once by itself, and from then on behind his place and his wait.
void Switchboard::State::offer_callback(Call& call, Now now) {
    if (call.clock.stage() != Stage::Waiting) return;
    const auto words = words_of_offer(call);
    const auto sound = site->queue_sounds.find(call.queue_name);
    if (!words || sound == site->queue_sounds.end()) return;
    const bool busy = call.ear.use == Ear::Use::QueueTalk || hears_notice(call) || call.ear.speech;
    const bool later = !calls_back_now(call.queue_name, now.wall);
    if (busy || later || !acd.position(call.id))
        return timers.set({call.id, Deadline::CallbackOffer}, now.at + (later ? kLookAgain : kTalkOver));
    call.callback_offered = true;
    log::info("callback.offered", {{"call", call.id}, {"queue", call.queue_name}});
    prepare(call, Ear::Use::QueueTalk, {*words, sound->second.music}, now);
}

std::optional<ivr::Utterance> Switchboard::State::words_of_offer(const Call& call) const {
    const auto rules = site->callbacks.find(call.queue_name);
    if (rules == site->callbacks.end()) return std::nullopt;
    auto words = rules->second.offer.find(call.machine ? call.machine->language() : site->language);
    if (words == rules->second.offer.end()) words = rules->second.offer.find(site->language);
    return words == rules->second.offer.end() ? std::nullopt : std::optional(words->second);
}

/// The key that takes the offer. While a phone rings for him it does nothing: he is as good as served.
bool Switchboard::State::takes_callback(Call& call, char key, Now now) {
    const auto rules = site->callbacks.find(call.queue_name);
    if (!call.callback_offered || call.clock.stage() != Stage::Waiting || rules == site->callbacks.end()) return false;
    if (key != rules->second.key) return false;
    if (!acd.position(call.id)) return true;
    const auto affinity = acd.affinity(call.id);
    const auto answer = request_callback(call, {call.queue_name, call.caller, "key", call.priority, call.skills}, now);
    if (answer != CallbackAnswer::Taken) {
        log::info("callback.not_taken", {{"call", call.id}, {"queue", call.queue_name}});
        return true;  // and he goes on waiting
    }
    if (!call.answered_by_agent) call.affinity = affinity;
    leave_queue(call, "callback", now);
    call.clock.enter(Stage::Menu, now.at);
    silence(call);
    feed(call, ivr::QueueExit::Callback, now);
    return true;
}

// ── The request ──

CallbackAnswer Switchboard::State::request_callback(Call& call, const CallbackWish& wish, Now now) {
    const auto rules = site->callbacks.find(wish.queue);
    const acd::QueueId queue = acd.queue(wish.queue);
    if (rules == site->callbacks.end() || !queue || draining) return CallbackAnswer::Failed;
    const auto number = number_to_call(wish.number, rules->second, call);
    if (!number) return CallbackAnswer::Refused;
    if (callbacks.of(number->national)) return CallbackAnswer::Already;
    if (!calls_back_now(wish.queue, now.wall)) return CallbackAnswer::Closed;
    if (callbacks.full()) return CallbackAnswer::Refused;

    Callback callback;
    callback.id = new_call_id(now);
    callback.attempt = new_call_id(now);
    callback.asked_in = call.id;
    callback.number = *number;
    callback.caller = customer_of(call);
    callback.queue = wish.queue;
    callback.language = call.machine ? call.machine->language() : site->language;
    callback.mode = rules->second.mode;
    const bool waits = call.clock.stage() == Stage::Waiting && call.queue == queue;
    const bool had_place = waits || (call.queue_name == wish.queue && call.place != Time{} && !call.answered_by_agent);
    callback.place = had_place ? call.place : now.at;
    callback.expires = now.at + rules->second.expires;
    callback.priority = wish.priority;
    callback.skills = wish.skills;
    callback.served = call.served;
    if (waits) callback.agent = call.named;
    const acd::Away away = away_until(callback, now.at, now);
    if (!waits && is_full(queue, now)) return CallbackAnswer::Refused;
    const bool stands = waits ? acd.hand_over(call.id, callback.attempt, away, now.at) : line_up(callback, away, now);
    if (!stands) return CallbackAnswer::Failed;

    CallbackRequested fact{to_text(callback.id),
                           callback.caller,
                           number->national,
                           callback.queue,
                           std::string(word_of(callback.mode)),
                           wish.by,
                           wall_of(callback.place, now),
                           wall_of(callback.expires, now),
                           callback.priority};
    for (const auto& [skill, level] : callback.skills) fact.skills.push_back({skill, level});
    if (!callback.agent.empty()) fact.agent = callback.agent;
    fact.language = callback.language;
    log::info("callback.requested",
              {{"call", call.id}, {"callback", fact.callback}, {"queue", wish.queue}, {"number", fact.number}});
    tell(call.id, std::move(fact), now);
    call.will_be_called_back = true;
    callbacks.add(std::move(callback));
    return CallbackAnswer::Taken;
}

Wall Switchboard::State::wall_of(Time at, Now now) { return now.wall + std::chrono::duration_cast<Wall::duration>(at - now.at); }

/// An agent who is to wait for him waits as long as it can take to fetch him.
acd::Away Switchboard::State::away_until(const Callback& callback, Time from, Now now) const {
    acd::Away away{from, callback.expires, Duration{0}};
    if (callback.mode == CallbackRules::Mode::AgentFirst) return away;
    const CallbackRules& rules = rules_of(callback);
    const Route* route = route_for(site->outbound, callback.number, now.wall);
    const auto most = static_cast<int>(route ? route->trunks.size() : 1);
    away.hold = site->outbound.silence * most + rules.ring + rules.confirm;
    return away;
}

const CallbackRules& Switchboard::State::rules_of(const Callback& callback) const {
    static const CallbackRules kDefault;
    const auto rules = site->callbacks.find(callback.queue);
    return rules == site->callbacks.end() ? kDefault : rules->second;
}

bool Switchboard::State::is_full(acd::QueueId queue, Now now) const {
    const auto view = acd.view(queue, now.at);
    return view && std::ranges::any_of(site->acd.queues, [&](const acd::QueueConfig& config) {
               return config.name == view->name && view->waiting >= config.max_length;
           });
}

/// Into the queue, at his place. False: there is no such queue any more.
bool Switchboard::State::line_up(const Callback& callback, const acd::Away& away, Now now) {
    acd::Caller caller;
    caller.call = callback.attempt;
    caller.queue = acd.queue(callback.queue);
    caller.entered = callback.place;
    caller.priority_boost = callback.priority;
    caller.skills = callback.skills;
    caller.affinity = preferred(callback.served, now);
    caller.named = acd.agent(callback.agent);
    caller.returns = true;
    caller.away = away;
    return acd.enqueue(caller, now.at).ok();
}

// ── The list ──

/// He is not called before the pause is over; his place stays.
void Switchboard::State::wait_again(Callback& callback, Duration pause, Now now) {
    callback.reached = false;
    const acd::Away away = away_until(callback, now.at + pause, now);
    const CallId last = callback.attempt;
    callbacks.next_attempt(callback, new_call_id(now));
    if (acd.hand_over(last, callback.attempt, away, now.at) || line_up(callback, away, now)) return;
    end_callback(callback, "cancelled", callback.asked_in, now);
}

/// `callback` is gone afterwards; what is under way for it ends, unless he is connected.
void Switchboard::State::end_callback(Callback& callback, std::string_view result, CallId in, Now now) {
    const Callback over = callbacks.remove(callback);
    log::info("callback.ended", {{"callback", to_text(over.id)}, {"queue", over.queue}, {"result", result}, {"tries", over.tries}});
    tell(in, CallbackEnded{to_text(over.id), over.number.national, over.queue, std::string(result), over.tries}, now);
    Call* call = find(over.attempt);
    if (!call) return acd.leave(over.attempt, now.at);
    if (call->calling_back && !call->calling_back->reached) end(*call, HangupBy::System, "callback " + std::string(result), now);
}

/// Who has a callback and calls himself stands at its place, and is not called any more.
std::optional<Time> Switchboard::State::take_place_back(const Call& call, Now now) {
    const auto number = read_number(call.caller, site->outbound.area_code);
    Callback* callback = number && !call.calling_back ? callbacks.of(number->national) : nullptr;
    if (!callback || callback->queue != call.queue_name || callback->reached) return std::nullopt;
    const Time place = callback->place;
    end_callback(*callback, "called_again", call.id, now);
    return place;
}

/// What an earlier run of the daemon left open, once the store has all facts of that run.
void Switchboard::State::on(const CallbacksLeftOpen& event, Now now) {
    for (const auto& one : event.callbacks) {
        const auto number = read_number(one.number, site->outbound.area_code);
        const auto at = [&](Wall wall) { return now.at + std::chrono::duration_cast<Duration>(wall - now.wall); };
        const auto over = [&](const char* result) {
            tell(one.asked_in, CallbackEnded{to_text(one.callback), one.number, one.queue, result, one.tries}, now);
        };
        const auto rules = site->callbacks.find(one.queue);
        if (!number || rules == site->callbacks.end()) {
            over("cancelled");
            continue;
        }
        if (one.tries > rules->second.retries) {
            over("given_up");
            continue;
        }
        if (callbacks.of(number->national) || callbacks.full()) {  // he has asked again meanwhile, and was promised that
            over("called_again");
            continue;
        }
        Callback callback;
        callback.id = one.callback;
        callback.asked_in = one.asked_in;
        callback.attempt = new_call_id(now);
        callback.number = *number;
        callback.caller = one.caller;
        callback.queue = one.queue;
        callback.language = one.language;
        callback.agent = one.agent;
        callback.mode = rules->second.mode;
        callback.place = at(one.place);
        callback.expires = at(one.expires);
        callback.tries = one.tries;
        callback.priority = one.priority;
        for (const auto& [skill, level] : one.skills) callback.skills.push_back({skill, level});
        callback.served = one.served;
        if (!line_up(callback, away_until(callback, at(one.not_before), now), now)) {
            over("cancelled");
            continue;
        }
        log::info("callback.taken_up", {{"callback", to_text(callback.id)}, {"queue", one.queue}, {"tries", one.tries}});
        callbacks.add(std::move(callback));
    }
}

}  // namespace hotline::call
