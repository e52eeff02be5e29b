// One media thread and the legs that live on it. Only this thread touches them, so nothing here locks.
//
//   epoll ─┬─ mailbox ─▶ commands, at most 1 ms of them a round
//          ├─ sockets ─▶ recvmmsg ─▶ vetted, counted ─▶ keys · recording · the bridged leg's stream ─▶ sendmmsg
//          └─ timer, each 5 ms ─▶ a quarter of the players each time (20 ms for each), a twentieth of the legs looked after
#pragma once
#include <sys/epoll.h>

#include <array>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "hotline/base/mailbox.h"
#include "hotline/base/metrics.h"
#include "hotline/base/random.h"
#include "hotline/media/engine.h"
#include "leg.h"
#include "traffic.h"

namespace hotline::media {

class Worker;

namespace command {
struct Open {
    CallId call;
    call::LegId leg;
    IpAddress family_of;
};
struct Connect {
    call::LegId leg;
    call::AgreedAudio audio;
};
struct Play {
    call::LegId leg;
    call::PlayId play;
    std::vector<call::SoundRef> sounds;
    Player::Mode mode;
};
struct Stop {
    call::LegId leg;
};
struct Bridge {
    call::LegId leg, other;
};
struct Unbridge {
    call::LegId leg;
};
struct Record {
    call::LegId leg;
    CallId call;
    std::string path;
};
struct MaskRecording {
    call::LegId leg;
    bool masked;
};
struct TakeMessage {
    call::LegId leg;
    call::Media::MessageOrder order;
};
struct EndMessage {
    call::LegId leg;
    call::VoiceMessageId message;
};
struct Close {
    call::LegId leg;
};
/// A leg moves to another thread: Expect and Release are posted together, Arrive comes from the old thread. Commands for the leg
/// wait at the new thread until it has arrived.
struct Expect {
    call::LegId leg;
};
struct Release {
    call::LegId leg;
    Worker* to;
};
struct Arrive {
    call::LegId leg;
    std::unique_ptr<Leg> parcel;  // null: there was none
};
struct FinishRecordings {
    std::shared_ptr<std::promise<void>> done;
};
struct ShutDown {};
}  // namespace command

using Command =
    std::variant<command::Open, command::Connect, command::Play, command::Stop, command::Bridge, command::Unbridge, command::Record,
                 command::Close, command::Expect, command::Release, command::Arrive, command::FinishRecordings, command::ShutDown,
                 command::TakeMessage, command::EndMessage, command::MaskRecording>;

/// What all media threads of an engine share.
struct Shared {
    const Config& config;
    const EventSink& sink;
    Metrics& metrics;
    PortPool& ports;
    Recorder& recorder;
    rtcp::NtpClock ntp;
};

class Worker {
  public:
    /// Throws std::system_error when the system refuses a thread or a descriptor.
    Worker(const Shared& shared, int number);
    /// After ShutDown.
    ~Worker();

    bool post(Command command) { return mailbox_.post(std::move(command)); }
    std::size_t waiting_commands() const { return mailbox_.size(); }
    /// Legs that could not be opened, or were lost on their way here, since the last call.
    std::vector<call::LegId> take_failed();

  private:
    // worker.cpp: the loop and the clock
    void run();
    void prepare_thread();
    void round(std::span<const epoll_event> events);
    void on_socket(std::uint64_t tag);
    bool watch(int fd, std::uint64_t tag);
    void start_clock(Time now);
    void stop_clock();
    void catch_up(Time now);
    void tick(Time now);
    void play_phase(std::size_t phase, Time now);
    void play_frame(Leg& leg, Time now);
    void sweep(Time now);
    void count_lost(Leg& leg);
    void look_after(Leg& leg, Time now);

    // worker_commands.cpp
    void take_commands();
    void obey(Command& command);
    void on(command::Open& c);
    void on(command::Connect& c);
    void on(command::Play& c);
    void on(command::Stop& c);
    void on(command::Bridge& c);
    void on(command::Unbridge& c);
    void on(command::Record& c);
    void on(command::MaskRecording& c);
    void on(command::Close& c);
    void on(command::Expect& c);
    void on(command::Release& c);
    void on(command::Arrive& c);
    void on(command::FinishRecordings& c);
    void on(command::ShutDown& c);
    void on(command::TakeMessage& c);
    void on(command::EndMessage& c);
    Leg* find(call::LegId id);
    bool add(std::unique_ptr<Leg>& leg, Time now);
    void note_failed(call::LegId leg);
    void fail(call::LegId leg, const std::string& text);
    std::unique_ptr<Leg> remove(Leg& leg);
    void close(Leg& leg);
    void bid_farewell(std::unique_ptr<Leg> leg, Time now);
    void part(Leg& leg);
    void rejoin(Leg& leg);
    void stop_playing(Leg& leg);
    void start_playing(Leg& leg);
    void finish_recording(Leg& leg);
    void begin_message(Leg& leg, Time now);
    void finish_message(Leg& leg, Time now);

    // worker_packets.cpp: what comes in and goes out
    void receive(Leg& leg, bool rtcp_socket);
    void on_rtp(Leg& leg, std::span<std::uint8_t> datagram, const Endpoint& from, Time now);
    void on_event(Leg& leg, const rtp::Packet& packet, Time now);
    void on_sound(Leg& leg, rtp::Packet& packet, call::Codec codec, Arrival arrival, Time now);
    void hear_tones(Leg& leg, std::span<const std::uint8_t> samples, call::Codec codec);
    void relay_sound(Leg& to, rtp::Packet& packet, call::Codec codec, Time now);
    void on_rtcp(Leg& leg, std::span<const std::uint8_t> datagram, const Endpoint& from, bool on_rtp_port, Time now);
    void send_report(Leg& leg, rtcp::Leaving leaving, Time now);
    void drop(Drop why) { ++traffic_.dropped[static_cast<std::size_t>(why)]; }

    const Shared& shared_;
    const int number_;
    const call::SoundRef tone_ = message_tone();
    Mailbox<Command> mailbox_;
    std::deque<Command> commands_;  // taken, not obeyed yet
    std::vector<Command> taken_;
    Descriptor epoll_, timer_;
    bool stopping_ = false;

    std::vector<std::unique_ptr<Leg>> legs_;  // by slot; null: free
    std::vector<std::uint32_t> free_slots_;
    std::vector<std::uint32_t> generations_;  // by slot: a late event of a closed leg finds another number
    std::unordered_map<call::LegId, Leg*> by_id_;
    std::unordered_map<call::LegId, std::vector<Command>> expected_;
    Routes routes_;
    Random random_;

    static constexpr std::size_t kPhases = 4;
    std::array<std::vector<Leg*>, kPhases> playing_;
    Time next_tick_{};
    std::uint64_t ticks_ = 0;
    Duration worst_lag_{0};

    InBatch in_;
    OutBatch out_;
    Traffic traffic_;
    TrafficMetrics metrics_;

    std::mutex failed_mutex_;
    std::vector<call::LegId> failed_;
    std::thread thread_;  // last: runs on all of the above
};

}  // namespace hotline::media
