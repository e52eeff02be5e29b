#include "hotline/call/audio.h"

#include <algorithm>

namespace hotline::call {

std::optional<AgreedAudio> agree(const RemoteAudio& remote, const std::vector<Codec>& ours) {
    for (const Codec codec : ours) {
        const auto theirs =
            std::find_if(remote.codecs.begin(), remote.codecs.end(), [&](const auto& c) { return c.first == codec; });
        if (theirs == remote.codecs.end()) continue;
        AgreedAudio agreed;
        agreed.remote_rtp = remote.rtp;
        agreed.remote_rtcp = remote.rtcp;
        agreed.rtcp_mux = remote.rtcp_mux;
        agreed.codec = codec;
        agreed.payload_type = theirs->second;
        agreed.telephone_event = remote.telephone_event;
        const bool wants_ours = remote.direction == Direction::SendRecv || remote.direction == Direction::RecvOnly;
        agreed.send = wants_ours && !remote.rtp.ip.is_any();
        // A phone that holds us may play music or say nothing at all: its silence must not end the call.
        agreed.receive = remote.direction == Direction::SendRecv;
        return agreed;
    }
    return std::nullopt;
}

}  // namespace hotline::call
