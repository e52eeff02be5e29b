// One leg's audio, as its media thread keeps it: sockets, agreement, the stream that goes out and what is known of the one that
// comes.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hotline/call/events.h"
#include "inband_dtmf.h"
#include "message_tap.h"
#include "outgoing_stream.h"
#include "player.h"
#include "receiver_stats.h"
#include "recording_tap.h"
#include "rtcp.h"
#include "sockets.h"
#include "source_lock.h"
#include "telephone_event.h"

namespace hotline::media {

struct Leg {
    // What the packet path touches comes first.
    call::AgreedAudio agreed;
    bool connected = false;
    int budget = 0;       // packets that it may still send us before the next sweep
    Leg* peer = nullptr;  // bridged with; peer->peer == this
    SourceLock source;
    OutgoingStream out;
    ReceiverStats stats;
    Time last_sound{};
    bool silence_told = false;
    Player player;
    KeyPresses keys;
    std::unique_ptr<RecordingTap> recording;
    bool masked = false;  // what he says is not recorded
    std::unique_ptr<MessageTap> message;
    std::unique_ptr<InbandDtmf> inband;  // only where keys may come as tones

    call::LegId id;
    CallId call;
    SocketPair sockets;
    std::uint32_t slot = 0;
    std::size_t phase = 0;  // of the player's tick
    call::LegId rejoin;     // while moving to another thread: whom to be bridged with again
    SourceLock rtcp_source;
    rtcp::Feedback feedback;
    std::string cname;     // RFC 7022: random, for this leg only
    bool reports = false;  // there is an address for RTCP
    Time next_report{};
    std::uint64_t reported_packets = 0;  // sent until the last report
    std::uint64_t counted_lost = 0;      // of stats.lost(), in the counter for all legs

    Leg(SourceLock::Rules rtp, SourceLock::Rules rtcp, OutgoingStream stream) : source(rtp), out(stream), rtcp_source(rtcp) {}

    bool may_send() const { return connected && agreed.send; }
    call::LegQuality quality() const;
};

}  // namespace hotline::media
