#include "recorder.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <variant>

#include "g711.h"
#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "hotline/base/mailbox.h"
#include "hotline/media/sound.h"
#include "recording_file.h"
#include "rtp.h"

namespace hotline::media {

struct Recording {
    CallId call;
    std::string path;  // relative, as it stands in the call record
    call::Codec codec;
    call::VoiceMessageId message;   // none: the recording of a call
    std::atomic<bool> told{false};  // Saved or Lost: exactly once
    bool counted = false;           // as open

    // The disk thread's:
    std::optional<RecordingFile> file;
    std::int64_t written_until = 0;  // samples
    std::int64_t samples = 0;        // known when finished
    bool sealed = false;             // … with its length in its header
};
using RecordingRef = std::shared_ptr<Recording>;

namespace {

constexpr std::size_t kMailbox = 1u << 20;
constexpr Duration kReserveCheck{1s};
constexpr Duration kDestruction{5s};

Duration length_of(std::int64_t samples) { return rtp::kTick * samples; }

}  // namespace

class Recorder::Disk {
  public:
    Disk(const Config& config, EventSink sink, Metrics& metrics)
        : data_dir_(config.data_dir),
          reserve_(config.disk_reserve_bytes),
          queue_limit_(static_cast<std::int64_t>(config.disk_queue_blocks)),
          sink_(std::move(sink)),
          open_metric_(&metrics.gauge("recordings_open", "Recordings that are being written")),
          saved_metric_(&metrics.counter("recordings_saved_total", "Recordings finished")),
          lost_metric_(&metrics.counter("recordings_lost_total", "Recordings lost: disk full, too slow or not writable")) {}

    void start_thread(std::shared_ptr<Disk> self) {
        thread_ = std::thread([self = std::move(self)] { self->run(); });
    }

    RecordingRef begin(CallId call, const std::string& path, call::Codec codec, call::VoiceMessageId message) {
        auto recording = std::make_shared<Recording>();
        recording->call = call;
        recording->path = path;
        recording->codec = codec;
        recording->message = message;
        recording->counted = true;
        {
            std::lock_guard lock(mutex_);
            ++open_;
        }
        {
            std::lock_guard lock(voice_);
            if (open_metric_) open_metric_->add();
        }
        post(Begin{recording});
        return recording;
    }

    bool append(const RecordingRef& recording, std::unique_ptr<AudioBlock> block) {
        if (recording->told.load(std::memory_order_relaxed)) {  // lost already; only its file is still to be closed
            finish(recording, 0);
            return false;
        }
        if (queued_blocks_.fetch_add(1, std::memory_order_relaxed) >= queue_limit_) {
            queued_blocks_.fetch_sub(1, std::memory_order_relaxed);
            lose(*recording, "recording: the disk is too slow (" + std::to_string(queue_limit_ / 2) +
                                 " s of sound wait for it); move the data directory to a faster one");
            finish(recording, 0);
            return false;
        }
        post(Append{recording, std::move(block)});
        return true;
    }

    void finish(RecordingRef recording, std::int64_t samples) { post(Finish{std::move(recording), samples}); }

    void refuse(CallId call, call::VoiceMessageId message, const std::string& text) {
        Recording none;
        none.call = call;
        none.message = message;
        lose(none, text);
    }

    void load_message(call::VoiceMessageId message) { post(Load{message}); }
    void settle_message(call::VoiceMessageId message, call::Media::Fate fate) {
        {
            std::lock_guard lock(mutex_);
            ++open_;  // from now on: whoever waits until all is written waits for this, too
        }
        post(Settle{message, fate});
    }

    bool wait_until_idle(Duration deadline) {
        std::unique_lock lock(mutex_);
        return idle_.wait_for(lock, deadline, [this] { return open_ == 0; });
    }

    /// Ends the thread, or leaves it behind without a voice.
    void shut_down() {
        post(Stop{});
        std::unique_lock lock(mutex_);
        const bool ended = idle_.wait_for(lock, kDestruction, [this] { return ended_; });
        if (ended) {
            lock.unlock();
            thread_.join();
            return;
        }
        lock.unlock();
        {
            std::lock_guard silence(voice_);
            sink_ = nullptr;
            open_metric_ = saved_metric_ = lost_metric_ = nullptr;
        }
        log::error("recorder.disk_hangs", {{"text", "recordings were not finished within 5 s; check the disk of " + data_dir_}});
        thread_.detach();
    }

  private:
    struct Begin {
        RecordingRef recording;
    };
    struct Append {
        RecordingRef recording;
        std::unique_ptr<AudioBlock> block;
    };
    struct Finish {
        RecordingRef recording;
        std::int64_t samples;
    };
    struct Load {
        call::VoiceMessageId message;
    };
    struct Settle {
        call::VoiceMessageId message;
        call::Media::Fate fate;
    };
    struct Stop {};
    using Message = std::variant<Begin, Append, Finish, Load, Settle, Stop>;

    void post(Message message) {
        // Blocks are bounded by queue_limit_, the rest by the number of legs: this is out of reach.
        HL_CHECK(mailbox_.post(std::move(message)), "the disk thread's mailbox overflowed");
    }

    void run() {
        pthread_setname_np(pthread_self(), "media-disk");
        recover_recordings(data_dir_);
        std::vector<Message> messages;
        while (!stopping_ || !finishing_.empty()) {
            wait();
            mailbox_.take(messages);
            for (auto& message : messages) {
                std::visit([this](auto& m) { on(m); }, message);
            }
            messages.clear();
            hash_a_slice();
        }
        std::lock_guard lock(mutex_);
        ended_ = true;
        idle_.notify_all();
    }

    void wait() {
        pollfd waiting{mailbox_.fd(), POLLIN, 0};
        ::poll(&waiting, 1, finishing_.empty() ? -1 : 0);
    }

    void on(Begin& m) {
        auto& recording = *m.recording;
        if (auto room = check_reserve(); !room) return lose(recording, room.error().text);
        auto file = RecordingFile::create(data_dir_, recording.path, recording.message ? Channels::Mono : Channels::Stereo);
        if (!file) return lose(recording, file.error().text);
        recording.file.emplace(std::move(*file));
        if (recording.message) messages_.emplace(recording.message, m.recording);
    }

    void on(Append& m) {
        queued_blocks_.fetch_sub(1, std::memory_order_relaxed);
        auto& recording = *m.recording;
        if (recording.told || !recording.file) return;
        auto outcome = check_reserve();
        if (outcome) outcome = recording.file->write(m.block->first_sample, decode(*m.block, recording));
        if (!outcome) return give_up(recording, outcome.error().text);
        recording.written_until = std::max(recording.written_until, m.block->first_sample + std::int64_t{AudioBlock::kSamples});
    }

    void on(Finish& m) {
        auto& recording = *m.recording;
        if (recording.told) {
            if (recording.file) give_up(recording, "");
            return close(recording);
        }
        recording.samples = m.samples;
        if (const auto sealed = recording.file->seal(m.samples); !sealed) {
            lose(recording, sealed.error().text);
            return close(recording);
        }
        if (!recording.message) return finishing_.push_back(std::move(m.recording));
        recording.sealed = true;
        one_less_open();  // it waits for control, and nobody waits for it
    }

    void on(Load& m) {
        const auto found = messages_.find(m.message);
        call::SoundRef sound;
        if (found != messages_.end() && found->second->sealed) {
            auto loaded = load_sound(found->second->file->unfinished_path());
            if (!loaded) log::error("message.unreadable", {{"call", found->second->call}, {"text", loaded.error().text}});
            if (loaded) sound = std::move(*loaded);
        }
        std::lock_guard lock(voice_);
        if (sink_) sink_(call::VoiceMessageLoaded{m.message, std::move(sound)});
    }

    void on(Settle& m) {
        const auto found = messages_.find(m.message);
        if (found == messages_.end() || !found->second->sealed) return one_less_open();
        const RecordingRef recording = found->second;
        messages_.erase(found);
        if (m.fate == call::Media::Fate::Keep) return finishing_.push_back(recording);
        recording->file->remove();
        forget(*recording);
        close(*recording);
    }

    /// What nobody settled becomes playable all the same.
    void on(Stop&) {
        stopping_ = true;
        for (const auto& [id, recording] : messages_) {
            const auto published = recording->sealed ? recording->file->publish() : Outcome(Done{});
            if (!published) log::error("recording.lost", {{"call", recording->call}, {"text", published.error().text}});
        }
        messages_.clear();
    }

    void one_less_open() {
        std::lock_guard lock(mutex_);
        if (--open_ == 0) idle_.notify_all();
    }

    /// The rest of a recording is lost; what was written becomes playable.
    void give_up(Recording& recording, const std::string& why) {
        const bool kept = recording.written_until > 0 && recording.file->seal(recording.written_until) && recording.file->publish();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(length_of(recording.written_until)).count();
        recording.file.reset();
        lose(recording, kept ? why + "; its first " + std::to_string(seconds) + " s are in " + recording.path : why);
    }

    /// Long recordings are hashed piece by piece, so that blocks of others do not pile up meanwhile.
    void hash_a_slice() {
        if (finishing_.empty()) return;
        const RecordingRef recording = finishing_.front();
        const auto done = recording->file->hash_slice();
        if (done && !*done) return;
        finishing_.pop_front();
        if (!done) {
            lose(*recording, done.error().text);
        } else if (const auto published = recording->file->publish(); !published) {
            lose(*recording, published.error().text);
        } else {
            const std::string sha256 = recording->file->sha256();
            recording->file.reset();
            const Duration length = length_of(recording->samples);
            if (recording->message) {
                tell(*recording, saved_metric_, call::VoiceMessageSaved{recording->message, recording->path, sha256, length});
            } else {
                tell(*recording, saved_metric_, call::RecordingSaved{recording->call, recording->path, sha256, length});
            }
        }
        close(*recording);
    }

    void lose(Recording& recording, const std::string& why) {
        if (!recording.told) log::error("recording.lost", {{"call", recording.call}, {"text", why}});
        if (!recording.message) return tell(recording, lost_metric_, call::RecordingLost{recording.call, why});
        tell(recording, lost_metric_, call::VoiceMessageLost{recording.message, why});
    }

    /// By whoever is first, and only by him.
    void tell(Recording& recording, Metric* const& count, call::Event event) {
        if (recording.told.exchange(true)) return;
        std::lock_guard lock(voice_);
        if (!sink_) return;
        count->add();
        if (recording.counted) open_metric_->add(-1);
        sink_(std::move(event));
    }

    /// Dropped: nobody is told.
    void forget(Recording& recording) {
        if (recording.told.exchange(true)) return;
        std::lock_guard lock(voice_);
        if (sink_ && recording.counted) open_metric_->add(-1);
    }

    void close(Recording& recording) {
        if (recording.message) messages_.erase(recording.message);
        recording.file.reset();
        one_less_open();
    }

    /// Full when less than the reserve is free. Asked of the system once a second.
    Outcome check_reserve() {
        const Time now = read_clocks().at;
        if (now >= next_check_) {
            next_check_ = now + kReserveCheck;
            struct statvfs disk {};
            free_bytes_ = ::statvfs(data_dir_.c_str(), &disk) == 0 ? std::uint64_t{disk.f_bavail} * disk.f_frsize : UINT64_MAX;
        }
        if (free_bytes_ >= reserve_) return Done{};
        return Error{ErrorKind::Full, "recording: only " + std::to_string(free_bytes_ >> 20) + " MB are free at " + data_dir_ +
                                          ", " + std::to_string(reserve_ >> 20) + " MB are kept in reserve; free space"};
    }

    std::span<const std::int16_t> decode(const AudioBlock& block, const Recording& recording) {
        const auto& table = recording.codec == call::Codec::Pcma ? kAlawToLinear : kUlawToLinear;
        if (recording.message) {
            std::transform(block.left.begin(), block.left.end(), frames_.begin(), [&](std::uint8_t code) { return table[code]; });
            return std::span(frames_).first(AudioBlock::kSamples);
        }
        for (std::size_t i = 0; i < AudioBlock::kSamples; ++i) {
            frames_[2 * i] = table[block.left[i]];
            frames_[2 * i + 1] = table[block.right[i]];
        }
        return frames_;
    }

    const std::string data_dir_;
    const std::uint64_t reserve_;
    const std::int64_t queue_limit_;

    std::mutex voice_;  // sink and metrics, until we are told to be silent
    EventSink sink_;
    Metric *open_metric_, *saved_metric_, *lost_metric_;

    Mailbox<Message> mailbox_{kMailbox};
    std::atomic<std::int64_t> queued_blocks_{0};
    std::thread thread_;

    std::mutex mutex_;
    std::condition_variable idle_;
    std::int64_t open_ = 0;
    bool ended_ = false;

    // The disk thread's own.
    std::deque<RecordingRef> finishing_;
    std::map<call::VoiceMessageId, RecordingRef> messages_;  // being spoken, or waiting to be settled
    std::array<std::int16_t, 2 * AudioBlock::kSamples> frames_{};
    Time next_check_{};
    std::uint64_t free_bytes_ = UINT64_MAX;
    bool stopping_ = false;
};

Recorder::Recorder(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
Recorder::~Recorder() { disk_->shut_down(); }

Result<std::unique_ptr<Recorder>> Recorder::start(const Config& config, EventSink sink, Metrics& metrics) try {
    auto disk = std::make_shared<Disk>(config, std::move(sink), metrics);
    disk->start_thread(disk);
    return std::unique_ptr<Recorder>(new Recorder(std::move(disk)));
} catch (const std::system_error& error) {
    return Error{ErrorKind::Io, std::string("media: no disk thread: ") + error.what()};
}

std::shared_ptr<Recording> Recorder::begin(CallId call, const std::string& path, call::Codec codec) {
    return disk_->begin(call, path, codec, {});
}
std::shared_ptr<Recording> Recorder::begin_message(call::VoiceMessageId message, CallId call, const std::string& path,
                                                   call::Codec codec) {
    return disk_->begin(call, path, codec, message);
}
bool Recorder::append(const std::shared_ptr<Recording>& recording, std::unique_ptr<AudioBlock> block) {
    return disk_->append(recording, std::move(block));
}
void Recorder::finish(std::shared_ptr<Recording> recording, std::int64_t samples) { disk_->finish(std::move(recording), samples); }
void Recorder::refuse(CallId call, const std::string& text) { disk_->refuse(call, {}, text); }
void Recorder::refuse_message(call::VoiceMessageId message, const std::string& text) { disk_->refuse({}, message, text); }
void Recorder::load_message(call::VoiceMessageId message) { disk_->load_message(message); }
void Recorder::settle_message(call::VoiceMessageId message, call::Media::Fate fate) { disk_->settle_message(message, fate); }
bool Recorder::wait_until_idle(Duration deadline) { return disk_->wait_until_idle(deadline); }

}  // namespace hotline::media
