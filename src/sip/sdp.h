// Reading and writing SDP (RFC 4566, RFC 3264) as far as one audio stream needs it. The bytes come from strangers.
//
// One pass over string views with a limit on everything. What is not used is not judged: an odd attribute of a video line that we
// refuse anyway is no reason to refuse the call.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/call/audio.h"

namespace hotline::sip {

struct MediaLine {
    std::string kind;                  // "audio"
    std::uint16_t port = 0;            // 0: offered as refused
    std::string proto;                 // "RTP/AVP"
    std::vector<std::string> formats;  // as written
};

struct RemoteSdp {
    call::RemoteAudio audio;       // meaningful while `usable`; its addresses are unicast and not "any" unless on hold by c=0.0.0.0
    bool usable = false;           // false: no audio line that we can take (488)
    std::string origin_key;        // value of o=, version included: the same text again means that nothing changed (RFC 3264 §8)
    std::vector<MediaLine> lines;  // all m= lines, in order
    std::size_t audio_line = 0;    // index in `lines` of the one that `audio` tells of
};

/// Error Invalid: no SDP, or over a limit (64 KiB, 1000 lines, 32 media, 64 formats a line, 256 attributes a section): 400.
/// `usable` false: well-formed, but without a common audio codec, transport or numeric address: 488.
Result<RemoteSdp> read_sdp(std::string_view body);

/// What one leg has said: `id` and `version` of o= (RFC 4566 §5.2). Starts empty, lives as long as the dialog (also over a
/// restart).
struct OwnSdp {
    std::uint64_t id = 0;       // chosen by the first write
    std::uint64_t version = 0;  // + 1 with each body that differs from the last
    std::string last;           // the body sent last
};

/// An offer with one audio line. `own` is brought up to date.
std::string write_offer(const call::LocalAudio& audio, OwnSdp& own);
/// The answer to `offer`: all its m= lines in their order, port 0 for all but `offer.audio_line` (RFC 3264 §6). `audio.codecs`
/// holds the chosen codec with the offerer's payload type.
std::string write_answer(const call::LocalAudio& audio, OwnSdp& own, const RemoteSdp& offer);

}  // namespace hotline::sip
