// Voice messages: what the menu asks of media, and what becomes of them when the caller hangs up.
//
//   TakeMessage ─▶ Speaking ──he is silent, presses the key, or is gone──▶ Spoken ──the menu, or his hang-up──▶ Keeping ─▶ fact
//                     │ └─ too little was said: dropped                        └─ the menu drops it
//                     └─ the menu goes elsewhere ─▶ Unwanted ─▶ dropped
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {

/// The call whose menu has this message in hand. Null: it is over, or has gone on without it.
Call* Switchboard::State::in_menu_with(VoiceMessageId id, CallId call_id) {
    Call* call = find(call_id);
    return call && call->message == id && call->clock.stage() == Stage::Menu ? call : nullptr;
}

void Switchboard::State::take_message(Call& call, const ivr::TakeMessage& wish, Now now) {
    drop_message(call);
    call.listened = true;
    if (messages.size() >= site->max_calls) {
        log::error("message.refused", {{"call", call.id}, {"cure", "look at the disk: so many messages wait for it"}});
        return timers.set({call.id, Deadline::Message}, now.at + kMessageRefused);  // not at once: the menu may ask again
    }
    const VoiceMessageId id = message_ids.next();
    const std::string queue = wish.queue.empty() ? call.queue_name : wish.queue;
    messages[id] = {call.id, customer_of(call), queue.empty() ? std::nullopt : std::optional(queue), wish.what, wish.shortest};
    call.message = id;
    const std::string path = recording_path(*site, call.id, now.wall, "-message-" + std::to_string(++call.messages));
    using Tone = Media::MessageOrder::Tone;
    ports.media.take_message({id, call.id, call.caller_leg, path, wish.beep ? Tone::Beep : Tone::None, wish.longest, wish.silence});
    timers.set({call.id, Deadline::Message}, now.at + wish.longest + kMessageEnds);
    log::info("message.begins", {{"call", call.id}, {"what", wish.what}, {"path", path}});
}

void Switchboard::State::end_message(Call& call) {
    if (call.message) ports.media.end_message(call.caller_leg, call.message);
}

void Switchboard::State::on(const VoiceMessageEnded& event, Now now) {
    const auto found = messages.find(event.message);
    if (found == messages.end()) return late();
    VoiceMessage& message = found->second;
    if (message.state == MessageState::Unwanted) return drop(event.message);
    if (message.state != MessageState::Speaking) return late();
    message.state = MessageState::Spoken;
    const bool enough = event.spoken >= message.shortest && event.spoken > Duration{0};
    log::info("message.ended", {{"call", message.call}, {"ms", to_ms(event.length)}, {"spoken_ms", to_ms(event.spoken)}});
    Call* call = in_menu_with(event.message, message.call);
    if (!call) {  // he hung up: what he has said counts
        if (!enough) return drop(event.message);
        Call* gone = find(message.call);
        if (gone && gone->message == event.message) gone->left_message = true;
        return keep(event.message, message);
    }
    timers.cancel({call->id, Deadline::Message});
    if (!enough) drop_message(*call);
    feed(*call, enough ? ivr::MessageNews::Spoken : ivr::MessageNews::Silent, now);
}

void Switchboard::State::play_message(Call& call, Now now) {
    call.ear.use = Ear::Use::Prompt;
    call.ear.loading = call.message;
    timers.set({call.id, Deadline::Speech}, now.at + kSpeechDeadline);
    ports.media.load_message(call.message);
}

void Switchboard::State::on(const VoiceMessageLoaded& event, Now now) {
    const auto found = messages.find(event.message);
    Call* call = found == messages.end() ? nullptr : find(found->second.call);
    if (!call || call->ear.loading != event.message) return late();
    call->ear.loading = {};
    timers.cancel({call->id, Deadline::Speech});
    if (!event.sound) return prompt_ended(*call, now);
    play(*call, {event.sound}, Media::PlayMode::Once, now);
}

void Switchboard::State::keep_message(Call& call, Now now) {
    const auto found = messages.find(call.message);
    if (found == messages.end()) return feed(call, ivr::MessageNews::Lost, now);
    call.left_message = true;
    timers.set({call.id, Deadline::Message}, now.at + kMessageSaved);
    keep(call.message, found->second);
}

void Switchboard::State::keep(VoiceMessageId id, VoiceMessage& message) {
    message.state = MessageState::Keeping;
    ports.media.settle_message(id, Media::Fate::Keep);
}

void Switchboard::State::on(const VoiceMessageSaved& event, Now now) {
    auto saved = messages.extract(event.message);
    if (saved.empty()) return late();
    const VoiceMessage& message = saved.mapped();
    tell(message.call, VoiceMessageLeft{message.caller, message.queue, message.what, to_ms(event.length), event.path, event.sha256},
         now);
    Call* call = in_menu_with(event.message, message.call);
    if (!call) return;
    call->message = {};
    timers.cancel({call->id, Deadline::Message});
    feed(*call, ivr::MessageNews::Kept, now);
}

void Switchboard::State::on(const VoiceMessageLost& event, Now now) {
    auto lost = messages.extract(event.message);
    if (lost.empty()) return late();
    const VoiceMessage& message = lost.mapped();
    if (message.state == MessageState::Unwanted) return;
    log::error("message.lost", {{"call", message.call}, {"what", message.what}, {"why", event.text}});
    tell(message.call, VoiceMessageMissed{message.caller, message.queue, message.what, event.text}, now);
    Call* call = find(message.call);
    if (!call || call->message != event.message) return;
    call->left_message = false;
    const bool waits = in_menu_with(event.message, call->id) != nullptr;
    if (waits && message.state == MessageState::Speaking) ports.media.end_message(call->caller_leg, event.message);
    call->message = {};
    if (!waits) return;
    timers.cancel({call->id, Deadline::Message});
    silence(*call);
    feed(*call, ivr::MessageNews::Lost, now);
}

/// There was no room for it; or neither media nor the disk said anything in time. Whatever it is that they say later: a message
/// that was spoken is kept.
void Switchboard::State::message_late(Call& call, Now now) {
    if (call.message)
        log::error("message.late", {{"call", call.id}, {"cure", "look at the disk, or report this: media lost a message"}});
    end_message(call);
    call.left_message = false;
    call.message = {};
    feed(call, ivr::MessageNews::Lost, now);
}

/// He does not want it: begins anew, or goes elsewhere.
void Switchboard::State::drop_message(Call& call) {
    const VoiceMessageId id = std::exchange(call.message, {});
    const auto found = messages.find(id);
    timers.cancel({call.id, Deadline::Message});
    if (found == messages.end()) return;
    if (found->second.state == MessageState::Spoken) return drop(id);
    if (found->second.state != MessageState::Speaking) return;
    found->second.state = MessageState::Unwanted;
    ports.media.end_message(call.caller_leg, id);
}

void Switchboard::State::drop(VoiceMessageId id) {
    messages.erase(id);
    ports.media.settle_message(id, Media::Fate::Drop);
}

/// The call ends while he thinks about what he has said: it counts.
void Switchboard::State::keep_spoken_message(Call& call) {
    const auto found = messages.find(call.message);
    timers.cancel({call.id, Deadline::Message});
    if (found == messages.end() || found->second.state != MessageState::Spoken) return;
    call.left_message = true;
    keep(call.message, found->second);
}

}  // namespace hotline::call
