#include "hotline/store/store.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "store/fact_writer.h"
#include "store/lookup_pool.h"
#include "store/open_callbacks.h"
#include "store/served_memory.h"

namespace hotline::store {
namespace {

/// Who talked to this caller, whichever of them called the other, and the language that he chose; a row without an agent when
/// nobody did: number, window in ms, half-life in ms, limit. The fifty newest calls each way are enough to tell.
constexpr const char* kWhoServed = R"sql(
select w.*, l.language
from (values (1)) one (row)
left join (
    select s.agent,
           (extract(epoch from max(s.ended_at)) * 1000000)::bigint as last,
           sum(s.talk_ms)::bigint as talk_ms,
           round(sum(greatest(1, s.talk_ms) * power(0.5, greatest(0, extract(epoch from now() - s.ended_at)) * 1000 / $3::bigint)) * 1000)::bigint as weight
    from (
        (select call_id from hotline.call
         where caller = $1::text and direction <> 'out' and started_at > now() - $2::bigint * interval '1 millisecond'
         order by started_at desc limit 50)
        union all
        (select call_id from hotline.call
         where called = $1::text and direction = 'out' and started_at > now() - $2::bigint * interval '1 millisecond'
         order by started_at desc limit 50)
    ) c
    join hotline.segment s on s.call_id = c.call_id
    where s.answered_at is not null
    group by s.agent
    order by weight desc
    limit $4::bigint
) w on true
left join hotline.caller_language l on l.caller = $1::text
order by w.weight desc
)sql";

constexpr int kLanguage = 4;  // its column

constexpr const char* kExplain = R"sql(
select to_char(t.at at time zone report.zone(), 'YYYY-MM-DD HH24:MI:SS.MS') || '  ' || t.what from report.timeline($1::text) t
)sql";

constexpr Duration kAskAgain = 1s;          // for open callbacks, when the server did not answer
constexpr std::size_t kLookedAtOnce = 500;  // facts, before other work of the thread has its turn

std::vector<Service> services_from(const Rows& rows) {
    std::vector<Service> services;
    for (int row = 0; row < rows.size(); ++row) {
        if (rows.is_null(row, 0)) continue;
        services.push_back({{std::string(rows.text(row, 0)), Wall(std::chrono::microseconds(rows.integer(row, 1))),
                             std::chrono::milliseconds(rows.integer(row, 2))},
                            static_cast<double>(rows.integer(row, 3)) / 1000});
    }
    return services;
}

struct Drain {
    std::shared_ptr<asio::steady_timer> deadline;
    std::function<void(bool)> done;
};

}  // namespace

struct Store::State : std::enable_shared_from_this<Store::State> {
    State(asio::io_context& context, const Config& settings, FactJournal& facts, std::function<void(call::Event)> to,
          Metrics& metrics)
        : io(context),
          config(settings),
          journal(facts),
          sink(std::move(to)),
          lookups(metrics.counter("store_lookups_total", "Callers looked up.")),
          from_memory(metrics.counter("store_lookups_from_memory_total", "Lookups that memory alone answered.")),
          dropped(metrics.counter("store_lookups_dropped_total", "Lookups not even begun, for too many were under way.")),
          facts_fd(context),
          ask_again(context),
          memory(config.remembered_numbers, config.affinity_window) {}

    void start(Metrics& metrics) {
        facts_fd.assign(::dup(journal.readable_fd()));
        writer = std::make_shared<FactWriter>(
            io, config, journal,
            [weak = weak_from_this()] {
                const auto self = weak.lock();
                if (self) self->take_up_callbacks();
                if (self) self->settle_drains();
            },
            metrics);
        pool = std::make_shared<LookupPool>(
            io, config,
            LookupPool::Statements{{"who_served", kWhoServed}, {"explain", kExplain}, {"open_callbacks", kOpenCallbacks}}, metrics);
        writer->start();
        pool->start();
        asio::co_spawn(
            io, [self = shared_from_this()] { return self->follow_journal(); }, end_of_job(shared_from_this()));
    }

    /// Learns from the facts that nobody has looked at yet, and tells the writer that there is work. False: there are more.
    bool catch_up() {
        const std::vector<Record> records = journal.look_ahead(kLookedAtOnce);
        for (const Record& record : records) memory.learn(record);
        if (!records.empty()) writer->wake();
        return records.size() < kLookedAtOnce;
    }

    Task<void> follow_journal() {
        while (!stopped) {
            if (!catch_up()) {
                co_await asio::post(io, asio::use_awaitable);
                continue;
            }
            boost::system::error_code error;
            co_await facts_fd.async_wait(asio::posix::stream_descriptor::wait_read,
                                         asio::redirect_error(asio::use_awaitable, error));
            if (error) co_return;
        }
    }

    void look_up(CallId call, const std::string& number) {
        if (stopped) return;
        lookups.add();
        catch_up();  // who hung up a moment ago is known
        Parameters parameters;
        parameters.add(number);
        parameters.add(std::int64_t{to_ms(config.affinity_window)});
        parameters.add(std::int64_t{to_ms(kAffinityHalfLife)});
        parameters.add(static_cast<std::int64_t>(kMaxServed));
        pool->ask("who_served", std::move(parameters), config.lookup_deadline,
                  [self = shared_from_this(), call, number](const SqlAnswer& answer) {
                      --self->under_way;
                      if (answer.error) self->from_memory.add();
                      auto known = answer.error ? std::vector<Service>{} : services_from(answer.rows);
                      const bool chose = !answer.error && answer.rows.size() > 0 && !answer.rows.is_null(0, kLanguage);
                      self->sink(call::CustomerFound{call, ranked(std::move(known), self->memory.find(number, read_clocks().wall)),
                                                     chose ? std::string(answer.rows.text(0, kLanguage)) : ""});
                  });
    }

    /// Once a run, when nothing of the runs before is missing in the store.
    void take_up_callbacks() {
        if (stopped || callbacks_asked || !writer->took_over()) return;
        callbacks_asked = true;
        Parameters parameters;
        parameters.add(std::int64_t{to_ms(config.affinity_window)});
        parameters.add(std::int64_t{to_ms(kAffinityHalfLife)});
        parameters.add(static_cast<std::int64_t>(kMaxServed));
        pool->ask("open_callbacks", std::move(parameters), config.statement_deadline,
                  [self = shared_from_this()](const SqlAnswer& answer) { self->on_callbacks(answer); });
    }

    void on_callbacks(const SqlAnswer& answer) {
        if (!answer.error) {
            if (answer.rows.size() > 0) sink(callbacks_from(answer.rows));
            return;
        }
        ask_again.expires_after(kAskAgain);
        ask_again.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto self = weak.lock();
            if (cancelled || !self) return;
            self->callbacks_asked = false;
            self->take_up_callbacks();
        });
    }

    void settle_drains() {
        if (stopped || journal.backlog() > 0) return;
        std::vector<Drain> finished;
        finished.swap(drains);
        for (auto& drain : finished) {
            drain.deadline->cancel();
            drain.done(true);
        }
    }

    void drain(Duration deadline, std::function<void(bool)> done) {
        auto timer = std::make_shared<asio::steady_timer>(io, deadline);
        timer->async_wait([weak = weak_from_this(), timer](const boost::system::error_code& cancelled) {
            const auto self = weak.lock();
            if (cancelled || !self) return;
            const auto late = std::ranges::find(self->drains, timer, &Drain::deadline);
            if (late == self->drains.end()) return;
            auto tell = std::move(late->done);
            self->drains.erase(late);
            tell(false);
        });
        drains.push_back({std::move(timer), std::move(done)});
        writer->hurry();
        settle_drains();
    }

    void stop() {
        if (std::exchange(stopped, true)) return;
        writer->stop();
        pool->stop();
        ask_again.cancel();
        for (auto& drain : drains) drain.deadline->cancel();
        drains.clear();
        boost::system::error_code ignored;
        facts_fd.close(ignored);
    }

    asio::io_context& io;
    const Config config;
    FactJournal& journal;
    const std::function<void(call::Event)> sink;
    Metric &lookups, &from_memory, &dropped;
    asio::posix::stream_descriptor facts_fd;  // a duplicate: closing it is ours
    asio::steady_timer ask_again;
    bool callbacks_asked = false;
    ServedMemory memory;
    std::shared_ptr<FactWriter> writer;
    std::shared_ptr<LookupPool> pool;
    std::vector<Drain> drains;
    std::atomic<std::size_t> under_way{0};  // lookups; counted from any thread
    bool stopped = false;
};

Store::Store(asio::io_context& io, const Config& config, FactJournal& journal, std::function<void(call::Event)> sink,
             Metrics& metrics)
    : state_(std::make_shared<State>(io, config, journal, std::move(sink), metrics)) {
    state_->start(metrics);
}

Store::~Store() { stop(); }

void Store::find(CallId call, const std::string& number) {
    // Twice the queue's limit: what the business thread has not even seen yet is bounded too.
    if (state_->under_way.fetch_add(1) >= 2 * state_->config.max_lookups) {
        --state_->under_way;
        return state_->dropped.add();
    }
    asio::post(state_->io, [state = state_, call, number] { state->look_up(call, number); });
}

bool Store::connected() const { return state_->writer->connected(); }
void Store::drain(Duration deadline, std::function<void(bool)> done) { state_->drain(deadline, std::move(done)); }
void Store::stop() { state_->stop(); }

void Store::explain(CallId call, std::function<void(Result<std::string>)> done) {
    Parameters parameters;
    parameters.add(to_text(call));
    state_->pool->ask(
        "explain", std::move(parameters), state_->config.statement_deadline,
        [call, done = std::move(done)](const SqlAnswer& answer) {
            if (answer.error) {
                const bool late = answer.error->kind == SqlError::Kind::TimedOut;
                return done(
                    Error{late ? ErrorKind::TimedOut : ErrorKind::Unavailable, "the store does not answer: " + answer.error->text});
            }
            std::string story;
            for (int row = 0; row < answer.rows.size(); ++row) story += std::string(answer.rows.text(row, 0)) + '\n';
            if (story.empty())
                return done(Error{ErrorKind::NotFound, "no facts of call " + to_text(call) + " are in the store (yet)"});
            done(std::move(story));
        });
}

}  // namespace hotline::store
