// The command line of hotlined.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/base/time.h"

namespace hotline::app {

struct Options {
    enum class Command {
        Serve,
        Check,
        Migrate,
        Reload,
        Status,
        Explain,
        Stop,
        Simulate,
        RunFlow,
        DrawFlow,
        Version,
        Help
    } command = Command::Help;
    std::string site = "config/travel";
    std::string data = "var";
    bool data_given = false;  // --data, for those commands that do without
    bool site_given = false;
    std::string db;                        // libpq's conninfo; empty: libpq's own environment (PGHOST, PGDATABASE…)
    std::string sql = "sql";               // holds migrations/ and report/
    std::vector<std::string> settings;     // path=value
    Duration drain{0};                     // how long calls under way may go on after SIGTERM
    std::string call;                      // explain: CALL_ID
    std::string flow;                      // ivr: a program's name; empty: the one of the site's first number
    std::string from;                      // ivr run: the caller's number; empty: withheld
    std::optional<std::string> keys;       // ivr run: "4,10001,#"; none: from the keyboard
    std::optional<std::string> transfers;  // ivr run: "busy,over"; none: who is handed on talks
    std::string at;                        // ivr run: "2026-10-01T09:30" at the site; empty: now
    struct Forecast {                      // simulate
        double calls_an_hour = 60;
        std::size_t agents = 0;                // 0: those of the site
        std::map<std::string, double> shares;  // of the calls, by queue; empty: the same for each but rescue
        struct Wish {
            std::string queue, skill;
            int level, percent;  // of its callers
        };
        std::vector<Wish> wishes;
        Duration talk{180s}, patience{180s}, length{24h};
        std::uint64_t seed = 1;
        std::string csv;
    } forecast;
};

/// Invalid with the text for stderr: what is wrong and how it is written.
Result<Options> parse_options(std::span<const char* const> arguments);
std::string usage();

}  // namespace hotline::app
