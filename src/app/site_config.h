// A site's configuration, read whole and checked whole: what every module is started with, or a list of everything that is wrong.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/problems.h"
#include "app/query_files.h"
#include "hotline/base/log.h"
#include "hotline/call/site.h"
#include "hotline/desk/server.h"
#include "hotline/media/engine.h"
#include "hotline/media/prompts.h"
#include "hotline/sip/stack.h"
#include "hotline/store/journal.h"
#include "hotline/store/store.h"
#include "hotline/store/tables.h"

namespace hotline::app {

struct LogConfig {
    log::Level level = log::Level::Info;
    log::Format format = log::Format::Text;
};

/// One immutable snapshot. Paths below the data directory and the conninfo are empty: place_in() and the command line fill them.
struct SiteConfig {
    std::shared_ptr<const call::Site> site;
    sip::Config sip;
    media::Config media;
    media::PromptConfig prompts;
    store::Config store;
    store::TablesConfig tables;
    store::JournalConfig journal;
    desk::Config http;
    LogConfig log;
    std::map<std::string, std::shared_ptr<const ivr::Program>> programs;  // by name; null: it has errors
    std::vector<QueryFile> queries;                                       // that menus ask, those without errors
    std::vector<NamedColumn> columns;                                     // that menus take from them
    std::string sample;                       // sql/sample/NAME.sql: what an empty store is filled with; empty: nothing
    std::vector<ivr::Utterance> all_prompts;  // everything that can be said, to be prepared before it is needed

    /// Fills the paths below the data directory.
    void place_in(const std::string& data_dir);
};

/// Reads the site in `dir` with the settings ("path=value") of the command line. Every mistake goes to `problems`; the result may
/// be used when problems.has_errors() is false.
SiteConfig load_site(const std::string& dir, const std::vector<std::string>& settings, Problems& problems);

/// Names what differs between two snapshots but cannot change while the daemon runs: "sip.listen, http". Empty: a reload applies
/// all.
std::string needs_restart(const SiteConfig& running, const SiteConfig& wanted);

}  // namespace hotline::app
