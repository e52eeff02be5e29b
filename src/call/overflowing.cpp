// Callers whom a queue sends on before they are served: into another queue, into a program, or out by an exit of the queue's node;
// and those who leave it by a key.
#include <algorithm>

#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

constexpr Duration kHoursEvery = 1min;  // calendars count in minutes

ivr::QueueExit exit_named(std::string_view name) {
    if (name == "full") return ivr::QueueExit::Full;
    if (name == "unavailable") return ivr::QueueExit::Unavailable;
    return name == "timed_out" ? ivr::QueueExit::TimedOut : ivr::QueueExit::Overflow;
}

ivr::QueueExit exit_of(const acd::Expired& expired) {
    switch (expired.why) {
        case acd::Expired::Why::LongestWait: return ivr::QueueExit::TimedOut;
        case acd::Expired::Why::Overflow: return exit_named(expired.to);
        case acd::Expired::Why::QueueGone:
        case acd::Expired::Why::NobodyThere: break;
    }
    return ivr::QueueExit::Unavailable;
}

std::string_view word_of(const acd::Expired& expired) {
    switch (expired.why) {
        case acd::Expired::Why::LongestWait: return "longest_wait";
        case acd::Expired::Why::QueueGone: return "queue_gone";
        case acd::Expired::Why::NobodyThere: return "nobody_there";
        case acd::Expired::Why::Overflow: break;
    }
    switch (expired.rule) {
        case acd::OverflowRule::When::Waited: return "waited";
        case acd::OverflowRule::When::EstimatedWait: return "estimate";
        case acd::OverflowRule::When::Length: return "length";
        case acd::OverflowRule::When::Closed: break;
    }
    return "closed";
}

std::string way_of(const acd::Expired& expired) {
    if (expired.moved_to) return "queue:" + expired.to;
    if (expired.to.starts_with(kFlowPrefix)) return expired.to;
    switch (exit_of(expired)) {
        case ivr::QueueExit::Full: return "exit:full";
        case ivr::QueueExit::TimedOut: return "exit:timed_out";
        case ivr::QueueExit::Unavailable: return "exit:unavailable";
        case ivr::QueueExit::Callback: return "callback";
        case ivr::QueueExit::Overflow: break;
    }
    return "exit:overflow";
}

}  // namespace

void Switchboard::State::expired(const acd::Expired& expired, Now now) {
    Call* call = find(expired.call);
    Callback* callback = callbacks.placed_as(expired.call);
    if (callback && !callback->reached && !(call && call->calling_back->dialled)) {
        const bool too_old = expired.why == acd::Expired::Why::LongestWait;
        return end_callback(*callback, too_old ? "expired" : "cancelled", callback->asked_in, now);
    }
    if (!call || call->clock.stage() != Stage::Waiting) return;
    if (!call->answered_by_agent) call->affinity = expired.affinity;
    leave_queue(*call, "overflow", now, {std::string(word_of(expired)), way_of(expired)});
    if (expired.why == acd::Expired::Why::Overflow && std::ranges::find(call->been, expired.queue) == call->been.end())
        call->been.push_back(expired.queue);
    if (expired.moved_to) return moved(*call, expired.moved_to, now);
    call->overflowed = true;
    call->clock.enter(Stage::Menu, now.at);
    silence(*call);
    if (expired.to == kCallbackTarget) {
        const CallbackWish wish{call->queue_name, customer_of(*call), "overflow", call->priority, call->skills};
        if (request_callback(*call, wish, now) == ivr::CallbackAnswer::Taken) return feed(*call, ivr::QueueExit::Callback, now);
    }
    if (expired.to.starts_with(kFlowPrefix)) {
        const auto flow = site->overflow_flows.find(expired.to.substr(kFlowPrefix.size()));
        if (flow != site->overflow_flows.end()) return feed(*call, ivr::Diverted{flow->second}, now);
    }
    feed(*call, exit_of(expired), now);
}

/// By his own choice. While a phone rings for him the key does nothing, he is as good as served; nor does it end the words that
/// must be heard.
bool Switchboard::State::leaves_by_key(Call& call, char key, Now now) {
    const bool joins = call.clock.stage() == Stage::Joining, waits = call.clock.stage() == Stage::Waiting;
    if (!(joins || waits) || !call.machine || !call.machine->leaves_queue_by(key, now.wall)) return false;
    if (hears_notice(call) || (waits && !acd.position(call.id))) return true;
    if (waits) {
        if (!call.answered_by_agent) call.affinity = acd.affinity(call.id);
        acd.leave(call.id, now.at);
        leave_queue(call, "overflow", now, {"key", std::string("key:") + key});
        // Whom we called back is there, and wants something else.
        if (Callback* callback = callbacks.placed_as(call.id)) end_callback(*callback, "abandoned", call.id, now);
    } else {  // the line has not seen him yet
        timers.cancel({call.id, Deadline::Directory});
    }
    call.overflowed = true;
    call.clock.enter(Stage::Menu, now.at);
    silence(call);
    feed(call, ivr::Digit{key}, now);
    return true;
}

/// He waits in another queue now, at the place that he had; for the reports these are two stays.
void Switchboard::State::moved(Call& call, acd::QueueId to, Now now) {
    const std::string from = call.queue_name;
    call.queue = to;
    call.queue_name = acd.view(to, now.at)->name;
    call.joined = now;
    call.named.clear();
    call.wait_may_rise = true;
    log::info("queue.moved", {{"call", call.id}, {"from", from}, {"to", call.queue_name}});
    tell_enqueued(call, now);
    if (hears_notice(call)) return change_queue_talk(call, now);
    const auto old_sound = site->queue_sounds.find(from), sound = site->queue_sounds.find(call.queue_name);
    const bool same = old_sound != site->queue_sounds.end() && sound != site->queue_sounds.end() &&
                      old_sound->second.music == sound->second.music;
    if (same && (call.heard_notice || !notice_in(call, sound->second.notice))) {
        if (sound->second.announces()) timers.set({call.id, Deadline::Announce}, now.at + sound->second.announce_first);
        return;
    }
    silence(call);
    begin_waiting_sound(call, {}, now);
}

/// Opens and closes the queues by their calendars. An hour that cannot be known keeps a queue open.
void Switchboard::State::watch_hours(Now now) {
    if (now.at < hours_due) return;
    hours_due = now.at + kHoursEvery - now.wall.time_since_epoch() % std::chrono::duration_cast<Wall::duration>(kHoursEvery);
    for (const acd::QueueId id : acd.queues()) {
        const auto hours = site->queue_hours.find(std::string(acd.view(id, now.at)->name));
        const auto open = hours == site->queue_hours.end() ? Result<bool>(true) : ivr::open_at(*hours->second, now.wall);
        acd.set_open(id, !open || *open, now.at);
        acd.set_calling(id, calls_back_now(std::string(acd.view(id, now.at)->name), now.wall), now.at);
    }
}

/// While somebody waits in a queue with hours, its closing must not be overslept.
std::optional<Time> Switchboard::State::next_hour() const {
    const auto somebody = [&](const std::string& queue) {
        const auto view = acd.view(acd.queue(queue), hours_due);
        return view && view->waiting > 0;
    };
    const bool awaited =
        std::ranges::any_of(site->queue_hours, [&](const auto& entry) { return somebody(entry.first); }) ||
        std::ranges::any_of(site->callbacks, [&](const auto& entry) { return entry.second.hours && somebody(entry.first); });
    return awaited ? std::optional(hours_due) : std::nullopt;
}

}  // namespace hotline::call
