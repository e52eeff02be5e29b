#include "app/reloader.h"

#include "hotline/base/log.h"

namespace hotline::app {
namespace {

/// One event a mistake: a log line holds one line of text.
void log_mistakes(const Problems& problems) {
    for (const auto& problem : problems.sorted()) {
        if (problem.weight == Problem::Weight::Error)
            log::error("config.mistake", {{"at", to_text(problem.at)}, {"what", problem.text}});
    }
}

}  // namespace

Reloader::Reloader(std::string site_dir, std::vector<std::string> settings, SiteConfig running, media::PromptLibrary& prompts,
                   Apply apply)
    : site_dir_(std::move(site_dir)),
      settings_(std::move(settings)),
      running_(std::move(running)),
      prompts_(prompts),
      apply_(std::move(apply)) {}

Reloader::~Reloader() {
    if (worker_.joinable()) worker_.join();
}

void Reloader::start(Done done) {
    {
        std::lock_guard lock(mutex_);
        if (!busy_) {
            busy_ = true;
            if (worker_.joinable()) worker_.join();  // it has ended: busy_ was false
            worker_ = std::thread([this, done = std::move(done)] { run(done); });
            return;
        }
    }
    done({false, "a reload is under way; ask again when it is done."});
}

void Reloader::run(const Done& done) {
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
    {
        std::lock_guard lock(mutex_);
        busy_ = false;
    }
    done(std::move(report));
}

Reloader::Report Reloader::reload() {
    Problems problems;
    auto wanted = std::make_shared<SiteConfig>(load_site(site_dir_, settings_, problems));
    if (problems.has_errors()) {
        log_mistakes(problems);
        return {false, problems.to_text() + "the running configuration stays."};
    }
    wanted->prompts.cache_dir = running_.prompts.cache_dir;
    prompts_.reload(wanted->prompts);
    const auto failed = prompts_.warm(wanted->all_prompts, kWarmDeadline);
    apply_(wanted);
    std::string text = problems.to_text() + "reloaded.";
    if (failed > 0) text += ' ' + std::to_string(failed) + " prompts could not be made; see the log.";
    if (const auto fixed = needs_restart(running_, *wanted); !fixed.empty()) text += " Needs a restart to change: " + fixed + '.';
    return {true, text};
}

}  // namespace hotline::app
