// After the agent has hung up: the caller stays and is asked. It is one call all the same; the agent's part of it is over, and he
// is free.
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {

/// The agent hung up, and this queue wants to know how it was. False: there is nothing to ask, or nobody who would hear it.
bool Switchboard::State::begin_survey(Call& call, Leg& agent_leg, Now now) {
    const Stage stage = call.clock.stage();
    const bool talked = (stage == Stage::Talking || stage == Stage::Held) && agent_leg.id == call.agent_leg;
    const auto survey = site->surveys.find(call.queue_name);
    const Leg* caller = find(call.caller_leg);
    if (!talked || !call.machine || call.outside || call.transfer || !call.colleague.empty() || survey == site->surveys.end())
        return false;
    if (!caller || caller->state != LegState::Confirmed || caller->holding || draining) return false;

    silence(call);
    ports.media.stop(caller->id);
    ports.media.unbridge(caller->id);
    talk_over(call, agent_leg, now);
    call.clock.enter(Stage::Menu, now.at);
    call.talk_ended_by = HangupBy::Agent;
    call.agent_leg = {};
    close_leg(agent_leg, now);
    log::info("survey.begins", {{"call", call.id}, {"queue", call.queue_name}, {"flow", survey->second->name}});
    call.machine->enter(survey->second);
    feed(call, ivr::Started{}, now);
    return true;
}

void Switchboard::State::tell_answer(Call& call, const ivr::Answer& answer, Now now) {
    if (answer.answer) call.chose = true;
    const auto& variables = call.machine->shown_variables();
    const auto branch = variables.find("branch");
    Surveyed fact;
    fact.caller = customer_of(call);
    fact.agent = call.last_agent;
    if (!call.queue_name.empty()) fact.queue = call.queue_name;
    if (branch != variables.end()) fact.branch = branch->second;
    fact.question = answer.question;
    fact.answer = answer.answer;
    log::info("survey.answer", {{"call", call.id}, {"question", answer.question}, {"answer", answer.answer.value_or("none")}});
    tell(call.id, std::move(fact), now);
}

}  // namespace hotline::call
