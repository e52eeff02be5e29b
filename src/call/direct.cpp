// An agent calls a colleague by his number: no menu, no queue. The caller hears his phone's ringing tone until the colleague
// answers; nobody there is 480, in a call is 486.
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

struct Answer {
    int status;
    const char* phrase;
};

constexpr Answer kNobodyThere{480, "Temporarily Unavailable"};
constexpr Answer kBusyHere{486, "Busy Here"};

}  // namespace

void Switchboard::State::call_colleague(Call& call, Leg& leg, Now now) {
    const AgentRecord& colleague = agents.at(call.called);
    const auto view = acd.view(acd.agent(colleague.name));
    if (colleague.contacts == 0 || !view) return refuse(call, kNobodyThere.status, kNobodyThere.phrase, "nobody there", now);
    if (view->occupancy != acd::Occupancy::Idle || colleague.name == call.origin.name)
        return refuse(call, kBusyHere.status, kBusyHere.phrase, "busy", now);
    call.colleague = colleague.name;
    call.directory_answered = true;
    occupy(call, call.origin.name, now);
    occupy(call, call.colleague, now);
    open_audio(call, leg, leg.remote ? leg.remote->rtp.ip : leg.source);
}

/// The caller's port is there: now the colleague's phone.
void Switchboard::State::ring_colleague(Call& call, Now now) {
    ports.signaling.ring(call.caller_leg);
    AgentRecord& colleague = agents.at(call.colleague);
    Leg& leg = new_agent_leg(call, acd.agent(colleague.name), colleague.name, now);
    timers.set({call.id, Deadline::Ring}, now.at + kColleagueRings);
    open_audio(call, leg, colleague.phone_address);
}

void Switchboard::State::colleague_answered(Call& call, Leg& leg, Now now) {
    timers.cancel({call.id, Deadline::Ring});
    Leg& caller = *find(call.caller_leg);
    ports.media.connect(leg.id, *leg.agreed);
    mark_answered(call, leg, now);
    tell(call.id, Answered{"", leg.agent_name, to_ms(leg.rang), to_ms(leg.rang)}, now);
    answer_caller(call, caller, now);
    call.clock.enter(Stage::Talking, now.at);
    ports.media.bridge(caller.id, leg.id);
}

/// Busy, refused, not answered, unreachable: the caller is told, and that is the end of the call.
void Switchboard::State::colleague_declined(Call& call, Leg& leg, std::string_view result, Now now) {
    const CallId id = call.id;
    const Answer answer = result == "busy" || result == "rejected" ? kBusyHere : kNobodyThere;
    offer_over(call, leg, result, now);
    if (Call* still = find(id)) refuse(*still, answer.status, answer.phrase, "colleague: " + std::string(result), now);
}

}  // namespace hotline::call
