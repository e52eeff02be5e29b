// What the caller hears from us, and his keys: actions of the IVR machine, prompts, music.
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

/// The press that counted already has come by the other way, too.
bool is_echo(const Leg& leg, const KeyPress& press) {
    const auto& last = leg.last_key;
    return last && last->key == press.key && last->way != press.way && press.at - last->at <= kSamePress && leg.agreed &&
           leg.agreed->telephone_event;
}

}  // namespace

/// One input for the machine, then its wish.
void Switchboard::State::feed(Call& call, const ivr::Input& input, Now now) {
    if (!call.machine || call.clock.stage() != Stage::Menu) return late();
    const auto ask_queue = [this, now](const std::string& name) -> std::optional<ivr::QueueFigures> {
        const auto view = acd.view(acd.queue(name), now.at);
        if (!view) return std::nullopt;
        return ivr::QueueFigures{view->ready, view->waiting, acd.estimated_wait(acd.queue(name), now.at)};
    };
    const ivr::Step step = call.machine->resume(input, {now.wall, ask_queue});
    if (const bool secret = call.machine->takes_secret(); std::exchange(call.masked, secret) != secret)
        ports.media.mask_recording(call.caller_leg, secret);
    for (const auto& choice : step.choices) {
        call.chose = true;
        tell(call.id, MenuChosen{customer_of(call), choice.menu, std::string(1, choice.key), choice.what}, now);
        log::info("menu.chosen",
                  {{"call", call.id}, {"menu", choice.menu}, {"key", std::string(1, choice.key)}, {"choice", choice.what}});
    }
    for (const auto& effect : step.effects) leave_behind(call, effect, now);
    for (const auto& answer : step.answers) tell_answer(call, answer, now);
    if (step.drops_message) drop_message(call);
    if (step.gave_up)
        log::error(
            "ivr.gave_up",
            {{"call", call.id}, {"node", call.machine->node()}, {"cure", "the program goes in a circle: run hotlined check"}});
    if (step.action) perform(call, *step.action, now);
}

void Switchboard::State::perform(Call& call, const ivr::Action& action, Now now) {
    silence(call);
    if (const auto* say = std::get_if<ivr::SayThese>(&action)) return prepare(call, Ear::Use::Prompt, say->utterances, now);
    if (const auto* listen = std::get_if<ivr::Listen>(&action)) {
        call.listened = true;
        return timers.set({call.id, Deadline::Listen}, now.at + listen->timeout);
    }
    if (const auto* wish = std::get_if<ivr::Enqueue>(&action)) return join(call, *wish, now);
    if (const auto* wish = std::get_if<ivr::TransferTo>(&action)) return begin_transfer(call, *wish, now);
    if (const auto* question = std::get_if<ivr::AskTables>(&action)) return inquire(call, *question, now);
    if (const auto* question = std::get_if<ivr::AskWeb>(&action)) return inquire(call, *question, now);
    if (const auto* wish = std::get_if<ivr::TakeMessage>(&action)) return take_message(call, *wish, now);
    if (std::holds_alternative<ivr::EndMessage>(action)) return end_message(call);
    if (std::holds_alternative<ivr::PlayMessage>(action)) return play_message(call, now);
    if (std::holds_alternative<ivr::KeepMessage>(action)) return keep_message(call, now);
    if (const auto* wish = std::get_if<ivr::RequestCallback>(&action)) {
        CallbackWish out{wish->queue, wish->number, "menu", wish->priority};
        for (const auto& [skill, level] : wish->skills) out.skills.push_back({skill, level});
        return feed(call, request_callback(call, out, now), now);
    }
    end(call, HangupBy::System, "end of the menu", now);
}

/// Stops what is being prepared or played and the waits that belong to it.
void Switchboard::State::silence(Call& call) {
    timers.cancel({call.id, Deadline::Listen});
    timers.cancel({call.id, Deadline::Speech});
    timers.cancel({call.id, Deadline::Play});
    speeches.erase(call.ear.speech);
    if (call.ear.play) ports.media.stop(call.caller_leg);
    call.ear = {};
}

void Switchboard::State::prepare(Call& call, Ear::Use use, std::vector<ivr::Utterance> utterances, Now now) {
    call.ear.use = use;
    call.ear.speech = speech_ids.next();
    speeches.emplace(call.ear.speech, call.id);
    timers.set({call.id, Deadline::Speech}, now.at + kSpeechDeadline);
    ports.speech.prepare(call.ear.speech, std::move(utterances));
}

void Switchboard::State::on(const SpeechReady& event, Now now) {
    const auto it = speeches.find(event.speech);
    if (it == speeches.end()) return late();
    Call& call = *find(it->second);
    speeches.erase(it);
    timers.cancel({call.id, Deadline::Speech});
    call.ear.speech = {};

    std::vector<SoundRef> sounds = event.sounds;
    if (call.ear.use == Ear::Use::QueueTalk && !sounds.empty()) {
        // The last one is the music that follows (speech is asked for both at once, so that there is no gap).
        if (sounds.back()) call.music = sounds.back();
        sounds.pop_back();
    }
    std::erase(sounds, nullptr);
    if (call.ear.use == Ear::Use::Ringback) {
        call.ear = {};
        if (!sounds.empty()) ports.media.play(call.agent_leg, play_ids.next(), std::move(sounds), Media::PlayMode::Loop);
        return;
    }
    if (call.ear.use == Ear::Use::HoldMusic) {
        call.ear = {};
        if (!sounds.empty()) {
            call.music = sounds.front();
            entertain_held(call, now);
        }
        return;
    }
    if (sounds.empty()) return prompt_ended(call, now);
    play(call, std::move(sounds), Media::PlayMode::Once, now);
}

void Switchboard::State::play(Call& call, std::vector<SoundRef> sounds, Media::PlayMode mode, Now now) {
    call.ear.play = play_ids.next();
    const bool both_wait = hears_notice(call) && call.clock.stage() == Stage::Talking;  // since when has its own deadline
    if (mode == Media::PlayMode::Once && !both_wait) timers.set({call.id, Deadline::Play}, now.at + kPlayDeadline);
    ports.media.play(call.caller_leg, call.ear.play, std::move(sounds), mode);
}

void Switchboard::State::on(const PlayEnded& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg) return late();
    Call& call = call_of(*leg);
    if (!call.ear.play || call.ear.play != event.play) return late();
    call.ear.play = {};
    timers.cancel({call.id, Deadline::Play});
    prompt_ended(call, now);
}

void Switchboard::State::prompt_ended(Call& call, Now now) {
    switch (call.ear.use) {
        case Ear::Use::Nothing:
        case Ear::Use::Ringback:
        case Ear::Use::HoldMusic: call.ear = {}; return;
        case Ear::Use::Prompt:
            call.ear = {};
            if (!call.star_code.empty()) return end(call, HangupBy::System, "star code done", now);
            return feed(call, ivr::PromptEnded{}, now);
        case Ear::Use::Notice: return notice_over(call, now);
        case Ear::Use::QueueTalk:
        case Ear::Use::QueueMusic: return music(call, now);
    }
}

void Switchboard::State::on(const DigitHeard& event, Now now) { on_key(event.leg, event.key, KeyWay::Media, now); }
void Switchboard::State::on(const InfoDigit& event, Now now) { on_key(event.leg, event.key, KeyWay::Info, now); }

void Switchboard::State::on_key(LegId id, char key, KeyWay way, Now now) {
    Leg* leg = find(id);
    if (!leg) return late();
    Call& call = call_of(*leg);
    if (leg->id != call.caller_leg) return;
    const KeyPress pressed{key, way, now.at};
    if (is_echo(*leg, pressed)) return;
    leg->last_key = pressed;
    const bool begins = is_silent_for_language(call) || (hears_notice(call) && call.clock.stage() == Stage::Menu);
    if (leg->state == LegState::Answered || begins) {
        if (call.typed_ahead.size() < kMaxTypedAhead) call.typed_ahead += key;
    } else if (leg->state == LegState::Confirmed) {
        press(call, key, now);
    }
}

/// A key chooses in a menu; elsewhere it ends what is being said and asks nothing of us. Between caller and agent it travels with
/// the audio.
void Switchboard::State::press(Call& call, char key, Now now) {
    if (call.machine && call.clock.stage() == Stage::Menu) return feed(call, ivr::Digit{key}, now);
    if (takes_callback(call, key, now) || leaves_by_key(call, key, now)) return;
    const bool talk = call.ear.use == Ear::Use::QueueTalk || call.ear.use == Ear::Use::Prompt;
    if (!talk || !call.ear.play || call.ear.speech) return;  // while the next words are made, what plays is music
    ports.media.stop(call.caller_leg);
    timers.cancel({call.id, Deadline::Play});
    call.ear.play = {};
    prompt_ended(call, now);
}

}  // namespace hotline::call
