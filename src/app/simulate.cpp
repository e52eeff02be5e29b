#include "app/simulate.h"

#include <cstdio>
#include <fstream>

#include "app/site_config.h"
#include "hotline/acd/rehearsal.h"

namespace hotline::app {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// The site's agents; where more are wanted than it has, the first ones again, with their queues and skills.
std::vector<acd::AgentConfig> staff(const std::vector<acd::AgentConfig>& agents, std::size_t wanted) {
    std::vector<acd::AgentConfig> out;
    for (std::size_t i = 0; i < wanted && !agents.empty(); ++i) {
        out.push_back(agents[i % agents.size()]);
        if (i >= agents.size()) out.back().name += '#' + std::to_string(i / agents.size() + 1);
    }
    return out;
}

/// Calls an hour by queue: as --share says, else the same for each that is no rescue queue.
Result<std::map<std::string, double>> spread(const Options::Forecast& wish, const acd::Config& config) {
    std::map<std::string, double> shares = wish.shares;
    for (const auto& [name, share] : shares)
        if (std::ranges::none_of(config.queues, [&](const auto& queue) { return queue.name == name; }))
            return Error{ErrorKind::NotFound,
                         "there is no queue \"" + name + "\" in this site: --share names one that queues.json has."};
    if (shares.empty())
        for (const auto& queue : config.queues)
            if (queue.priority < acd::kRescue) shares[queue.name] = 1;
    double all = 0;
    for (const auto& [name, share] : shares) all += share;
    if (all <= 0) return Error{ErrorKind::Invalid, "no queue gets any calls: give --share QUEUE=PART."};
    for (auto& [name, share] : shares) share *= wish.calls_an_hour / all;
    return shares;
}

void print_row(const std::string& name, const acd::RehearsedHour& row) {
    std::printf("%-20s %8d %9d %9d %10d %8.1f %% %8.1f %9.0f\n", name.c_str(), row.offered, row.answered, row.abandoned,
                row.overflowed, 100 * row.service_level(), seconds(row.mean_wait()), seconds(row.longest));
}

void print(const acd::Rehearsed& day, const Options::Forecast& wish, std::size_t agents) {
    std::printf(
        "%.0f calls an hour for %.0f hours, %zu agents, talk %.0f s, patience %s\n\n", wish.calls_an_hour,
        seconds(wish.length) / 3600, agents, seconds(wish.talk),
        wish.patience > Duration{0} ? (std::to_string(static_cast<int>(seconds(wish.patience))) + " s").c_str() : "endless");
    std::printf("%-20s %8s %9s %9s %10s %10s %8s %9s\n", "queue", "offered", "answered", "abandoned", "overflowed", "in 20 s",
                "ASA s", "longest s");
    for (const auto& row : day.by_queue()) print_row(row.queue, row);
    print_row("all", day.all);
    std::printf("\noccupancy of the agents: %.0f %%\n", 100 * day.occupancy);
}

bool write_csv(const std::string& path, const acd::Rehearsed& day) {
    std::ofstream out(path);
    out << "hour,queue,offered,answered,abandoned,overflowed,service_level_20s,asa_s,max_wait_s,short_abandoned\n";
    for (const auto& row : day.hours)
        out << row.hour << ',' << row.queue << ',' << row.offered << ',' << row.answered << ',' << row.abandoned << ','
            << row.overflowed << ',' << row.service_level() << ',' << seconds(row.mean_wait()) << ',' << seconds(row.longest) << ','
            << row.short_abandoned << '\n';
    out.close();
    return out.good();
}

}  // namespace

ExitCode simulate(const Options& options) {
    Problems problems;
    const auto config = load_site(options.site, options.settings, problems);
    if (problems.has_errors()) {
        std::fputs(problems.to_text().c_str(), stderr);
        return ExitCode::BadConfig;
    }
    const Options::Forecast& wish = options.forecast;
    acd::Rehearsal day;
    day.config = config.site->acd;
    day.config.agents = staff(config.site->acd.agents, wish.agents > 0 ? wish.agents : config.site->acd.agents.size());
    for (const auto& one : wish.wishes) {
        if (std::ranges::none_of(day.config.queues, [&](const auto& queue) { return queue.name == one.queue; })) {
            std::fprintf(stderr, "hotlined: there is no queue \"%s\" in this site: --wants names one that queues.json has.\n",
                         one.queue.c_str());
            return ExitCode::Usage;
        }
        if (std::ranges::none_of(day.config.agents, [&](const auto& agent) { return agent.skills.contains(one.skill); }))
            std::fprintf(stderr, "hotlined: warning: no agent in agents.json has the skill \"%s\".\n", one.skill.c_str());
        day.wishes.push_back({one.queue, {one.skill, one.level}, one.percent / 100.0});
    }
    day.talk = wish.talk;
    day.patience = wish.patience;
    day.length = wish.length;
    day.seed = wish.seed;
    auto calls = spread(wish, day.config);
    if (!calls) {
        std::fprintf(stderr, "hotlined: %s\n", calls.error().text.c_str());
        return ExitCode::Usage;
    }
    day.calls_an_hour = *calls;
    const auto played = acd::rehearse(day);
    print(played, wish, day.config.agents.size());
    if (!wish.csv.empty() && !write_csv(wish.csv, played)) {
        std::fprintf(stderr, "hotlined: %s cannot be written. Choose another --csv.\n", wish.csv.c_str());
        return ExitCode::Refused;
    }
    return ExitCode::Ok;
}

}  // namespace hotline::app
