// Reload: the site is read, checked and its prompts are prepared in a thread of its own; then the whole snapshot goes to the
// control thread at once. With any mistake the running one stays.
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
    using Done = std::function<void(Report)>;                              // on the reloader's thread
    using Apply = std::function<void(std::shared_ptr<const SiteConfig>)>;  // hands the snapshot to the control thread

    static constexpr Duration kWarmDeadline = 20s;  // what is not synthesised by then is made when it is needed

    Reloader(std::string site_dir, std::vector<std::string> settings, SiteConfig running, media::PromptLibrary& prompts,
             Apply apply);
    ~Reloader();
    Reloader(const Reloader&) = delete;

    /// From any thread. Says so through `done` when another one is under way.
    void start(Done done);

  private:
    Report reload();
    void run(const Done& done);

    const std::string site_dir_;
    const std::vector<std::string> settings_;
    SiteConfig running_;  // what a restart would be needed to change; only the worker touches it
    media::PromptLibrary& prompts_;
    Apply apply_;
    std::mutex mutex_;
    bool busy_ = false;
    std::thread worker_;
};

}  // namespace hotline::app
