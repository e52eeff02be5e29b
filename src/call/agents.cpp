// Agents as people and phones: who is there, what they said by star code, and the fact of every change.
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

std::string_view state_of(const acd::AgentView& view) {
    switch (view.occupancy) {
        case acd::Occupancy::Reserved: return "ringing";
        case acd::Occupancy::Talking: return "talking";
        case acd::Occupancy::WrapUp: return "wrap_up";
        case acd::Occupancy::Busy: return "busy";
        case acd::Occupancy::Idle: break;
    }
    if (!view.present) return "offline";
    return view.availability == acd::Availability::Paused ? "paused" : "ready";
}

}  // namespace

AgentRecord* Switchboard::State::agent_record(acd::AgentId id) {
    const auto view = acd.view(id);
    if (!view) return nullptr;
    const auto it = agents.find(view->name);
    return it == agents.end() ? nullptr : &it->second;
}

/// After a configuration: agents who are new begin as offline; those who are gone keep their record until the process ends.
void Switchboard::State::learn_agents(Now now) {
    for (const auto& config : site->acd.agents) agents.try_emplace(config.name).first->second.name = config.name;
    for (auto& [name, agent] : agents) refresh_agent(agent, now);
}

void Switchboard::State::on(const AgentContacts& event, Now now) {
    const auto it = agents.find(event.agent);
    if (it == agents.end()) return late();
    AgentRecord& agent = it->second;
    const bool appeared = agent.contacts == 0 && event.contacts > 0;
    agent.contacts = event.contacts;
    if (event.contacts > 0) agent.phone_address = event.source;
    log::info("agent.contacts", {{"agent", agent.name}, {"contacts", event.contacts}});
    if (!site->login_by_registering || (!appeared && event.contacts > 0)) return set_logged_in(agent, agent.logged_in, now);
    if (event.signed_off) return log_out(agent, now);
    set_logged_in(agent, event.contacts > 0, now);
}

/// Present means: wants to work here, and has a phone that can ring.
void Switchboard::State::set_logged_in(AgentRecord& agent, bool logged_in, Now now) {
    agent.logged_in = logged_in;
    if (const auto id = acd.agent(agent.name)) acd.set_present(id, logged_in && agent.contacts > 0, now.at);
    refresh_agent(agent, now);
}

/// He says that his work is over, and a pause with it: when he is back he is ready. A phone that only was not heard of for a while
/// ends no pause.
void Switchboard::State::log_out(AgentRecord& agent, Now now) {
    set_logged_in(agent, false, now);
    if (const auto id = acd.agent(agent.name)) acd.sign_off(id, now.at);
    refresh_agent(agent, now);
}

void Switchboard::State::refresh_agent(acd::AgentId id, Now now) {
    if (AgentRecord* agent = agent_record(id)) refresh_agent(*agent, now);
}

void Switchboard::State::refresh_agent(AgentRecord& agent, Now now) {
    const auto view = acd.view(acd.agent(agent.name));
    const std::string state(view ? state_of(*view) : "offline");
    const std::string reason(view && state == "paused" ? view->pause_reason : "");
    change_agent(agent, state, reason, now);
}

/// One stretch ends and the next begins; nothing when it is the same.
void Switchboard::State::change_agent(AgentRecord& agent, const std::string& state, const std::string& reason, Now now) {
    if (state == agent.state && reason == agent.reason) return;
    AgentChanged fact{agent.name, state, reason, agent.state, agent.since.wall, to_ms(now.at - agent.since.at)};
    if (agent.state.empty()) {
        fact.previous_from = now.wall;
        fact.previous_ms = 0;
    }
    log::info("agent.changed", {{"agent", agent.name}, {"state", state}, {"reason", reason}, {"was", agent.state}});
    agent.state = state;
    agent.reason = reason;
    agent.since = now;
    tell(CallId{}, std::move(fact), now);
}

/// While an agent is in calls of his own (a star code may cross another) nobody is offered to him.
void Switchboard::State::occupy(Call& call, const std::string& name, Now now) {
    const auto it = agents.find(name);
    if (it == agents.end()) return;
    call.occupied.push_back(name);
    if (++it->second.own_calls == 1) acd.set_busy(acd.agent(name), true, now.at);
    refresh_agent(it->second, now);
}

void Switchboard::State::release_occupied(Call& call, Now now) {
    for (const std::string& name : std::exchange(call.occupied, {})) release(name, now);
}

void Switchboard::State::release(const std::string& name, Now now) {
    AgentRecord& agent = agents.at(name);
    if (--agent.own_calls == 0) acd.set_busy(acd.agent(name), false, now.at);
    refresh_agent(agent, now);
}

const ivr::Prompt* Switchboard::State::obey_star_code(Call& call, Now now) {
    const auto it = agents.find(call.origin.name);
    if (it == agents.end()) return nullptr;
    AgentRecord& agent = it->second;
    const acd::AgentId id = acd.agent(agent.name);
    const auto& codes = site->star_codes;
    const char* words = nullptr;
    if (call.star_code == codes.log_in) {
        set_logged_in(agent, true, now);
        acd.resume(id, now.at);
        words = agent.contacts > 0 ? "agent_logged_in" : "agent_has_no_phone";
    } else if (call.star_code == codes.log_out) {
        log_out(agent, now);
        words = "agent_logged_out";
    } else if (call.star_code == codes.pause) {
        acd.pause(id, "star code", now.at);
        words = "agent_paused";
    } else if (call.star_code.starts_with(codes.code)) {
        words = take_code(agent, call.star_code.substr(codes.code.size()));
    } else if (call.star_code == codes.resume) {
        acd.finish_wrapup(id, now.at);
        decide(now);  // tells the end of the wrap-up before what he does next
        acd.resume(id, now.at);
        words = "agent_resumed";
    }
    refresh_agent(agent, now);
    const auto prompt = words ? site->system_prompts.find(words) : site->system_prompts.end();
    return prompt == site->system_prompts.end() ? nullptr : &prompt->second;
}

/// What the conversation was about that he is in, or wraps up. The last word counts.
const char* Switchboard::State::take_code(AgentRecord& agent, const std::string& digits) {
    const auto codes = site->wrapup_codes.find(agent.last_queue);
    if (!agent.coded_call || codes == site->wrapup_codes.end()) return "agent_code_unknown";
    const auto code = codes->second.codes.find(digits);
    if (code == codes->second.codes.end()) return "agent_code_unknown";
    agent.code = code->second;
    return "agent_coded";
}

/// His work on this call is over: what he said of it, or what stands for saying nothing.
void Switchboard::State::write_code(AgentRecord& agent, CallId call, Now now) {
    if (!agent.coded_call || agent.coded_call != call) return;
    agent.coded_call = {};
    const auto codes = site->wrapup_codes.find(agent.last_queue);
    const bool said = !agent.code.empty();
    judge_callback(call, agent.code, now);
    if (!said && (codes == site->wrapup_codes.end() || codes->second.otherwise.empty())) return;
    tell(call, CallCoded{agent.last_queue, agent.name, said ? agent.code : codes->second.otherwise, said ? "agent" : "default"},
         now);
}

/// Names for several queues, for reports; told at the start and when they change.
void Switchboard::State::tell_groups(Now now) {
    if (told_groups == site->queue_groups) return;
    told_groups = site->queue_groups;
    QueueGroupsSet fact;
    for (const auto& [group, queues] : site->queue_groups)
        for (const auto& queue : queues) fact.members.push_back({group, queue});
    tell(CallId{}, std::move(fact), now);
}

void Switchboard::State::on(const JournalFilled& event, Now) { journal_filled = event.share; }

// A recording outlives its call: its facts need the id alone.
void Switchboard::State::on(const RecordingSaved& event, Now now) {
    tell(event.call, RecordingKept{event.path, event.sha256, to_ms(event.length)}, now);
}

void Switchboard::State::on(const RecordingLost& event, Now now) {
    log::error("recording.lost", {{"call", event.call}, {"why", event.text}});
    tell(event.call, RecordingMissed{event.text}, now);
}

}  // namespace hotline::call
