// The RTP engine: N media threads, a call pinned whole to one, so that bridge, player and recorder never lock; one disk thread.
//
//   control ──commands (mailbox)──▶ media thread i: epoll · recvmmsg → leg → bridge/DTMF/recorder ; 20 ms tick → player → sendmmsg
//                                        │ audio blocks ─▶ disk thread: WAV, SHA-256
//           ◀──call::Event (sink)────────┘
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/call/events.h"
#include "hotline/call/ports.h"

namespace hotline::media {

struct Config {
    std::vector<IpAddress> addresses;  // local addresses for RTP; the one that routes to the far side is taken. Any: ask the kernel
    std::optional<IpAddress> advertised;               // written into SDP instead (NAT)
    std::uint16_t port_min = 20000, port_max = 29999;  // RTP on even ports, RTCP on the next
    int threads = 1;
    bool realtime = true;                             // SCHED_RR where the system allows it; a log line where not
    std::string data_dir;                             // recordings are written below it
    std::uint64_t disk_reserve_bytes = 512ull << 20;  // recordings stop when less is free
    std::size_t disk_queue_blocks = 8192;             // half a second of one recording each (8 kB); beyond: that recording is lost
    Duration port_quarantine{2s};  // a closed leg's ports rest this long, so that a new call does not hear the old one
    Duration rtp_silence{60s};     // 0: never
    Duration learn_window{5s};     // symmetric RTP: the source may be learned this long after connect()
    int learn_packets = 3;         // consecutive packets from one source, of the signalled host
    Duration rtcp_interval{5s};    // mean; each interval is drawn from half to one and a half of it (RFC 3550 §6.2)
    bool inband_dtmf = true;       // only where telephone-event was not agreed
};

/// Must be callable from any thread; never blocks.
using EventSink = std::function<void(call::Event)>;

class Engine final : public call::Media {
  public:
    /// Opens nothing but threads. Io when threads or descriptors are refused.
    static Result<std::unique_ptr<Engine>> start(const Config& config, EventSink sink, Metrics& metrics);
    /// Closes all legs and recordings (each is finished, within 5 s), then joins the threads.
    ~Engine() override;

    void open(CallId call, call::LegId leg, const IpAddress& family_of) override;
    void connect(call::LegId leg, const call::AgreedAudio& audio) override;
    void play(call::LegId leg, call::PlayId play, std::vector<call::SoundRef> sounds, PlayMode mode) override;
    void stop(call::LegId leg) override;
    void bridge(call::LegId a, call::LegId b) override;
    void unbridge(call::LegId leg) override;
    void record(CallId call, call::LegId leg, const std::string& path) override;
    void mask_recording(call::LegId leg, bool masked) override;
    void take_message(const MessageOrder& order) override;
    void end_message(call::LegId leg, call::VoiceMessageId message) override;
    void load_message(call::VoiceMessageId message) override;
    void settle_message(call::VoiceMessageId message, Fate fate) override;
    void close(call::LegId leg) override;

    /// Finishes open recordings; true when all are on disk before the deadline. Call after the last close().
    bool flush_recordings(Duration deadline);

  private:
    struct State;
    explicit Engine(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace hotline::media
