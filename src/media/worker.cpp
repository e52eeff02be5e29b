// The loop of a media thread, and what its clock drives: players, reports, watch over silence.
#include "worker.h"

#include <pthread.h>
#include <sched.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "hotline/base/log.h"

namespace hotline::media {
namespace {

constexpr std::uint64_t kMailboxTag = ~std::uint64_t{0};
constexpr std::uint64_t kTimerTag = kMailboxTag - 1;
constexpr std::size_t kEvents = 256;
constexpr std::size_t kMailbox = 1u << 20;
constexpr int kRealtimePriority = 10;

constexpr Duration kTickLength{5ms};
constexpr std::uint64_t kMaxCatchUp = 20;   // ticks: 100 ms, five frames of a player
constexpr std::uint64_t kSweep = 20;        // ticks until each leg was looked after
constexpr std::uint64_t kLagWindow = 2000;  // ticks: 10 s
constexpr int kBudget = 200;                // packets a leg and sweep: 2000 a second, forty times what G.711 needs

Descriptor checked(int fd, const char* what) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
    return Descriptor(fd);
}

}  // namespace

call::LegQuality Leg::quality() const {
    return {stats.packets(),         out.packets(),         stats.lost(),
            stats.jitter_ms(),       stats.jitter_max_ms(), feedback.loss(out.numbers_used(), out.last_sequence()),
            feedback.round_trip_ms()};
}

Worker::Worker(const Shared& shared, int number)
    : shared_(shared),
      number_(number),
      mailbox_(kMailbox),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      timer_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")),
      routes_(shared.config.addresses),
      random_(static_cast<std::uint64_t>(read_clocks().at.time_since_epoch().count()) + static_cast<unsigned>(number)),
      metrics_(shared.metrics, number) {
    if (!watch(mailbox_.fd(), kMailboxTag) || !watch(timer_.get(), kTimerTag)) {
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
    thread_ = std::thread([this] { run(); });
}

Worker::~Worker() { thread_.join(); }

bool Worker::watch(int fd, std::uint64_t tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Worker::prepare_thread() {
    pthread_setname_np(pthread_self(), ("media-" + std::to_string(number_)).c_str());
    if (!shared_.config.realtime) return;
    const sched_param priority{kRealtimePriority};
    const int error = pthread_setschedparam(pthread_self(), SCHED_RR, &priority);
    if (error != 0 && number_ == 0) {
        log::warn("media.not_realtime",
                  {{"text", "media threads run at normal priority (" + std::generic_category().message(error) +
                                "); allow it with LimitRTPRIO=10 or CAP_SYS_NICE"}});
    }
}

void Worker::run() {
    prepare_thread();
    std::array<epoll_event, kEvents> events;
    while (!stopping_) {
        const int n = ::epoll_wait(epoll_.get(), events.data(), kEvents, commands_.empty() ? -1 : 0);
        round(std::span(events).first(n > 0 ? static_cast<std::size_t>(n) : 0));
    }
}

void Worker::round(std::span<const epoll_event> events) {
    bool mail = false;
    for (const auto& event : events) {
        const std::uint64_t tag = event.data.u64;
        if (tag == kMailboxTag) {
            mail = true;
        } else if (tag == kTimerTag) {
            std::uint64_t expirations;  // read so that the timer goes on; which ticks are due, the clock tells
            if (::read(timer_.get(), &expirations, sizeof expirations) > 0) catch_up(read_clocks().at);
        } else {
            on_socket(tag);
        }
    }
    if (mail) {
        mailbox_.take(taken_);
        std::move(taken_.begin(), taken_.end(), std::back_inserter(commands_));
        taken_.clear();
    }
    take_commands();
}

/// Tag: generation of the slot (32 bits), slot (31), RTCP (1).
void Worker::on_socket(std::uint64_t tag) {
    const auto slot = static_cast<std::uint32_t>(tag) >> 1;
    if (generations_[slot] != tag >> 32 || !legs_[slot]) return;  // closed within this round
    receive(*legs_[slot], (tag & 1) != 0);
}

void Worker::start_clock(Time now) {
    next_tick_ = now + kTickLength;
    const auto since = next_tick_.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    itimerspec spec{};
    spec.it_value = {seconds.count(), (since - seconds).count()};
    spec.it_interval = {0, kTickLength.count()};
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

/// No legs, no wake-ups.
void Worker::stop_clock() {
    const itimerspec off{};
    ::timerfd_settime(timer_.get(), 0, &off, nullptr);
    next_tick_ = {};
    worst_lag_ = Duration(0);
    metrics_.tick_lag_ms.set(0);
    metrics_.publish(traffic_);
}

/// Runs the ticks that are due. After a long delay the schedule moves on instead of pouring out what was missed.
void Worker::catch_up(Time now) {
    if (next_tick_ == Time{} || now < next_tick_) return;
    worst_lag_ = std::max(worst_lag_, now - next_tick_);
    for (std::uint64_t run = 0; run < kMaxCatchUp && next_tick_ <= now; ++run) tick(now);
    if (next_tick_ <= now) next_tick_ += ((now - next_tick_) / kTickLength + 1) * kTickLength;
}

void Worker::tick(Time now) {
    next_tick_ += kTickLength;
    ++ticks_;
    play_phase(ticks_ % kPhases, now);
    sweep(now);
    if (ticks_ % kSweep == 0) metrics_.publish(traffic_);
    if (ticks_ % kLagWindow == 0) {
        metrics_.tick_lag_ms.set(to_ms(worst_lag_));
        worst_lag_ = Duration(0);
    }
}

void Worker::play_phase(std::size_t phase, Time now) {
    auto& legs = playing_[phase];
    for (std::size_t i = legs.size(); i > 0; --i) {  // backwards: a player that ends takes itself off the list
        play_frame(*legs[i - 1], now);
    }
}

void Worker::play_frame(Leg& leg, Time now) {
    if (!leg.connected) return;  // waits for it
    std::array<std::uint8_t, rtp::kHeaderBytes + kFrameSamples> packet;
    const std::span<std::uint8_t, kFrameSamples> samples(packet.data() + rtp::kHeaderBytes, kFrameSamples);
    if (!leg.player.next(leg.agreed.codec, samples)) {
        stop_playing(leg);
        if (!leg.player.play()) {
            begin_message(leg, now);  // what ended is its tone
        } else if (!leg.player.looping()) {
            shared_.sink(call::PlayEnded{leg.id, leg.player.play()});
        }
        return;
    }
    if (!leg.agreed.send) return;  // on hold: time goes by unheard
    rtp::Header header = leg.out.frame(kFrameSamples, now);
    header.payload_type = leg.agreed.payload_type;
    rtp::write(packet.data(), header);
    if (leg.recording && !leg.player.looping()) leg.recording->said(header.timestamp, leg.agreed.codec, samples, now);
    leg.out.count_sent(samples.size());
    out_.add(packet);
    ++traffic_.packets_out;
    traffic_.dropped[static_cast<std::size_t>(Drop::NotSent)] +=
        static_cast<std::int64_t>(out_.flush(leg.sockets.rtp.get(), leg.source.remote()));
}

void Worker::sweep(Time now) {
    const std::size_t part = ticks_ % kSweep;
    const std::size_t begin = legs_.size() * part / kSweep, end = legs_.size() * (part + 1) / kSweep;
    for (std::size_t slot = begin; slot < end; ++slot) {
        if (legs_[slot]) look_after(*legs_[slot], now);
    }
}

/// A late packet takes its loss back; a counter never sinks, and waits until the loss is greater again.
void Worker::count_lost(Leg& leg) {
    const std::uint64_t lost = leg.stats.lost();
    if (lost <= leg.counted_lost) return;
    traffic_.lost += static_cast<std::int64_t>(lost - leg.counted_lost);
    leg.counted_lost = lost;
}

void Worker::look_after(Leg& leg, Time now) {
    leg.budget = kBudget;
    if (!leg.connected) return;
    if (leg.message && leg.message->is_due(now)) finish_message(leg, now);
    count_lost(leg);
    const Duration limit = shared_.config.rtp_silence;
    if (limit > Duration(0) && leg.agreed.receive && !leg.silence_told && now - leg.last_sound >= limit) {
        leg.silence_told = true;
        shared_.sink(call::AudioSilent{leg.id, now - leg.last_sound});
    }
    if (now >= leg.next_report) {
        send_report(leg, rtcp::Leaving::No, now);
        const double share = 0.5 + random_.unit();
        leg.next_report = now + std::chrono::duration_cast<Duration>(shared_.config.rtcp_interval * share);
    }
}

}  // namespace hotline::media
