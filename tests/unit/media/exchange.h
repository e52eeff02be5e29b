// An engine with its events and metrics, and short words for what control tells it.
#pragma once
#include "hotline/media/sound.h"
#include "phone.h"
#include "scratch_folder.h"

namespace hotline::media {

using Mode = call::Media::PlayMode;

struct Agreement {
    call::Codec codec = call::Codec::Pcma;
    std::optional<std::uint8_t> telephone_event = 101;
    bool send = true, receive = true, mux = false;
};

class Exchange {
  public:
    explicit Exchange(Config wanted = {}) : config(std::move(wanted)) {
        config.realtime = false;  // several tests share the machine
        config.disk_reserve_bytes = config.disk_reserve_bytes == Config{}.disk_reserve_bytes ? 0 : config.disk_reserve_bytes;
        if (config.data_dir.empty()) config.data_dir = folder.path();
        auto started = Engine::start(config, events.sink(), metrics);
        if (!started) throw std::runtime_error(started.error().text);
        engine = std::move(*started);
    }

    /// Opens a leg and returns our RTP address.
    Address open(std::uint64_t leg, std::uint64_t call = 1, const char* family_of = "127.0.0.1") {
        engine->open(CallId{call}, call::LegId{leg}, ip(family_of));
        const auto opened = events.wait<call::AudioOpened>([&](const auto& e) { return e.leg.value == leg; });
        if (!opened) {
            const auto failed = events.wait<call::AudioFailed>(0s);
            throw std::runtime_error(failed ? failed->text : "the media thread does not answer");
        }
        locals[leg] = opened->local;
        return opened->local;
    }
    void connect(std::uint64_t leg, Phone& phone, const Agreement& a = {}) {
        const Address& local = locals.at(leg);
        phone.rtp.hear_only(local);
        phone.rtcp.hear_only({local.ip, static_cast<std::uint16_t>(local.port + 1)});
        call::AgreedAudio audio;
        audio.remote_rtp = phone.rtp.address();
        audio.remote_rtcp = a.mux ? audio.remote_rtp : phone.rtcp.address();
        audio.rtcp_mux = a.mux;
        audio.codec = a.codec;
        audio.payload_type = static_cast<std::uint8_t>(a.codec);
        audio.telephone_event = a.telephone_event;
        audio.send = a.send;
        audio.receive = a.receive;
        engine->connect(call::LegId{leg}, audio);
    }
    /// Open and connected, so that what the phone says next is heard.
    Address join(std::uint64_t leg, Phone& phone, const Agreement& a = {}, std::uint64_t call = 1) {
        const Address local = open(leg, call, phone.rtp.address().ip.v6 ? "::1" : "127.0.0.1");
        connect(leg, phone, a);
        settle(call);
        return local;
    }
    void bridge(std::uint64_t a, std::uint64_t b) { engine->bridge(call::LegId{a}, call::LegId{b}); }
    void play(std::uint64_t leg, std::vector<call::SoundRef> sounds, Mode mode = Mode::Once, std::uint64_t play = 1) {
        engine->play(call::LegId{leg}, call::PlayId{play}, std::move(sounds), mode);
    }
    call::LegQuality close(std::uint64_t leg) {
        engine->close(call::LegId{leg});
        const auto closed = events.wait<call::AudioClosed>([&](const auto& e) { return e.leg.value == leg; });
        if (!closed) throw std::runtime_error("the leg was not closed");
        return closed->quality;
    }
    /// Returns when the media thread of `call` has obeyed all that was told before: a leg opens and closes behind it.
    void settle(std::uint64_t call = 1) {
        open(kProbe, call);
        close(kProbe);
    }
    /// Waits until that many packets were dropped for a reason; returns how many.
    std::int64_t wait_dropped(const char* reason, std::int64_t count, Duration deadline = 5s) {
        const Time until = read_clocks().at + deadline;
        while (dropped(reason) < count && read_clocks().at < until) settle();
        return dropped(reason);
    }
    std::int64_t dropped(const char* reason) {
        return metrics.counter("rtp_dropped_total", "", Metrics::label("reason", reason)).value();
    }

    std::map<std::uint64_t, Address> locals;  // of legs
    ScratchFolder folder;
    Config config;
    Metrics metrics;
    EventBox events;
    std::unique_ptr<Engine> engine;  // last: its threads use the others

  private:
    static constexpr std::uint64_t kProbe = 999'999;
};

/// A sound of given A-law and µ-law bytes.
inline call::SoundRef sound_of(Bytes alaw, Bytes ulaw) { return std::make_shared<Sound>(Sound{std::move(alaw), std::move(ulaw)}); }
/// 20 ms frames, each filled with its number, from `first`.
inline call::SoundRef numbered_frames(int frames, int first = 1) {
    Bytes bytes;
    for (int i = 0; i < frames; ++i) bytes.insert(bytes.end(), 160, static_cast<std::uint8_t>(first + i));
    return sound_of(bytes, bytes);
}

}  // namespace hotline::media
