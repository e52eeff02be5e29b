// What must hold for any bytes at all, for each reader of src/sip. Used by the libFuzzer programs beside this file and, with a
// seeded mutator, by unit_sip on every build.
#pragma once
#include <string_view>

#include "hotline/base/check.h"
#include "sip/digest.h"
#include "sip/gate.h"
#include "sip/gate_mend.h"
#include "sip/sdp.h"

namespace hotline::sip::fuzz {

inline void sdp(std::string_view bytes) {
    const auto sdp = read_sdp(bytes);
    if (!sdp.ok() || !sdp->usable) return;
    const auto& audio = sdp->audio;
    HL_CHECK(sdp->audio_line < sdp->lines.size(), "the audio line is one of the lines");
    HL_CHECK(audio.rtp.port != 0 && !audio.rtp.ip.is_multicast(), "usable means that it can be sent to");
    HL_CHECK(!audio.rtp.ip.is_any() || audio.direction == call::Direction::SendOnly || audio.direction == call::Direction::Inactive,
             "any is hold");
    HL_CHECK(audio.rtcp.port != 0, "RTCP goes somewhere");
    HL_CHECK(!audio.codecs.empty() && audio.codecs.size() <= 2, "each codec once");
    HL_CHECK(audio.ptime >= 10ms && audio.ptime <= 60ms, "packet time in range");

    call::LocalAudio ours;
    ours.rtp = {{{192, 0, 2, 1}, false}, 20000};
    ours.codecs = {audio.codecs.front()};
    ours.telephone_event = audio.telephone_event;
    OwnSdp own;
    const auto answer = read_sdp(write_answer(ours, own, *sdp));
    HL_CHECK(answer.ok() && answer->usable, "our answer is SDP");
    HL_CHECK(answer->lines.size() == sdp->lines.size() && answer->audio_line == sdp->audio_line,
             "as many lines, in the same order");
    HL_CHECK(answer->audio.codecs == ours.codecs, "the offerer's payload type");
    const auto later = read_sdp(write_offer(ours, own));
    HL_CHECK(later.ok() && later->lines.size() == sdp->lines.size(), "a later offer keeps the lines");
}

inline void gate(std::string_view bytes) {
    static Metrics metrics;
    static Gate gate(GateConfig{}, metrics);
    static Time now{};
    now += 10ms;
    std::string datagram(bytes), stream(bytes);  // exactly as long as the bytes: reading beyond is seen by the sanitizer
    mend_datagram(datagram);
    mend_stream(stream);
    HL_CHECK(datagram.size() == bytes.size(), "mending keeps the length");
    const Address source{{{192, 0, 2, 1}, false}, 5060};
    HL_CHECK(gate.judge_stream(stream).size() <= 4 * bytes.size() + 200, "no amplifier on a stream");
    const auto judged = gate.judge(datagram, source, now);
    HL_CHECK((judged.verdict == Gate::Verdict::Answer) == !judged.answer.empty(), "an answer is an answer");
    HL_CHECK((judged.verdict == Gate::Verdict::Pass) == (judged.reason == Gate::Reason::None), "what passes has no reason not to");
    if (judged.verdict != Gate::Verdict::Pass) {
        // At most a few spelled-out header names longer than what was asked ("v:" is answered "Via: ").
        HL_CHECK(judged.answer.size() <= 4 * bytes.size() + 200, "no amplifier");
        HL_CHECK(judged.answer.find('\0') == std::string::npos, "no NUL in an answer");
        return;
    }
    HL_CHECK(bytes[0] != 0 && bytes[0] != 1 && static_cast<unsigned char>(bytes[0]) < 0xf8, "neither STUN nor SigComp");
}

inline void digest(std::string_view bytes) {
    static DigestServer server("hotline", 60s, DigestServer::Offer::Md5First);
    const Address source{{{192, 0, 2, 1}, false}, 5060};
    const std::string_view headers[] = {bytes};
    const auto password = [](const std::string&) { return std::optional<std::string>("secret"); };
    const auto checked = server.check("REGISTER", "sip:hotline", headers, password, source, Wall{}, {});
    HL_CHECK(checked.verdict != DigestServer::Verdict::Ok, "nobody guesses a MAC");
}

}  // namespace hotline::sip::fuzz
