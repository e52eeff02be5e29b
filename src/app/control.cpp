#include "app/control.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "app/exit_code.h"
#include "app/supervisor.h"
#include "hotline/base/log.h"

namespace hotline::app {
namespace {

constexpr Duration kTick = 1s;

std::unique_ptr<sip::Stack> start_stack(sip::Loop& loop, const sip::Config& config, IdSource<call::LegId>& ids,
                                        std::function<void(call::Event)> sink, Metrics& metrics) {
    auto stack = sip::Stack::start(loop, config, ids, std::move(sink), metrics);
    if (!stack) throw CannotStart(ExitCode::PortTaken, stack.error().text);
    return std::move(*stack);
}

int open_signals(const sigset_t& signals) {
    const int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        throw CannotStart(ExitCode::NoResources,
                          std::string("signalfd: ") + std::strerror(errno) + ". Raise the limit of open files.");
    return fd;
}

/// Above every id that this data directory has seen, also when the clock was set back while the daemon was down.
std::uint64_t first_call_id(const store::FactJournal& journal, Now now) {
    const auto from_clock = static_cast<std::uint64_t>(to_unix_us(now.wall) / 1000) << 20;
    return std::max(from_clock, journal.highest_call_id() + 1);
}

/// 0 fine, 1 half full, 2 nearly full. Down again only some way below, so that a level at the edge is told once and not each
/// second.
int next_alarm(int alarm, double filled) {
    constexpr double kUp[] = {0.5, 0.9}, kDown[] = {0.45, 0.85};
    while (alarm < 2 && filled >= kUp[alarm]) ++alarm;
    while (alarm > 0 && filled < kDown[alarm - 1]) --alarm;
    return alarm;
}

}  // namespace

Control::Control(const SiteConfig& config, Workshop workshop, const sigset_t& signals, Duration drain,
                 std::function<void()> on_reload_signal)
    : workshop_(workshop),
      drain_(drain),
      on_reload_signal_(std::move(on_reload_signal)),
      signal_fd_(open_signals(signals)),
      site_name_(config.site->name),
      gauges_(workshop.metrics),
      journal_filled_(workshop.metrics.gauge("journal_filled_ratio", "Share of the journal's quota that is in use", "", 1e-6)) {
    stack_ = start_stack(
        loop_, config.sip, leg_ids_, [this](call::Event event) { switchboard_->on(event, read_clocks()); }, workshop_.metrics);
    const Now now = read_clocks();
    switchboard_ =
        std::make_unique<call::Switchboard>(call::Ports{*stack_, workshop_.media, workshop_.prompts, workshop_.business.store(),
                                                        workshop_.journal, &workshop_.business.inquiries()},
                                            leg_ids_, first_call_id(workshop_.journal, now), config.site, now);
    loop_.watch(signal_fd_, [this] { on_signals(); });
    loop_.watch(workshop_.inbox.fd(), [this] { deliver(workshop_.inbox.take()); });
    loop_.after_batch([this] { return round(); });
}

Control::~Control() {
    loop_.unwatch(signal_fd_);
    loop_.unwatch(workshop_.inbox.fd());
    stack_.reset();
    ::close(signal_fd_);
}

void Control::run() { loop_.run(); }

void Control::deliver(std::vector<call::Event>& events) {
    const Now now = read_clocks();
    for (const auto& event : events) switchboard_->on(event, now);
}

std::optional<Time> Control::round() {
    const Now now = read_clocks();
    if (now.at >= next_tick_) tick(now);
    switchboard_->round(now);
    shut_down(now);
    Time next = next_tick_;
    if (const auto deadline = switchboard_->next_deadline()) next = std::min(next, *deadline);
    if (const auto deadline = shutdown_.deadline()) next = std::min(next, *deadline);
    return next;
}

void Control::on_signals() {
    signalfd_siginfo info{};
    while (::read(signal_fd_, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            on_reload_signal_();
        } else {
            stop(info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
        }
    }
}

void Control::stop(const std::string& why) {
    const Now now = read_clocks();
    if (!shutdown_.requested()) why_stopped_ = why;
    shutdown_.request(now.at, drain_);
    shut_down(now);
}

void Control::shut_down(Now now) {
    if (!shutdown_.requested()) return;
    for (;;) {
        const auto census = switchboard_->census(now);
        const auto order = shutdown_.next(now.at, census.calls, census.legs + stack_->census().parting);
        if (!order) return;
        obey(*order, now);
    }
}

void Control::obey(Shutdown::Order order, Now now) {
    switch (order) {
        case Shutdown::Order::Drain:
            log::info("stopping", {{"why", why_stopped_}, {"drain_s", to_ms(drain_) / 1000}});
            notify_stopping();
            return switchboard_->drain(now);
        case Shutdown::Order::EndCalls: switchboard_->end_all("shutdown", now); return stack_->say_goodbye();
        case Shutdown::Order::Stop:
            // What was spoken last is settled when its end is delivered, and written after that.
            if (write_out_recordings()) write_out_recordings();
            switchboard_->stop(why_stopped_, read_clocks());
            return loop_.stop();
    }
}

/// False: a disk that hangs. It is waited for once.
bool Control::write_out_recordings() {
    const bool written = workshop_.media.flush_recordings(kRecordings);
    if (!written) log::warn("recordings.unfinished", {{"cure", "look at the disk: the last recordings were not written in time"}});
    deliver(workshop_.inbox.take());
    return written;
}

void Control::apply(const SiteConfig& config) {
    stack_->reload(config.sip.accounts);
    switchboard_->reload(config.site, read_clocks());
}

std::string Control::status() const {
    const Now now = read_clocks();
    return "hotlined " HOTLINE_VERSION ", site " + site_name_ + (shutdown_.requested() ? ", stopping\n" : "\n") +
           describe(switchboard_->census(now)) + "\nphones registered " + std::to_string(stack_->census().contacts);
}

/// Once a second: gauges, the other loop's pulse, the watchdog, and what is getting full.
void Control::tick(Now now) {
    next_tick_ = now.at + kTick;
    const auto census = switchboard_->census(now);
    gauges_.update(census, stack_->census());
    const double filled = workshop_.journal.filled();
    journal_filled_.set(static_cast<std::int64_t>(filled * 1e6));
    switchboard_->on(call::JournalFilled{filled}, now);
    watch_journal(filled);
    workshop_.business.control_beats(now.at, census.calls, filled, shutdown_.requested());
    if (workshop_.business.alive(now.at)) notify_alive();
    if (const auto dropped = workshop_.inbox.dropped(); dropped != dropped_told_) {
        log::error("core.events_dropped", {{"events", dropped - dropped_told_},
                                           {"cure", "the machine is too slow for this load: lower limits.max_calls"}});
        dropped_told_ = dropped;
    }
}

void Control::watch_journal(double filled) {
    const int alarm = next_alarm(journal_alarm_, filled);
    if (alarm == std::exchange(journal_alarm_, alarm)) return;
    if (alarm == 2) {
        log::error("journal.nearly_full",
                   {{"filled", filled}, {"cure", "new calls are refused until the database is back; look at it now"}});
    } else if (alarm == 1) {
        log::warn("journal.half_full", {{"filled", filled}, {"cure", "look at the database: facts are not being written"}});
    } else {
        log::info("journal.relieved", {{"filled", filled}});
    }
}

}  // namespace hotline::app
