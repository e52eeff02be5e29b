#include "media.h"

namespace hotline::sim {

using PortState = FakeMedia::Port::State;

FakeMedia::FakeMedia(Timeline& timeline, Dice& dice, const Character& day, Verdict& verdict, Deliver deliver)
    : timeline_(timeline), dice_(dice), day_(day), verdict_(verdict), deliver_(std::move(deliver)) {}

FakeMedia::Port& FakeMedia::usable(LegId leg, std::string_view verb) {
    const auto found = ports_.find(leg);
    const bool open = found != ports_.end() && (found->second.state == PortState::Open || found->second.state == PortState::Lost);
    verdict_.expect(open, verb, " on a leg whose port is not open: ", leg);
    return found == ports_.end() ? ports_[leg] : found->second;
}

CallId FakeMedia::call_of(LegId leg) const {
    const auto found = ports_.find(leg);
    return found == ports_.end() ? CallId{} : found->second.call;
}

void FakeMedia::open(CallId call, LegId leg, const IpAddress&) {
    verdict_.expect(!ports_.contains(leg), "a port is opened twice for leg ", leg);
    ports_[leg].call = call;
    alive_[leg] = &ports_[leg];
    const bool fails = faulty(day_.failing_audio);
    timeline_.after(dice_.latency(), [this, leg, fails] {
        Port& port = ports_.at(leg);
        if (fails && port.state == PortState::Opening) {
            port.state = PortState::Failed;
            alive_.erase(leg);
            return deliver_(call::AudioFailed{leg, "no port is free"});
        }
        if (port.state == PortState::Opening) port.state = PortState::Open;
        deliver_(call::AudioOpened{leg, {*IpAddress::parse("127.0.0.1"), static_cast<std::uint16_t>(20000 + leg.value % 40000)}});
    });
}

void FakeMedia::connect(LegId leg, const call::AgreedAudio&) {
    usable(leg, "connect");
    if (faulty(day_.failing_audio * 0.3)) tell(call::AudioSilent{leg, 60s}, dice_.between(5s, 60s));
}

void FakeMedia::play(LegId leg, call::PlayId play, std::vector<call::SoundRef> sounds, PlayMode mode) {
    Port& port = usable(leg, "play");
    verdict_.expect(!sounds.empty(), "play nothing to leg ", leg);
    verdict_.expect(!port.speaking, "something is played to leg ", leg, " over words that are not at their end");
    port.playing = play;
    port.speaking = mode == PlayMode::Once ? play : call::PlayId{};
    if (mode == PlayMode::Loop) return;
    const bool lost = faulty(day_.lost * 0.3);
    timeline_.after(dice_.between(100ms, 4s), [this, leg, play, lost] {
        // What was replaced or stopped just now may still be reported as ended: its report was on the way.
        Port& now_playing = ports_.at(leg);
        if (now_playing.speaking == play) now_playing.speaking = {};
        if (lost) return;
        if (now_playing.playing != play && !faulty(day_.repeated)) return;
        if (now_playing.playing == play) now_playing.playing = {};
        tell(call::PlayEnded{leg, play}, dice_.between(0ms, 20ms));
        if (faulty(day_.repeated)) tell(call::PlayEnded{leg, play}, dice_.latency());
    });
}

void FakeMedia::stop(LegId leg) {
    Port& port = usable(leg, "stop");
    port.playing = port.speaking = {};
}

void FakeMedia::bridge(LegId a, LegId b) {
    Port &one = usable(a, "bridge"), &other = usable(b, "bridge");
    verdict_.expect(a != b, "a leg is bridged to itself: ", a);
    verdict_.expect(one.call == other.call, "legs of two calls are bridged: ", a, " and ", b);
    verdict_.expect(!one.bridged || one.bridged == b, "leg ", a, " is bridged to two others");
    verdict_.expect(!other.bridged || other.bridged == a, "leg ", b, " is bridged to two others");
    one.bridged = b, other.bridged = a;
    one.playing = other.playing = one.speaking = other.speaking = {};
    for (const LegId leg : {a, b})
        if (faulty(day_.failing_audio * 0.3)) lose(leg);
}

/// A leg cannot be kept on its way to the other's thread. Until the core hears of it, it goes on speaking to it.
void FakeMedia::lose(LegId leg) {
    Port& port = ports_.at(leg);
    if (port.state != PortState::Open) return;
    port.state = PortState::Lost;
    timeline_.after(dice_.between(0ms, 20ms), [this, leg] {
        Port& gone = ports_.at(leg);
        part(gone);
        if (gone.state == PortState::Lost) gone.state = PortState::Closed;
        alive_.erase(leg);
        messages_close(leg);
        deliver_(call::AudioClosed{leg, {}});
        if (gone.recording) tell(call::RecordingSaved{gone.call, *gone.recording, std::string(64, 'a'), 1s}, 10ms);
    });
}

void FakeMedia::part(Port& port) {
    if (!port.bridged) return;
    ports_.at(port.bridged).bridged = {};
    port.bridged = {};
}

void FakeMedia::unbridge(LegId leg) { part(usable(leg, "unbridge")); }

void FakeMedia::record(CallId call, LegId leg, const std::string& path) {
    Port& port = usable(leg, "record");
    verdict_.expect(!port.recording, "leg ", leg, " is recorded twice");
    verdict_.expect(port.call == call, "leg ", leg, " is recorded for another call");
    port.recording = path;
}

void FakeMedia::mask_recording(LegId leg, bool masked) {
    Port& port = usable(leg, "mask");
    verdict_.expect(std::exchange(port.masked, masked) != masked, "the recording of leg ", leg, " is masked twice, or never was");
}

void FakeMedia::close(LegId leg) {
    const auto found = ports_.find(leg);
    verdict_.expect(found != ports_.end(), "close of a port that was never opened: ", leg);
    Port& port = found->second;
    verdict_.expect(port.state == PortState::Open || port.state == PortState::Opening || port.state == PortState::Lost,
                    "a port is closed twice: ", leg);
    if (port.state == PortState::Lost) return;  // its one AudioClosed is on its way
    const bool was_opening = port.state == PortState::Opening;
    port.state = PortState::Closing;
    port.playing = port.speaking = {};
    part(port);
    timeline_.after((was_opening ? 3s : 0s) + dice_.latency(), [this, leg] {
        Port& gone = ports_.at(leg);
        gone.state = PortState::Closed;
        alive_.erase(leg);
        messages_close(leg);
        call::LegQuality quality;
        quality.packets_in = dice_.below(1000);
        quality.lost_in = dice_.below(10);
        deliver_(call::AudioClosed{leg, quality});
        if (!gone.recording) return;
        if (faulty(0.1)) return tell(call::RecordingLost{gone.call, "the disk is full"}, dice_.latency());
        tell(call::RecordingSaved{gone.call, *gone.recording, std::string(64, 'a'), 1s}, dice_.between(10ms, 5s));
    });
}

// ── Voice messages ──

/// The tone, then he speaks for some time, or says nothing. The disk may fail at any moment.
void FakeMedia::take_message(const MessageOrder& order) {
    usable(order.leg, "take_message");
    verdict_.expect(!messages_.contains(order.message), "message ", order.message, " is taken twice");
    for (const auto& [id, other] : messages_) {
        const bool speaking = other.state == Message::State::Tone || other.state == Message::State::Spoken;
        verdict_.expect(!speaking || other.order.leg != order.leg, "leg ", order.leg, " speaks two messages at once");
    }
    verdict_.expect(order.longest > 0s && order.silence > 0s, "a message of leg ", order.leg, " would never end");
    messages_[order.message] = {order};
    const auto id = order.message;
    if (faulty(day_.failing_audio)) return timeline_.after(dice_.latency(), [this, id] { lose_message(id); });
    if (faulty(day_.lost * 0.3)) return;  // media never says that it ended
    timeline_.after(250ms, [this, id] {
        Message& message = messages_.at(id);
        if (message.state != Message::State::Tone) return;
        if (dice_.chance(0.8)) message.state = Message::State::Spoken;
        message.began = timeline_.now().at;
    });
    timeline_.after(250ms + std::min(order.longest, order.silence + dice_.between(0s, 20s)), [this, id] { end_of_message(id); });
    if (faulty(day_.failing_audio)) timeline_.after(dice_.between(1s, 20s), [this, id] { lose_message(id); });
}

void FakeMedia::end_of_message(call::VoiceMessageId id) {
    Message& message = messages_.at(id);
    if (message.state != Message::State::Tone && message.state != Message::State::Spoken) return;
    const bool spoke = message.state == Message::State::Spoken;
    const Duration length = spoke ? timeline_.now().at - message.began : 0s;
    message.state = Message::State::Ended;
    deliver_(call::VoiceMessageEnded{id, length, length});
}

void FakeMedia::lose_message(call::VoiceMessageId id) {
    Message& message = messages_.at(id);
    if (message.state != Message::State::Tone && message.state != Message::State::Spoken) return;
    message.state = Message::State::Gone;
    deliver_(call::VoiceMessageLost{id, "the disk is full"});
}

void FakeMedia::end_message(LegId leg, call::VoiceMessageId id) {
    usable(leg, "end_message");
    timeline_.after(dice_.latency(), [this, id] { end_of_message(id); });
}

void FakeMedia::messages_close(LegId leg) {
    for (auto& [id, message] : messages_)
        if (message.order.leg == leg) end_of_message(id);
}

void FakeMedia::load_message(call::VoiceMessageId id) {
    verdict_.expect(messages_.at(id).state == Message::State::Ended, "message ", id, " is loaded and is not there");
    if (faulty(day_.lost)) return;
    static const call::SoundRef kSound(std::make_shared<int>(0), reinterpret_cast<const media::Sound*>(1));
    tell(call::VoiceMessageLoaded{id, faulty(0.1) ? nullptr : kSound}, dice_.latency());
}

void FakeMedia::settle_message(call::VoiceMessageId id, Fate fate) {
    Message& message = messages_.at(id);
    verdict_.expect(message.state == Message::State::Ended, "message ", id, " is settled twice, or while it is spoken");
    message.state = fate == Fate::Keep ? Message::State::Kept : Message::State::Gone;
    if (fate == Fate::Drop) return;
    if (faulty(0.1)) return tell(call::VoiceMessageLost{id, "the disk is full"}, dice_.latency());
    saved_.insert(message.order.path);
    tell(call::VoiceMessageSaved{id, message.order.path, std::string(64, 'b'), 1s}, dice_.between(10ms, 5s));
}

void FakeMedia::press(LegId leg, char key) {
    const auto found = ports_.find(leg);
    if (found == ports_.end() || found->second.state != PortState::Open) return;
    tell(call::DigitHeard{leg, key}, dice_.between(0ms, 50ms));
    if (faulty(day_.repeated * 0.2)) tell(call::DigitHeard{leg, key}, dice_.between(1s, 100s));  // also long after its leg is gone
}

}  // namespace hotline::sim
