// "This call is recorded": the first words of a call, or of a queue. No key ends it and no offer waits for it; an agent who answers
// meanwhile is heard when it is over.
#include "state.h"

namespace hotline::call {

/// In the caller's language, else the site's. Null: there is nothing to say.
const ivr::Utterance* Switchboard::State::notice_in(const Call& call, const ivr::Prompt& notice) const {
    auto words = notice.find(call.machine ? call.machine->language() : site->language);
    if (words == notice.end()) words = notice.find(site->language);
    return words == notice.end() || !site->record_calls ? nullptr : &words->second;
}

bool Switchboard::State::say_notice(Call& call, const ivr::Prompt& notice, Now now) {
    const ivr::Utterance* words = notice_in(call, notice);
    if (!words) return false;
    prepare(call, Ear::Use::Notice, {*words}, now);
    return true;
}

/// The agent has answered before it was over: both wait, and not for ever.
void Switchboard::State::hear_notice_out(Call& call, Now now) { timers.set({call.id, Deadline::Play}, now.at + kNoticeDeadline); }

void Switchboard::State::notice_over(Call& call, Now now) {
    silence(call);
    if (call.clock.stage() != Stage::Menu) call.heard_notice = true;
    switch (call.clock.stage()) {
        case Stage::Menu: return begin_flow(call, now);
        case Stage::Joining:
        case Stage::Waiting: return prepare(call, Ear::Use::QueueTalk, std::exchange(call.queue_talk, {}), now);
        case Stage::Talking: return ports.media.bridge(call.caller_leg, call.agent_leg);
        case Stage::Arriving:
        case Stage::Transferring:
        case Stage::Held:
        case Stage::Ending: return;
    }
}

}  // namespace hotline::call
