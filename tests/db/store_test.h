// A journal and a store over a database of their own. The test's thread is the business thread: it runs the io_context until what
// it waits for has happened, or fails at a deadline.
#pragma once
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <utility>

#include "db/db_test.h"
#include "db/facts.h"
#include "hotline/base/metrics.h"
#include "hotline/store/journal.h"
#include "hotline/store/store.h"

namespace hotline::test {

class StoreTest : public DbTest {
  protected:
    void SetUp() override {
        DbTest::SetUp();
        if (IsSkipped()) return;
        char pattern[] = "/tmp/hotline-store-XXXXXX";
        dir_ = ::mkdtemp(pattern);
        journal_config_.dir = dir_ + "/journal";
        journal_config_.segment_bytes = 4 << 20;
        database_ = cluster().create_database();
        config_.conninfo = cluster().conninfo(database_);
        open_journal();
    }
    void TearDown() override {
        stop_store();
        journal_.reset();
        if (!dir_.empty()) std::filesystem::remove_all(dir_);
    }

    void open_journal() {
        journal_.reset();
        auto opened = store::FactJournal::open(journal_config_, metrics_);
        ASSERT_TRUE(opened.ok()) << opened.error().text;
        journal_ = std::move(*opened);
    }
    void start_store() {
        store_ = std::make_unique<store::Store>(
            io_, config_, *journal_, [this](call::Event event) { events_.push_back(std::move(event)); }, metrics_);
    }
    void stop_store() {
        if (!store_) return;
        store_.reset();
        io_.restart();
        io_.run_for(std::chrono::seconds(10));  // returns at once when every coroutine has ended
        EXPECT_TRUE(io_.stopped()) << "something goes on after stop()";
        io_.restart();
    }
    void restart_store() {
        stop_store();
        open_journal();
        start_store();
    }

    /// Runs the business thread until `condition` holds. False after `patience`.
    template <class Condition>
    bool run_until(Condition condition, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            io_.restart();
            io_.run_one_for(std::chrono::milliseconds(20));
        }
        return true;
    }
    bool run_until_stored() {
        return run_until([&] { return journal_->backlog() == 0; });
    }

    void tell(Wall when, CallId call, call::FactBody body) { journal_->append({when, call, std::move(body)}); }
    void tell(const std::string& clock, int call, call::FactBody body) { tell(at(clock), call_id(call), std::move(body)); }
    void tell(const std::string& clock, call::FactBody body) { tell(at(clock), CallId{}, std::move(body)); }

    Psql admin() { return Psql(cluster().conninfo(database_, "postgres")); }
    Psql supervisor() { return Psql(cluster().conninfo(database_, "supervisor")); }
    std::int64_t counted(const std::string& name) { return metrics_.counter(name, "").value(); }

    boost::asio::io_context io_{1};
    Metrics metrics_;
    std::string dir_, database_;
    store::JournalConfig journal_config_;
    store::Config config_;
    std::unique_ptr<store::FactJournal> journal_;
    std::unique_ptr<store::Store> store_;
    std::vector<call::Event> events_;
};

}  // namespace hotline::test
