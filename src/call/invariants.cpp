// What must be true between two events. For the simulation and tests: it reads everything.
#include "state.h"

namespace hotline::call {

std::string Switchboard::broken_invariant(Now now) const {
    State& s = *state_;
    if (const auto broken = s.acd.broken_invariant(now.at); !broken.empty()) return "acd: " + broken;
    for (const auto& [id, leg] : s.legs) {
        const Call* call = s.find(leg.call);
        if (!call) return "leg " + call::to_text(id) + " without a live call";
        const bool known = std::find(call->legs.begin(), call->legs.end(), id) != call->legs.end();
        if (!known && !leg.over()) return "leg " + call::to_text(id) + " is not known to its call";
    }
    std::map<acd::AgentId, CallId> engaged;
    for (const auto& [id, call] : s.calls) {
        const std::string name = "call " + hotline::to_text(id);
        const Stage stage = call->clock.stage();
        const Leg* agent = s.find(call->agent_leg);
        const Leg* caller = s.find(call->caller_leg);
        if (!caller && !call->calling_back) return name + " has no caller's leg";
        if ((stage == Stage::Talking || stage == Stage::Held) && (!agent || agent->state != LegState::Confirmed))
            return name + " talks to nobody";
        if (stage == Stage::Waiting && !agent && !s.acd.position(id)) return name + " waits in no queue";
        const bool fetched = call->calling_back && !call->calling_back->reached;  // the customer is on his way to his place
        if (stage != Stage::Waiting && s.acd.position(id) && !fetched) return name + " is in a queue and elsewhere";
        std::vector<LegId> theirs = s.offers_of(*call);
        if (!theirs.empty() && stage != Stage::Waiting) return name + " rings for somebody and does not wait";
        if (agent && !agent->offer) theirs.push_back(agent->id);
        if (theirs.size() != call->ringing + (agent && agent->answered ? 1u : 0u) && stage != Stage::Ending &&
            !(agent && agent->role == LegRole::Outside))
            return name + " counts its ringing phones wrongly";
        for (const LegId one : theirs) {
            agent = s.find(one);
            if (agent->role != LegRole::Agent || stage == Stage::Ending) continue;
            const auto [other, first] = engaged.emplace(agent->agent, id);
            if (!first) return name + " and call " + hotline::to_text(other->second) + " have the same agent";
            const auto view = s.acd.view(agent->agent);
            const bool own = !call->colleague.empty() || call->transfer;
            const auto expected = own                       ? acd::Occupancy::Busy
                                  : stage == Stage::Waiting ? acd::Occupancy::Reserved
                                                            : acd::Occupancy::Talking;
            if (!view || view->occupancy != expected) return name + ": its agent is not occupied with it";
        }
        const bool talks = stage == Stage::Talking || stage == Stage::Held;
        if (stage == Stage::Transferring && (!call->transfer || !s.timers.has({id, Deadline::Ring})))
            return name + " is handed on and waits for nothing";
        if (call->transfer && stage != Stage::Transferring && !talks && stage != Stage::Ending)
            return name + " is handed on and is elsewhere";
        if (call->ear.inquiry && (stage != Stage::Menu || !s.timers.has({id, Deadline::Listen})))
            return name + " asks the outside and does not wait for the answer";
        if (stage == Stage::Ending && call->told && call->legs.empty()) return name + " is over and still here";
        if (stage == Stage::Menu && !call->told && call->machine && !call->ear.speech && !call->ear.play && !call->ear.loading &&
            caller && caller->state == LegState::Confirmed && !s.timers.has({id, Deadline::Listen}) &&
            !s.timers.has({id, Deadline::Message}) && !(call->awaits_language && s.timers.has({id, Deadline::Directory})))
            return name + " stands in the menu and waits for nothing";
    }
    for (const auto& [number, callback] : s.callbacks.all()) {
        const Call* call = s.find(callback.attempt);
        const bool stands = call || callback.reached || s.acd.position(callback.attempt);
        if (!stands) return "a callback that waits nowhere: " + number;
        if (call && (!call->calling_back || call->calling_back->number != number))
            return "a call for another's callback: " + number;
    }
    for (const auto& [speech, id] : s.speeches)
        if (!s.find(id)) return "speech for a call that is gone";
    return {};
}

}  // namespace hotline::call
