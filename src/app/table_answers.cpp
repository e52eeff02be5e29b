#include "app/table_answers.h"

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>

#include "app/query_check.h"
#include "app/scratch_cluster.h"
#include "hotline/base/metrics.h"
#include "hotline/store/tables.h"

namespace hotline::app {
namespace {

namespace asio = boost::asio;
constexpr Duration kUntilConnected = 5s;
constexpr Duration kScratchStarts = 30s;

/// DIR/sample/NAME.sql of --sql; from elsewhere than the source tree's root, of the tree that the site lies in.
std::string sample_file(const Options& options, const SiteConfig& config) {
    const auto file = std::filesystem::path("sample") / (config.sample + ".sql");
    std::error_code error;
    const auto named = std::filesystem::path(options.sql) / file;
    if (std::filesystem::exists(named, error)) return named.string();
    const auto beside = std::filesystem::path(options.site) / ".." / ".." / "sql" / file;
    return std::filesystem::exists(beside, error) ? beside.lexically_normal().string() : named.string();
}

}  // namespace

struct TableAnswers::State {
    State(const Options& o, const SiteConfig& c) : options(o), sample(sample_file(o, c)), config(c.tables) {
        has_sample = !c.sample.empty();
    }

    Result<std::string> conninfo() {
        if (!options.db.empty()) return options.db;
        if (options.data_given) return find_store(options.data);
        if (!has_sample)
            return Error{ErrorKind::NotFound, "site.json names no sample data (\"sample\"), and no store was named: --data DIR"};
        auto started = ScratchCluster::start();
        if (!started) return started.error();
        scratch = std::move(*started);
        const std::string as_superuser = scratch->conninfo() + " user=postgres";
        if (const auto filled = store::fill_scratch(as_superuser, sample, config.time_zone, kScratchStarts); !filled)
            return filled.error();
        return scratch->conninfo();
    }

    /// Why there are no tables; empty: there are.
    std::string open() {
        const auto where = conninfo();
        if (!where) return where.error().text;
        config.conninfo = *where;
        config.guards = false;
        tables.emplace(io, config, metrics);
        const Time due = read_clocks().at + kUntilConnected;
        while (!tables->connected() && read_clocks().at < due) io.run_one_for(std::chrono::milliseconds(100));
        return tables->connected() ? "" : "the store does not let " + config.role + " in";
    }

    const Options options;
    const std::string sample;
    store::TablesConfig config;
    bool has_sample = false;
    std::unique_ptr<ScratchCluster> scratch;
    asio::io_context io{1};
    Metrics metrics;
    std::optional<store::Tables> tables;
    std::optional<std::string> trouble;  // why nothing can be asked; none: not tried yet
};

TableAnswers::TableAnswers(const Options& options, const SiteConfig& config) : state_(std::make_unique<State>(options, config)) {}

TableAnswers::~TableAnswers() {
    if (!state_->tables) return;
    state_->tables->stop();
    state_->io.poll();
}

ivr::Reply TableAnswers::answer(const ivr::AskTables& question) {
    State& s = *state_;
    if (!s.trouble) s.trouble = s.open();
    std::optional<ivr::Reply> reply;
    std::string why = *s.trouble;
    if (why.empty()) {
        s.tables->ask(question, [&reply](ivr::Reply got) { reply = std::move(got); });
        const Time due = read_clocks().at + question.timeout + 1s;
        while (!reply && read_clocks().at < due) s.io.run_one_for(std::chrono::milliseconds(100));
        if (reply && reply->kind == ivr::Reply::Kind::Found) return std::move(*reply);
        why = reply && reply->kind == ivr::Reply::Kind::TimedOut ? "no answer in time"
                                                                 : "refused; `hotlined check --data DIR` says why";
    }
    std::fprintf(stderr, "lookup %s: %s\n", question.query->name.c_str(), why.c_str());
    return reply.value_or(ivr::Reply{});
}

}  // namespace hotline::app
