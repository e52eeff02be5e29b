// What a waiting caller is told between two stretches of music: his place, how long it will take, a word of comfort. All that is
// due at a time is one sequence of prompts, so nothing is ever said over something else.
#include <algorithm>

#include "hotline/ivr/spoken.h"
#include "state.h"

namespace hotline::call {
namespace {

/// Nobody is told 23 minutes: of these, the least that is not shorter.
constexpr int kMinutes[] = {1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60};
constexpr int kTooLong = 61;  // to be said

int said_minutes(Duration wait) {
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(wait).count();
    const auto found = std::ranges::find_if(kMinutes, [&](int one) { return one >= minutes; });
    return found == std::end(kMinutes) ? kTooLong : *found;
}

int one_step_more(int minutes) {
    const auto next = std::ranges::find_if(kMinutes, [&](int one) { return one > minutes; });
    return next == std::end(kMinutes) ? kTooLong : *next;
}

ivr::Utterance spoken_in(const ivr::Prompt& prompt, const std::string& language) {
    const auto words = prompt.find(language);
    return words == prompt.end() ? ivr::Utterance{} : words->second;
}

/// `before`, a number, `after`. A site may record the whole as NAME_3.wav; else it is synthesised in one piece, which sounds better
/// than glued ones.
ivr::Utterance with_number(const QueueSound& sound, const std::string& name, std::int64_t number, const std::string& language) {
    const auto piece = [&](const char* which) {
        const auto found = sound.phrases.find(name + which);
        return found == sound.phrases.end() ? std::string() : spoken_in(found->second, language).text;
    };
    return {name + '_' + std::to_string(number), piece("_before") + ivr::speak_number(number, language) + piece("_after"),
            language};
}

}  // namespace

/// Music, after these words.
void Switchboard::State::begin_waiting_sound(Call& call, std::vector<ivr::Utterance> words, Now now) {
    const auto sound = site->queue_sounds.find(call.queue_name);
    if (sound == site->queue_sounds.end()) return;
    words.push_back(sound->second.music);
    if (sound->second.announces()) timers.set({call.id, Deadline::Announce}, now.at + sound->second.announce_first);
    call.queue_talk = std::move(words);
    if (call.heard_notice || !say_notice(call, sound->second.notice, now))
        prepare(call, Ear::Use::QueueTalk, std::exchange(call.queue_talk, {}), now);
}

/// He has come into another queue while he hears that he is recorded: he hears that to its end, and then its music.
void Switchboard::State::change_queue_talk(Call& call, Now now) {
    const auto sound = site->queue_sounds.find(call.queue_name);
    if (sound == site->queue_sounds.end()) return;
    call.queue_talk = {sound->second.music};
    timers.cancel({call.id, Deadline::Announce});
    if (sound->second.announces()) timers.set({call.id, Deadline::Announce}, now.at + sound->second.announce_first);
}

void Switchboard::State::announce(Call& call, Now now) {
    const auto found = site->queue_sounds.find(call.queue_name);
    if (found == site->queue_sounds.end() || call.clock.stage() != Stage::Waiting) return;
    const QueueSound& sound = found->second;
    timers.set({call.id, Deadline::Announce}, now.at + sound.announce_every);
    const auto position = acd.position(call.id);
    if (!position || call.ear.use == Ear::Use::QueueTalk || hears_notice(call) || call.ear.speech) return;

    const std::string& language = call.machine ? call.machine->language() : site->language;
    std::vector<ivr::Utterance> words;
    if (sound.announce_position) words.push_back(with_number(sound, "position", static_cast<std::int64_t>(*position), language));
    if (const auto minutes = sound.announce_wait ? minutes_to_say(call, now) : std::nullopt) {
        const auto soon = sound.phrases.find("wait_soon");
        const bool is_soon = *minutes <= 1 && soon != sound.phrases.end();
        words.push_back(is_soon ? spoken_in(soon->second, language) : with_number(sound, "wait", *minutes, language));
    }
    if (!sound.comfort.empty()) words.push_back(spoken_in(sound.comfort[call.comforted++ % sound.comfort.size()], language));
    if (const auto offer = call.callback_offered ? words_of_offer(call) : std::nullopt) words.push_back(*offer);
    if (words.empty()) return;
    words.push_back(sound.music);
    prepare(call, Ear::Use::QueueTalk, std::move(words), now);
}

/// A reload may have given announcements to a queue that had none: they reach those, too, who wait there already.
void Switchboard::State::announce_where_new(Now now) {
    for (const auto& [id, call] : calls) {
        const auto stage = call->clock.stage();
        const auto sound = site->queue_sounds.find(call->queue_name);
        const bool listens = !call->calling_back || call->calling_back->reached;  // else nobody is on the line yet
        const bool waits = listens && (stage == Stage::Waiting || stage == Stage::Joining);
        if (!waits || sound == site->queue_sounds.end() || !sound->second.announces()) continue;
        if (!timers.has({id, Deadline::Announce})) timers.set({id, Deadline::Announce}, now.at + sound->second.announce_first);
    }
}

/// Never more than he was told before: an estimate that rises is a broken promise. Where he was moved to another queue it has to
/// rise, and does so by one step each time. Nobody is told of more than an hour.
std::optional<int> Switchboard::State::minutes_to_say(Call& call, Now now) {
    const auto wait = acd.estimated_wait(call.id, now.at);
    if (!wait) return std::nullopt;
    int minutes = said_minutes(*wait);
    if (const auto told = call.announced_minutes) {
        const int most = call.wait_may_rise ? one_step_more(*told) : *told;
        if (minutes <= most) call.wait_may_rise = false;
        minutes = std::min(minutes, most);
    }
    if (minutes == kTooLong) return std::nullopt;
    call.announced_minutes = minutes;
    return minutes;
}

void Switchboard::State::music(Call& call, Now now) {
    const auto stage = call.clock.stage();
    if (stage != Stage::Waiting && stage != Stage::Joining && stage != Stage::Transferring) {
        call.ear = {};
        return;
    }
    call.ear = {Ear::Use::QueueMusic, {}, {}};
    if (call.music) play(call, {call.music}, Media::PlayMode::Loop, now);
}

}  // namespace hotline::call
