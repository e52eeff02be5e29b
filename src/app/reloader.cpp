#include "app/reloader.h"

#include <utility>

#include "hotline/base/log.h"

namespace hotline::app {
Reloader::Reloader(std::string site_dir, std::vector<std::string> settings, SiteConfig running, media::PromptLibrary& prompts,
                   Apply apply)
    : site_dir_(std::move(site_dir)),
      settings_(std::move(settings)),
      running_(std::move(running)),
      prompts_in_force_(running_.prompts),
      prompts_(prompts),
      apply_(std::move(apply)) {}

Reloader::~Reloader() {
    {
        std::lock_guard lock(mutex_);
        follow_ = false;
    }
    if (worker_.joinable()) worker_.join();
}

void Reloader::start(Done done) {
    if (!begin(done, WhenBusy::Refuse)) done({false, "a reload is under way; ask again when it is done."});
}

void Reloader::start_or_follow() {
    Done nobody = [](const Report&) {};
    begin(nobody, WhenBusy::Follow);
}

/// False, with `done` untouched, when another one is under way.
bool Reloader::begin(Done& done, WhenBusy when_busy) {
    std::lock_guard lock(mutex_);
    if (busy_) {
        if (when_busy == WhenBusy::Follow) follow_ = true;
        return false;
    }
    busy_ = true;
    if (worker_.joinable()) worker_.join();  // it has ended: busy_ was false
    worker_ = std::thread([this, done = std::move(done)]() mutable { run(std::move(done)); });
    return true;
}

void Reloader::run(Done done) {
    for (bool again = true; again;) {
        Report report = attempt();
        again = follows();
        done(std::move(report));
        done = [](const Report&) {};  // of what follows, the signal's sender hears in the log
    }
}

Reloader::Report Reloader::attempt() {
    Report report;
    try {
        report = reload();
    } catch (const std::exception& e) {  // memory, files that change while they are read
        report = {false, std::string("the reload failed: ") + e.what() + ". The running configuration stays."};
        log::error("config.reload_failed", {{"why", e.what()}});
    }
    if (report.applied) {
        log::info("config.reloaded", {{"report", report.text}});
    } else {
        log::error("config.kept", {{"cure", "correct what is named before this and reload again"}});
    }
    return report;
}

/// At the end of a reload: is there one more to do? If not, the next one may start.
bool Reloader::follows() {
    std::lock_guard lock(mutex_);
    busy_ = std::exchange(follow_, false);
    return busy_;
}

Reloader::Report Reloader::reload() {
    Problems problems;
    auto wanted = std::make_shared<SiteConfig>(load_site(site_dir_, settings_, problems));
    if (problems.has_errors()) {
        problems.tell_log();
        return {false, problems.to_text() + "the running configuration stays."};
    }
    wanted->prompts.cache_dir = running_.prompts.cache_dir;
    prompts_.reload(wanted->prompts);
    const auto failed = prompts_.warm(wanted->all_prompts, kWarmDeadline);
    if (!apply_(wanted)) {
        prompts_.reload(prompts_in_force_);
        log::error("config.not_applied", {{"why", "the control thread's mailbox is full"}});
        return {false, "the control thread's mailbox is full; the running configuration stays. Reload again."};
    }
    prompts_in_force_ = wanted->prompts;
    std::string text = problems.to_text() + "reloaded.";
    if (failed > 0) text += ' ' + std::to_string(failed) + " prompts could not be made; see the log.";
    if (const auto fixed = needs_restart(running_, *wanted); !fixed.empty()) text += " Needs a restart to change: " + fixed + '.';
    return {true, text};
}

}  // namespace hotline::app
