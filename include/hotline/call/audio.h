// What the two sides of a leg say about its one audio stream, independent of SDP's syntax.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "hotline/base/address.h"
#include "hotline/base/time.h"

namespace hotline::media {
struct Sound;
}

namespace hotline::call {

enum class Codec : std::uint8_t { Pcmu = 0, Pcma = 8 };  // the value is the static payload type (RFC 3551 §6)

/// Who sends, as the side that says it means it (RFC 3264 §5.1). Hold is SendOnly or Inactive.
enum class Direction : std::uint8_t { SendRecv, SendOnly, RecvOnly, Inactive };
/// What the answerer says to an offer of this direction when he himself would send and receive.
constexpr Direction mirrored(Direction offered) {
    return offered == Direction::SendOnly ? Direction::RecvOnly : offered == Direction::RecvOnly ? Direction::SendOnly : offered;
}

/// The far side's view: where it wants its audio and what it speaks.
struct RemoteAudio {
    Address rtp;
    Address rtcp;  // equal to rtp with rtcp_mux
    bool rtcp_mux = false;
    std::vector<std::pair<Codec, std::uint8_t>> codecs;  // (codec, payload type), preferred first; only codecs we have
    std::optional<std::uint8_t> telephone_event;         // payload type at 8000 Hz
    Duration ptime{20ms};                                // what it would like to receive; 10–60 ms
    Direction direction = Direction::SendRecv;           // hold by c=0.0.0.0 is already SendOnly here
};

/// Our side, for the SDP that we send.
struct LocalAudio {
    Address rtp;  // RTCP is on port + 1, unless rtcp_mux
    bool rtcp_mux = false;
    std::vector<std::pair<Codec, std::uint8_t>> codecs;  // in an answer: exactly the chosen one
    std::optional<std::uint8_t> telephone_event;
    Direction direction = Direction::SendRecv;
};

/// What both agreed on: how the media engine sends and receives.
struct AgreedAudio {
    Address remote_rtp;
    Address remote_rtcp;
    bool rtcp_mux = false;
    Codec codec = Codec::Pcma;
    std::uint8_t payload_type = 8;
    std::optional<std::uint8_t> telephone_event;
    bool send = true;     // we may send
    bool receive = true;  // we expect to receive (false: silence is no reason to end the call)
};

/// Picks by our order of preference among what the far side offers; none: 488. `ours` preferred first.
std::optional<AgreedAudio> agree(const RemoteAudio& remote, const std::vector<Codec>& ours);

/// A prompt or a piece of music, ready to be sent. Immutable, shared between calls and threads; media knows what is inside.
using SoundRef = std::shared_ptr<const media::Sound>;

}  // namespace hotline::call
