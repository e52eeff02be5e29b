// The disk thread: turns blocks of G.711 into WAV files with a hash. A slow or full disk loses recordings, never a call.
//
//   media threads ──begin · append · finish (bounded)──▶ disk thread: decode → NAME.part → length, SHA-256, rename
//                    ▲ false: queue full, recording lost                     └──▶ RecordingSaved / RecordingLost
//
// Calls are recorded in stereo. Messages that callers speak are mono, and wait as NAME.part until control says what becomes of
// them.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "hotline/base/metrics.h"
#include "hotline/call/audio.h"
#include "hotline/media/engine.h"

namespace hotline::media {

/// Half a second of both channels in one G.711 coding; what nobody said is silence.
struct AudioBlock {
    static constexpr std::size_t kSamples = 4096;
    std::int64_t first_sample = 0;  // since the recording began
    std::array<std::uint8_t, kSamples> left, right;
};

/// One recording, shared by the media thread that feeds it and the disk thread that writes it.
struct Recording;

class Recorder {
  public:
    static Result<std::unique_ptr<Recorder>> start(const Config& config, EventSink sink, Metrics& metrics);
    /// Finishes what was finished by its feeders, within 5 s. A disk thread that hangs in a system call is left behind, silent.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    // From any thread, never waiting:

    /// RecordingSaved or RecordingLost follows, whatever comes.
    std::shared_ptr<Recording> begin(CallId call, const std::string& path, call::Codec codec);
    /// False: the disk is too slow, the recording is lost and that is told.
    bool append(const std::shared_ptr<Recording>& recording, std::unique_ptr<AudioBlock> block);
    void finish(std::shared_ptr<Recording> recording, std::int64_t samples);
    /// For a recording that cannot even begin.
    void refuse(CallId call, const std::string& text);

    /// The left channel alone. When it is finished it waits to be settled; VoiceMessageLost may come at any time before.
    std::shared_ptr<Recording> begin_message(call::VoiceMessageId message, CallId call, const std::string& path, call::Codec codec);
    void refuse_message(call::VoiceMessageId message, const std::string& text);
    /// A finished one as a sound: VoiceMessageLoaded follows.
    void load_message(call::VoiceMessageId message);
    /// Keep: VoiceMessageSaved or VoiceMessageLost follows. An unknown one was lost, or has been settled.
    void settle_message(call::VoiceMessageId message, call::Media::Fate fate);

    /// True when no recording is open before the deadline.
    bool wait_until_idle(Duration deadline);

  private:
    class Disk;
    explicit Recorder(std::shared_ptr<Disk> disk);
    std::shared_ptr<Disk> disk_;
};

}  // namespace hotline::media
