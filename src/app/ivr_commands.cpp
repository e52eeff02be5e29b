#include "app/ivr_commands.h"

#include <cstdio>
#include <iostream>

#include "app/rehearsal.h"
#include "app/site_config.h"
#include "app/table_answers.h"

namespace hotline::app {
namespace {

struct Flow {
    std::shared_ptr<const ivr::Program> program;
    std::string number;  // that leads to it; empty: none
    std::string time_zone;
    SiteConfig config;
};

Error refusal(std::string text) { return {ErrorKind::Invalid, std::move(text)}; }

/// By its name; without one, the flow of the site's first number.
Result<Flow> find_flow(const Options& options) {
    Problems problems;
    auto config = load_site(options.site, options.settings, problems);
    std::fputs(problems.to_text().c_str(), stderr);
    if (problems.has_errors()) return refusal("the site has mistakes. Correct them first.");
    const auto& hotlines = config.site->hotlines;
    if (options.flow.empty() && hotlines.empty())
        return refusal("no number leads to a flow. Name the flow: hotlined ivr run FLOW.");
    Flow out;
    out.time_zone = config.site->time_zone;
    if (options.flow.empty()) {
        out.program = hotlines.begin()->second;
    } else if (const auto found = config.programs.find(options.flow); found != config.programs.end()) {
        out.program = found->second;
    } else {
        std::vector<std::string> names;
        for (const auto& [name, program] : config.programs) names.push_back(name);
        return refusal("there is no flow \"" + options.flow + "\" in this site." + suggestion(options.flow, names));
    }
    for (const auto& [number, program] : hotlines)
        if (program == out.program && out.number.empty()) out.number = number;
    out.config = std::move(config);
    return out;
}

ExitCode refuse(const Error& error) {
    std::fprintf(stderr, "hotlined: %s\n", error.text.c_str());
    return ExitCode::Refused;
}

/// One after the other; none when there is no more.
template <class T>
std::function<std::optional<T>()> from_script(std::vector<T> script) {
    return [script = std::move(script), at = std::size_t{0}]() mutable -> std::optional<T> {
        if (at == script.size()) return std::nullopt;
        return script[at++];
    };
}

/// A line is what is pressed; an empty one is silence.
std::optional<std::string> from_keyboard() {
    for (std::string line; std::getline(std::cin, line);) {
        if (line.find_first_not_of("0123456789*#") == std::string::npos) return line;
        std::fputs("keys are 0 to 9, * and #; an empty line is silence\n", stderr);
    }
    return std::nullopt;
}

}  // namespace

ExitCode run_flow(const Options& options) {
    std::optional<std::vector<std::string>> groups;
    if (options.keys) {
        auto read = key_groups(*options.keys);
        if (!read) return refuse(read.error());
        groups = std::move(*read);
    }
    std::vector<ivr::TransferNews> news;
    if (options.transfers) {
        auto read = transfer_news(*options.transfers);
        if (!read) return refuse(read.error());
        news = std::move(*read);
    }
    const auto flow = find_flow(options);
    if (!flow) return refuse(flow.error());
    auto start = std::optional(read_clocks().wall);
    if (!options.at.empty()) start = wall_of(options.at, flow->time_zone);
    if (!start) return refuse(refusal("--at takes a date and a time such as 2026-10-01T09:30, not \"" + options.at + "\"."));
    const auto print = [](const std::string& line) {
        std::FILE* const out = line.starts_with("count ") ? stderr : stdout;  // no step, but told
        std::fprintf(out, "%s\n", line.c_str());
        std::fflush(out);
    };
    TableAnswers tables(options, flow->config);
    const auto look_up = [&tables](const ivr::AskTables& question) { return tables.answer(question); };
    const auto ended = rehearse(flow->program, {options.from, flow->number}, *start,
                                groups ? from_script(*groups) : NextKeys(from_keyboard), print, look_up, from_script(news));
    return ended ? ExitCode::Ok : refuse(ended.error());
}

ExitCode draw_flow(const Options& options) {
    const auto flow = find_flow(options);
    if (!flow) return refuse(flow.error());
    std::fputs(ivr::graphviz(*flow->program).c_str(), stdout);
    return ExitCode::Ok;
}

}  // namespace hotline::app
