#include "hotline/call/switchboard.h"

#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {

Switchboard::State::State(Ports given, IdSource<LegId>& legs_source, std::uint64_t first_call_id,
                          std::shared_ptr<const Site> first_site, Now now)
    : ports(given), leg_ids(legs_source), next_call_id(first_call_id), site(std::move(first_site)), random(first_call_id) {
    acd.configure(site->acd, now.at);
    learn_agents(now);
}

Call* Switchboard::State::find(CallId id) {
    const auto it = calls.find(id);
    return it == calls.end() ? nullptr : it->second.get();
}

Leg* Switchboard::State::find(LegId id) {
    const auto it = legs.find(id);
    return it == legs.end() ? nullptr : &it->second;
}

Call& Switchboard::State::call_of(const Leg& leg) {
    Call* call = find(leg.call);
    HL_CHECK(call, "a leg without a live call");
    return *call;
}

/// Milliseconds since 1970 shifted by 20 bits, or one more than the last: rises even when the wall clock is set back.
CallId Switchboard::State::new_call_id(Now now) {
    const auto from_clock = static_cast<std::uint64_t>(to_unix_us(now.wall) / 1000) << 20;
    next_call_id = std::max(next_call_id, from_clock);
    return CallId{next_call_id++};
}

bool Switchboard::State::step(Leg& leg, LegEvent event) {
    const auto to = leg.role == LegRole::Caller ? next(kIncomingLeg, leg.state, event) : next(kOutgoingLeg, leg.state, event);
    if (!to) {
        late();
        return false;
    }
    leg.state = *to;
    return true;
}

void Switchboard::State::on_deadline(TimerKey key, Now now) {
    Call* call = find(key.call);
    if (!call) return late();
    switch (key.deadline) {
        case Deadline::Listen: return feed(*call, ivr::TimerFired{}, now);
        case Deadline::Speech:
            log::warn("speech.late", {{"call", call->id}, {"cure", "look at the synthesis command and its load"}});
            speeches.erase(call->ear.speech);
            call->ear.speech = {};
            call->ear.loading = {};
            return prompt_ended(*call, now);
        case Deadline::Play: call->ear.play = {}; return prompt_ended(*call, now);
        case Deadline::Directory: return directory_is_late(*call, now);
        case Deadline::Announce: return announce(*call, now);
        case Deadline::CallbackOffer: return offer_callback(*call, now);
        case Deadline::Ring:
            if (call->transfer) return transfer_rings_no_more(*call, now);
            if (Leg* leg = find(call->calling_back ? call->caller_leg : call->agent_leg))
                call->outside ? outside_timed_out(*call, *leg, now) : colleague_declined(*call, *leg, "missed", now);
            return;
        case Deadline::Measured: return write_end(*call, now);
        case Deadline::Message: return message_late(*call, now);
        case Deadline::Abandoned: {
            log::error("call.legs_unreported",
                       {{"call", call->id}, {"legs", call->legs.size()}, {"cure", "report this: signalling or media lost a leg"}});
            for (const LegId id : std::vector(call->legs)) {
                Leg& leg = *find(id);
                leg.state = LegState::Closed;
                leg.audio_done = true;
                forget(leg, now);
            }
        }
    }
}

Switchboard::Switchboard(Ports ports, IdSource<LegId>& leg_ids, std::uint64_t first_call_id, std::shared_ptr<const Site> site,
                         Now now)
    : state_(std::make_unique<State>(ports, leg_ids, first_call_id, std::move(site), now)) {
    state_->tell(CallId{}, SystemStarted{HOTLINE_VERSION}, now);
    state_->tell_groups(now);
}
Switchboard::~Switchboard() = default;

void Switchboard::on(const Event& event, Now now) {
    std::visit([&](const auto& e) { state_->on(e, now); }, event);
}

void Switchboard::round(Now now) {
    state_->turn_the_page(now);
    state_->watch_hours(now);
    while (const auto key = state_->timers.pop(now.at)) state_->on_deadline(*key, now);
    state_->decide(now);
}

std::optional<Time> Switchboard::next_deadline() const {
    std::optional<Time> next;
    for (const auto& due : {state_->timers.next(), state_->acd.next_deadline(), state_->next_hour()})
        if (due) next = std::min(*due, next.value_or(*due));
    return next;
}

void Switchboard::reload(std::shared_ptr<const Site> site, Now now) {
    state_->site = std::move(site);
    state_->acd.configure(state_->site->acd, now.at);
    state_->hours_due = {};
    state_->day_ends = {};
    state_->announce_where_new(now);
    state_->learn_agents(now);
    state_->tell_groups(now);
}

void Switchboard::drain(Now) { state_->draining = true; }

void Switchboard::end_all(const std::string& why, Now now) {
    std::vector<CallId> ids;
    for (const auto& [id, call] : state_->calls) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (const CallId id : ids)
        if (Call* call = state_->find(id)) state_->cut_off(*call, why, now);
}

void Switchboard::stop(const std::string& why, Now now) {
    std::vector<CallId> ids;
    for (const auto& [id, call] : state_->calls) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (const CallId id : ids) {
        Call& call = *state_->find(id);
        state_->cut_off(call, why, now);
        if (Call* still = state_->find(id)) state_->write_end(*still, now);
    }
    // Every stretch of every agent's day ends here; a wrap-up that still runs is done.
    state_->acd.end_wrapups(now.at);
    state_->decide(now);
    for (auto& [name, agent] : state_->agents) state_->change_agent(agent, "offline", "", now);
    state_->tell(CallId{}, SystemStopped{why}, now);
}

Census Switchboard::census(Now now) const {
    Census out;
    out.calls = state_->calls.size();
    out.legs = state_->legs.size();
    out.timers = state_->timers.size();
    out.messages = state_->messages.size();
    out.callbacks = state_->callbacks.size();
    out.late_events = state_->late_events;
    for (const auto& [id, call] : state_->calls) {
        if (call->machine) ++out.machines;
        out.offers += state_->offers_of(*call).size();
    }
    for (const acd::QueueId id : state_->acd.queues()) {
        if (const auto view = state_->acd.view(id, now.at))
            out.queues.push_back({std::string(view->name), view->waiting, view->longest_wait, view->ready});
    }
    for (const char* state : {"offline", "paused", "ready", "ringing", "talking", "wrap_up", "busy"})
        out.agents_by_state[state] = 0;
    for (const auto& [name, agent] : state_->agents)
        if (!agent.state.empty()) ++out.agents_by_state[agent.state];
    for (const auto& [name, rules] : state_->site->trunks) out.trunk_calls[name] = 0;
    for (const auto& [id, leg] : state_->legs)
        if (!leg.trunk.empty() && leg.state != LegState::Closed) ++out.trunk_calls[leg.trunk];
    out.outbound_refused = state_->outbound_refused;
    out.emergency_calls = state_->emergency_calls;
    return out;
}

std::string_view to_text(acd::AffinityOutcome outcome) {
    switch (outcome) {
        case acd::AffinityOutcome::None: return "none";
        case acd::AffinityOutcome::Hit: return "hit";
        case acd::AffinityOutcome::TimedOut: return "timeout";
        case acd::AffinityOutcome::Unavailable: return "unavailable";
    }
    return "none";
}

}  // namespace hotline::call
