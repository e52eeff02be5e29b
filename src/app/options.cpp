#include "app/options.h"

#include <charconv>
#include <functional>

#include "app/problems.h"

namespace hotline::app {
namespace {

using Command = Options::Command;

struct CommandRow {
    const char* name;
    Command command;
    std::vector<std::string> options;
    const char* help;
};

const std::vector<CommandRow>& commands() {
    static const std::vector<CommandRow> rows{
        {"serve",
         Command::Serve,
         {"--site", "--data", "--db", "--set", "--drain"},
         "serve [--site DIR] [--data DIR] [--db CONNINFO] [--set PATH=VALUE]… [--drain S]"},
        {"check",
         Command::Check,
         {"--site", "--set", "--data", "--db"},
         "check [--site DIR] [--data DIR | --db CONNINFO] [--set PATH=VALUE]…"},
        {"migrate", Command::Migrate, {"--db", "--sql", "--site"}, "migrate --db CONNINFO [--sql DIR] [--site DIR]"},
        {"reload", Command::Reload, {"--data"}, "reload [--data DIR]"},
        {"status", Command::Status, {"--data"}, "status [--data DIR]"},
        {"explain", Command::Explain, {"--data"}, "explain CALL_ID [--data DIR]"},
        {"stop", Command::Stop, {"--data"}, "stop [--data DIR]"},
        {"ivr run",
         Command::RunFlow,
         {"--site", "--from", "--keys", "--transfers", "--at", "--set", "--data", "--db", "--sql"},
         "ivr run [FLOW] [--site DIR] [--from NUMBER] [--keys 4,10001,#] [--transfers busy,over] [--at 2026-10-01T09:30] [--data "
         "DIR | --db CONNINFO | "
         "--sql "
         "DIR] [--set PATH=VALUE]…"},
        {"ivr graph", Command::DrawFlow, {"--site", "--set"}, "ivr graph [FLOW] [--site DIR] [--set PATH=VALUE]…"},
        {"simulate",
         Command::Simulate,
         {"--site", "--set", "--calls-per-hour", "--agents", "--share", "--wants", "--talk", "--patience", "--hours", "--seed",
          "--csv"},
         "simulate [--site DIR] [--set PATH=VALUE]… [--calls-per-hour N] [--agents N] [--share QUEUE=PART]… [--wants "
         "QUEUE=SKILL:LEVEL:PERCENT]… [--talk S] [--patience "
         "S] "
         "[--hours N] [--seed N] [--csv FILE]"},
        {"version", Command::Version, {}, "version"},
        {"help", Command::Help, {}, "help"},
    };
    return rows;
}

Error wrong(std::string text) { return {ErrorKind::Invalid, std::move(text) + "\n" + usage()}; }

const CommandRow* row_of(std::string_view name) {
    for (const auto& row : commands())
        if (row.name == name) return &row;
    return nullptr;
}

Result<std::int64_t> whole(const std::string& name, const std::string& text, std::int64_t low, std::int64_t high) {
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
        return wrong(name + " takes a whole number from " + std::to_string(low) + " to " + std::to_string(high) + ", not \"" +
                     text + "\".");
    return value;
}

/// "--share service=70"
Outcome take_share(const std::string& text, Options::Forecast& out) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return wrong("--share is written QUEUE=PART, such as service=70, not \"" + text + "\".");
    const auto part = whole("--share", text.substr(equals + 1), 0, 1'000'000);
    if (!part) return part.error();
    out.shares[text.substr(0, equals)] = static_cast<double>(*part);
    return Done{};
}

/// "--wants service=english:3:20": twenty in a hundred want English at level 3.
Outcome take_wish(const std::string& text, Options::Forecast& out) {
    const auto equals = text.find('='), first = text.find(':', equals == std::string::npos ? 0 : equals);
    const auto second = first == std::string::npos ? first : text.find(':', first + 1);
    if (equals == std::string::npos || equals == 0 || second == std::string::npos || first == equals + 1)
        return wrong("--wants is written QUEUE=SKILL:LEVEL:PERCENT, such as service=english:3:20, not \"" + text + "\".");
    const auto level = whole("the level of --wants", text.substr(first + 1, second - first - 1), 1, 9);
    if (!level) return level.error();
    const auto percent = whole("the percentage of --wants", text.substr(second + 1), 1, 100);
    if (!percent) return percent.error();
    out.wishes.push_back({text.substr(0, equals), text.substr(equals + 1, first - equals - 1), static_cast<int>(*level),
                          static_cast<int>(*percent)});
    return Done{};
}

/// Options of simulate.
Outcome take_forecast(const std::string& name, const std::string& value, Options::Forecast& out) {
    if (name == "--share") return take_share(value, out);
    if (name == "--wants") return take_wish(value, out);
    if (name == "--csv") return out.csv = value, Done{};
    struct Number {
        const char* name;
        std::int64_t low, high;
        std::function<void(std::int64_t)> take;
    };
    const Number numbers[] = {
        {"--calls-per-hour", 1, 100'000, [&](std::int64_t n) { out.calls_an_hour = static_cast<double>(n); }},
        {"--agents", 1, 10'000, [&](std::int64_t n) { out.agents = static_cast<std::size_t>(n); }},
        {"--talk", 1, 86'400, [&](std::int64_t n) { out.talk = std::chrono::seconds(n); }},
        {"--patience", 0, 86'400, [&](std::int64_t n) { out.patience = std::chrono::seconds(n); }},
        {"--hours", 1, 168, [&](std::int64_t n) { out.length = std::chrono::hours(n); }},
        {"--seed", 0, INT64_MAX, [&](std::int64_t n) { out.seed = static_cast<std::uint64_t>(n); }},
    };
    for (const Number& number : numbers) {
        if (name != number.name) continue;
        const auto read = whole(name, value, number.low, number.high);
        if (!read) return read.error();
        number.take(*read);
    }
    return Done{};
}

Outcome take_option(const std::string& name, const std::string& value, Options& out) {
    if (name == "--site") out.site = value, out.site_given = true;
    if (name == "--data") out.data = value, out.data_given = true;
    if (name == "--db") out.db = value;
    if (name == "--sql") out.sql = value;
    if (name == "--set") out.settings.push_back(value);
    if (name == "--from") out.from = value;
    if (name == "--keys") out.keys = value;
    if (name == "--transfers") out.transfers = value;
    if (name == "--at") out.at = value;
    if (name == "--drain") {
        const auto drain = whole(name, value, 0, 86400);
        if (!drain) return drain.error();
        out.drain = std::chrono::seconds(*drain);
    }
    return take_forecast(name, value, out.forecast);
}

/// What the command takes without a name before it, if anything.
std::string* plain_argument(Options& out) {
    switch (out.command) {
        case Command::Explain: return &out.call;
        case Command::RunFlow:
        case Command::DrawFlow: return &out.flow;
        default: return nullptr;
    }
}

Outcome take_arguments(std::span<const char* const> rest, const CommandRow& row, Options& out) {
    for (std::size_t i = 0; i < rest.size(); ++i) {
        std::string name = rest[i];
        if (!name.starts_with("--")) {
            std::string* plain = plain_argument(out);
            if (!plain || !plain->empty()) return wrong("unexpected \"" + name + "\".");
            *plain = name;
            continue;
        }
        std::optional<std::string> value;
        if (const auto equals = name.find('='); equals != std::string::npos) {
            value = name.substr(equals + 1);
            name.resize(equals);
        }
        if (std::find(row.options.begin(), row.options.end(), name) == row.options.end())
            return wrong(std::string(row.name) + " has no option " + name + "." + suggestion(name, row.options));
        if (!value && i + 1 == rest.size()) return wrong(name + " needs a value.");
        if (!value) value = rest[++i];
        if (auto taken = take_option(name, *value, out); !taken) return taken.error();
    }
    return Done{};
}

}  // namespace

std::string usage() {
    std::string out = "usage:\n";
    for (const auto& row : commands()) out += "  hotlined " + std::string(row.help) + '\n';
    return out;
}

Result<Options> parse_options(std::span<const char* const> arguments) {
    if (arguments.empty()) return wrong("a command is missing.");
    std::string name = arguments[0];
    std::size_t words = 1;
    if (name == "ivr" && arguments.size() == 1) return wrong("ivr is followed by run or graph.");
    if (name == "ivr") name += ' ' + std::string(arguments[words++]);
    if (name == "--help" || name == "-h") name = "help";
    if (name == "--version") name = "version";
    const CommandRow* row = row_of(name);
    if (!row) {
        std::vector<std::string> known;
        for (const auto& each : commands()) known.emplace_back(each.name);
        return wrong("unknown command \"" + name + "\"." + suggestion(name, known));
    }
    Options out;
    out.command = row->command;
    if (auto taken = take_arguments(arguments.subspan(words), *row, out); !taken) return taken.error();
    if (out.command == Command::Explain && out.call.empty()) return wrong("explain needs a CALL_ID.");
    if (out.command == Command::Migrate && out.db.empty()) return wrong("migrate needs --db CONNINFO.");
    return out;
}

}  // namespace hotline::app
