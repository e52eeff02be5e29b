#include "app/business.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/exit_code.h"
#include "app/gauges.h"
#include "hotline/base/log.h"
#include "hotline/desk/web_caller.h"
#include "hotline/store/tables.h"

namespace hotline::app {

namespace asio = boost::asio;

namespace {

constexpr Duration kGaugesEvery = 1s;
constexpr double kJournalFull = 0.9;  // beyond it new calls are refused

}  // namespace

/// What menus ask goes to the tables or to the web; what comes of it goes into the core's inbox.
struct Business::State : call::Inquiries {
    State(const SiteConfig& config, const std::string& data_dir, store::FactJournal& j, Inbox& inbox, Metrics& m);

    desk::Health health() const;
    std::string metrics_text();
    void handle(ControlRequest request, ControlServer::Answer answer);
    void ask(CallId call, call::InquiryId inquiry, ivr::AskTables question) override;
    void ask(CallId call, call::InquiryId inquiry, ivr::AskWeb question) override;
    std::function<void(ivr::Reply)> answer_to(CallId call, call::InquiryId inquiry);
    void explain(const std::string& call, const ControlServer::Answer& answer);
    void tick();
    void run();

    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> keep_running{io.get_executor()};
    Metrics& metrics;
    store::FactJournal& journal;
    Inbox& inbox;
    ProcessGauges process;
    Metric &backlog, &connected, &control_lag, &own_lag;
    store::Store store;
    store::Tables tables;
    desk::WebCaller web;
    std::unique_ptr<desk::Server> server;
    std::unique_ptr<ControlServer> control_socket;
    asio::steady_timer timer{io};
    Time due{};
    ControlSide control;
    Heartbeat control_pulse, own_pulse;
    std::atomic<std::int64_t> started_ns{0};
    std::atomic<std::size_t> calls{0};
    std::atomic<double> filled{0};
    std::atomic<bool> stopping{false};
    std::promise<void> ended;
    std::thread thread;
};

Business::State::State(const SiteConfig& config, const std::string& data_dir, store::FactJournal& j, Inbox& core, Metrics& m)
    : metrics(m),
      journal(j),
      inbox(core),
      process(m),
      backlog(m.gauge("journal_backlog", "Facts that are not in the database yet")),
      connected(m.gauge("store_connected", "1 while the fact writer is connected to the database")),
      control_lag(m.gauge("loop_lag_seconds", "Time from posting a probe into a loop to its running",
                          Metrics::label("loop", "control"), 1e-6)),
      own_lag(m.gauge("loop_lag_seconds", "Time from posting a probe into a loop to its running",
                      Metrics::label("loop", "business"), 1e-6)),
      store(
          io, config.store, j, [&core](call::Event event) { core.post(std::move(event)); }, m),
      tables(io, config.tables, m),
      web(io, m) {
    server = or_throw(desk::Server::start(io, config.http, {[this] { return metrics_text(); }, [this] { return health(); }}),
                      ExitCode::PortTaken);
    control_socket = or_throw(ControlServer::start(io, data_dir,
                                                   [this](ControlRequest request, ControlServer::Answer answer) {
                                                       handle(std::move(request), std::move(answer));
                                                   }),
                              ExitCode::DataUnusable);
}

std::function<void(ivr::Reply)> Business::State::answer_to(CallId call, call::InquiryId inquiry) {
    return [this, call, inquiry](ivr::Reply reply) { inbox.post(call::InquiryAnswered{call, inquiry, std::move(reply)}); };
}

void Business::State::ask(CallId call, call::InquiryId inquiry, ivr::AskTables question) {
    tables.ask(std::move(question), answer_to(call, inquiry));
}

void Business::State::ask(CallId call, call::InquiryId inquiry, ivr::AskWeb question) {
    web.ask(std::move(question), answer_to(call, inquiry));
}

desk::Health Business::State::health() const {
    const Time now = read_clocks().at;
    const Duration lag = control_pulse.lag(now);
    const bool is_connected = store.connected();
    const bool failing = lag > kAlive || filled >= kJournalFull || stopping;
    const char* status = stopping ? "stopping" : failing ? "failing" : is_connected ? "ok" : "degraded";
    const nlohmann::ordered_json json{{"status", status},
                                      {"version", HOTLINE_VERSION},
                                      {"uptime_s", to_ms(now.time_since_epoch() - Duration{started_ns.load()}) / 1000},
                                      {"calls", calls.load()},
                                      {"store", is_connected ? "connected" : "away"},
                                      {"journal_backlog", journal.backlog()},
                                      {"journal_filled", filled.load()},
                                      {"control_lag_ms", to_ms(lag)},
                                      {"business_lag_ms", to_ms(own_pulse.lag(now))}};
    return {!failing, json.dump()};
}

std::string Business::State::metrics_text() {
    process.update();
    return metrics.render();
}

void Business::State::handle(ControlRequest request, ControlServer::Answer answer) {
    const auto on_control = [&](auto job) {
        if (!control.post([job, answer] { job(answer); })) answer({false, "the control thread's mailbox is full; see the log."});
    };
    if (request.command == "status") return on_control(control.status);
    // The answer first: with nothing to wait for, the end would overtake it.
    if (request.command == "stop") return answer({true, "stopping", [this] { control.post(control.stop); }});
    if (request.command == "reload") return control.reload([answer](bool ok, std::string text) { answer({ok, std::move(text)}); });
    if (request.command == "explain") return explain(request.argument, answer);
    answer({false, "unknown command \"" + request.command + "\"; known are status, reload, explain, stop."});
}

void Business::State::explain(const std::string& call, const ControlServer::Answer& answer) {
    const CallId id{from_base32(call)};
    if (!id) return answer({false, "\"" + call + "\" is no call's id: it has 13 letters and digits, as in report.call."});
    store.explain(id, [answer](Result<std::string> text) {
        answer(text ? ControlReply{true, *text} : ControlReply{false, text.error().text});
    });
}

/// Each second: how late this loop is, and a probe into the other one.
void Business::State::tick() {
    const Time now = read_clocks().at;
    if (due != Time{}) own_lag.set(std::chrono::duration_cast<std::chrono::microseconds>(std::max(Duration{0}, now - due)).count());
    control_lag.set(std::chrono::duration_cast<std::chrono::microseconds>(control_pulse.lag(now)).count());
    backlog.set(static_cast<std::int64_t>(journal.backlog()));
    connected.set(store.connected());
    // A full mailbox is a late loop, but the probe that it refused will never be answered.
    if (control_pulse.begin(now) && !control.post([this] { control_pulse.answer(read_clocks().at); })) control_pulse.withdraw();
    due = now + kGaugesEvery;
    timer.expires_after(kGaugesEvery);
    timer.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) tick();
    });
}

void Business::State::run() {
    pthread_setname_np(pthread_self(), "business");
    try {
        tick();
        io.run();
    } catch (const std::exception& e) {
        // Nothing may escape a handler; what does is a bug, and a process without this thread would lose reports in silence.
        log::error("business.died", {{"why", e.what()}, {"cure", "report this; the supervisor restarts the daemon"}});
        log::stop();
        std::abort();
    }
    ended.set_value();
}

Business::Business(const SiteConfig& config, const std::string& data_dir, store::FactJournal& journal, Inbox& inbox,
                   Metrics& metrics)
    : state_(std::make_unique<State>(config, data_dir, journal, inbox, metrics)) {}

Business::~Business() { stop(0s); }

void Business::run(ControlSide control) {
    state_->control = std::move(control);
    state_->started_ns = read_clocks().at.time_since_epoch().count();
    state_->thread = std::thread([this] { state_->run(); });
}

Address Business::http() const { return state_->server->bound(); }
store::Store& Business::store() { return state_->store; }
call::Inquiries& Business::inquiries() { return *state_; }

void Business::control_beats(Time now, std::size_t calls, double journal_filled, bool stopping) {
    state_->calls = calls;
    state_->filled = journal_filled;
    state_->stopping = stopping;
    if (state_->own_pulse.begin(now)) asio::post(state_->io, [this] { state_->own_pulse.answer(read_clocks().at); });
}

bool Business::alive(Time now) const { return state_->own_pulse.lag(now) < kAlive; }

void Business::stop(Duration limit) {
    if (!state_->thread.joinable()) return;
    auto ended = state_->ended.get_future();
    asio::post(state_->io, [this, limit] {
        state_->timer.cancel();
        state_->server->stop();
        state_->tables.stop();
        state_->web.stop();
        const auto finish = [this](bool drained) {
            if (!drained)
                log::warn("journal.not_drained",
                          {{"facts", state_->journal.backlog()}, {"cure", "none needed: they are written at the next start"}});
            state_->store.stop();
            state_->control_socket->stop();
            state_->io.stop();
        };
        if (limit > 0s && state_->store.connected()) {
            state_->store.drain(limit, finish);
        } else {
            finish(state_->journal.backlog() == 0);
        }
    });
    constexpr Duration kGrace = 2s;
    if (ended.wait_for(limit + kGrace) != std::future_status::ready) {
        log::error("business.stuck", {{"cure", "report this: the thread did not end in time"}});
        state_->io.stop();
    }
    state_->thread.join();
}

}  // namespace hotline::app
