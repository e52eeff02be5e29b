// The control side: the loop, SIP and the switchboard, on the thread that makes it. All of the core runs here.
#pragma once
#include <csignal>
#include <functional>
#include <memory>
#include <string>

#include "app/business.h"
#include "app/gauges.h"
#include "app/inbox.h"
#include "app/shutdown.h"
#include "app/site_config.h"

namespace hotline::app {

/// What the core works with; owned by the daemon, alive longer than Control.
struct Workshop {
    media::Engine& media;
    media::PromptLibrary& prompts;
    store::FactJournal& journal;
    Business& business;
    Inbox& inbox;
    Metrics& metrics;
};

class Control {
  public:
    /// How long the last recordings are waited for at the end.
    static constexpr Duration kRecordings = 5s;

    /// `signals`: those that are blocked in all threads and mean something here. CannotStart when a SIP port is taken.
    Control(const SiteConfig& config, Workshop workshop, const sigset_t& signals, Duration drain,
            std::function<void()> on_reload_signal);
    ~Control();
    Control(const Control&) = delete;

    const std::vector<Address>& sip() const { return stack_->bound(); }
    void run();  // until the shutdown is through

    // From any thread.
    bool post(std::function<void()> job) { return loop_.post(std::move(job)); }

    // On the control thread.
    void apply(const SiteConfig& config);
    void stop(const std::string& why);
    std::string status() const;

  private:
    std::optional<Time> round();
    void deliver(std::vector<call::Event>& events);
    void on_signals();
    void shut_down(Now now);
    void obey(Shutdown::Order order, Now now);
    void tick(Now now);
    bool write_out_recordings();
    void watch_journal(double filled);

    Workshop workshop_;
    const Duration drain_;
    std::function<void()> on_reload_signal_;
    int signal_fd_;
    sip::Loop loop_;
    IdSource<call::LegId> leg_ids_;
    std::unique_ptr<sip::Stack> stack_;
    std::unique_ptr<call::Switchboard> switchboard_;
    Shutdown shutdown_;
    std::string why_stopped_;
    std::string site_name_;
    CoreGauges gauges_;
    Metric& journal_filled_;
    Time next_tick_{};
    std::int64_t dropped_told_ = 0;
    int journal_alarm_ = 0;  // 0 none, 1 half full, 2 nearly full
};

}  // namespace hotline::app
