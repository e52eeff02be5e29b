#include "app/run.h"

#include <cstdio>

#include "app/control_socket.h"
#include "app/ivr_commands.h"
#include "app/options.h"
#include "app/query_check.h"
#include "app/serve.h"
#include "app/simulate.h"
#include "app/site_config.h"
#include "hotline/base/log.h"

namespace hotline::app {
namespace {

constexpr Duration kAnswer = 65s;     // a reload prepares prompts
constexpr Duration kUntilGone = 24h;  // as long as the longest --drain; a person stops waiting by himself

void complain(const std::string& text) { std::fprintf(stderr, "hotlined: %s\n", text.c_str()); }

ExitCode check(const Options& options) {
    Problems problems;
    const auto config = load_site(options.site, options.settings, problems);
    if (!problems.has_errors()) check_queries(options, config, problems);
    std::fputs(problems.to_text().c_str(), stdout);
    if (problems.has_errors()) return ExitCode::Refused;
    std::printf("%s: no mistakes\n", options.site.c_str());
    return ExitCode::Ok;
}

/// An empty store is filled with what the site names for it.
ExitCode fill_with_sample(const Options& options) {
    Problems problems;
    const auto config = load_site(options.site, options.settings, problems);
    if (config.sample.empty()) return ExitCode::Ok;  // mistakes of the site are told when it is served
    const auto done = store::seed(options.db, options.sql + "/sample/" + config.sample + ".sql", config.tables.time_zone);
    if (done) return ExitCode::Ok;
    complain(done.error().text);
    return ExitCode::StoreFailed;
}

ExitCode migrate(const Options& options) {
    const auto done = store::migrate(options.db, options.sql + "/migrations");
    if (!done) {
        complain(done.error().text);
        return ExitCode::StoreFailed;
    }
    return options.site_given ? fill_with_sample(options) : ExitCode::Ok;
}

ExitCode ask(const Options& options, const char* command, Duration until_gone = 0s) {
    const auto reply = ask_daemon(options.data, {command, options.call}, kAnswer, until_gone);
    if (!reply) {
        complain(reply.error().text);
        return reply.error().kind == ErrorKind::Unavailable ? ExitCode::NotRunning : ExitCode::Refused;
    }
    std::fprintf(reply->ok ? stdout : stderr, "%s\n", reply->text.c_str());
    return reply->ok ? ExitCode::Ok : ExitCode::Refused;
}

ExitCode obey(const Options& options) {
    using Command = Options::Command;
    switch (options.command) {
        case Command::Serve: return serve(options);
        case Command::Check: return check(options);
        case Command::Migrate: return migrate(options);
        case Command::Reload: return ask(options, "reload");
        case Command::Status: return ask(options, "status");
        case Command::Explain: return ask(options, "explain");
        case Command::Stop: return ask(options, "stop", kUntilGone);
        case Command::RunFlow: return run_flow(options);
        case Command::DrawFlow: return draw_flow(options);
        case Command::Simulate: return simulate(options);
        case Command::Version: std::printf("hotlined %s\n", HOTLINE_VERSION); return ExitCode::Ok;
        case Command::Help: std::fputs(usage().c_str(), stdout); return ExitCode::Ok;
    }
    return ExitCode::Usage;
}

}  // namespace

ExitCode run(std::span<const char* const> arguments) {
    const auto options = parse_options(arguments);
    if (!options) {
        complain(options.error().text);
        return ExitCode::Usage;
    }
    ExitCode code = ExitCode::NoResources;
    std::string why;
    try {
        code = obey(*options);
    } catch (const CannotStart& error) {
        code = error.code;
        why = error.what();
    } catch (const std::exception& error) {  // the system refused a thread, a descriptor, memory
        why = error.what();
    }
    log::stop();
    if (!why.empty()) complain(why);
    return code;
}

}  // namespace hotline::app
