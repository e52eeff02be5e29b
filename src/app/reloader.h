// Reload: the site is read, checked and its prompts are prepared in a thread of its own; then the whole snapshot goes to the
// control thread at once. With any mistake the running one stays. Prompts alone are there a moment earlier, since they must be made
// before they are said; when the snapshot cannot be handed over, the former ones come back.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/site_config.h"

namespace hotline::app {

class Reloader {
  public:
    struct Report {
        bool applied = false;
        std::string text;  // the mistakes, or what was done and what needs a restart
    };
    using Done = std::function<void(Report)>;  // on the reloader's thread
    using Apply =
        std::function<bool(std::shared_ptr<const SiteConfig>)>;  // hands the snapshot to the control thread; false: no room

    static constexpr Duration kWarmDeadline = 20s;  // what is not synthesised by then is made when it is needed

    Reloader(std::string site_dir, std::vector<std::string> settings, SiteConfig running, media::PromptLibrary& prompts,
             Apply apply);
    ~Reloader();
    Reloader(const Reloader&) = delete;

    /// From any thread. Says so through `done` when another one is under way.
    void start(Done done);
    /// For a signal, whose sender hears no answer. While a reload is under way it may have read the files too early: then one more
    /// follows, however many signals came.
    void start_or_follow();

  private:
    enum class WhenBusy { Refuse, Follow };
    bool begin(Done& done, WhenBusy when_busy);
    void run(Done done);
    Report attempt();
    Report reload();
    bool follows();

    const std::string site_dir_;
    const std::vector<std::string> settings_;
    // Only the worker touches these.
    SiteConfig running_;  // what a restart would be needed to change
    media::PromptConfig prompts_in_force_;
    media::PromptLibrary& prompts_;
    Apply apply_;
    std::mutex mutex_;
    bool busy_ = false;
    bool follow_ = false;  // a signal came meanwhile
    std::thread worker_;
};

}  // namespace hotline::app
