// A journal in a folder of its own that is gone after the test, and facts to put into it.
#pragma once
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "hotline/store/journal.h"

namespace hotline::store {

class JournalTest : public ::testing::Test {
  protected:
    void SetUp() override { set_up_in("/tmp"); }
    void set_up_in(const std::string& where) {
        std::string pattern = where + "/hotline-journal-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
        config_.dir = dir_ + "/journal";
        config_.segment_bytes = 64 << 10;
        config_.max_bytes = 64 << 20;
        config_.segment_patience = 60s;  // small segments, written in a burst, on a machine that is busy otherwise
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    std::unique_ptr<FactJournal> open() { return open(config_); }
    std::unique_ptr<FactJournal> open(const JournalConfig& config) {
        auto journal = FactJournal::open(config, metrics_);
        EXPECT_TRUE(journal.ok()) << (journal.ok() ? "" : journal.error().text);
        return journal.ok() ? std::move(*journal) : nullptr;
    }
    std::int64_t counted(const std::string& name) { return metrics_.counter(name, "").value(); }

    static Wall wall(std::int64_t seconds) {
        return Wall(std::chrono::seconds(1'714'521'600 + seconds));
    }  // 2024-05-01 00:00:00 UTC
    static call::Fact numbered(int n) {
        return {wall(n), CallId{static_cast<std::uint64_t>(n)},
                call::MenuChosen{"13800000000", "main", std::to_string(n), "opening_hours"}};
    }
    static std::string number_of(const Record& record) {
        const auto at = record.body.find("\"key\":\"") + 7;
        return std::string(record.body.substr(at, record.body.find('"', at) - at));
    }
    static bool readable(const FactJournal& journal, int wait_ms) {
        pollfd fd{journal.readable_fd(), POLLIN, 0};
        return ::poll(&fd, 1, wait_ms) == 1;
    }
    std::string file(std::uint64_t index) const {
        std::string digits = std::to_string(index);
        return config_.dir + "/" + std::string(16 - digits.size(), '0') + digits + ".facts";
    }

    std::string dir_;
    JournalConfig config_;
    Metrics metrics_;
};

}  // namespace hotline::store
