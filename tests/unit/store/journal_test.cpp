#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "journal_fixture.h"

namespace hotline::store {
namespace {

TEST_F(JournalTest, GivesBackWhatWasAppendedInOrder) {
    auto journal = open();
    for (int n = 1; n <= 3; ++n) journal->append(numbered(n));
    const auto records = journal->take(10);
    ASSERT_EQ(records.size(), 3u);
    for (int n = 1; n <= 3; ++n) {
        const auto& record = records[static_cast<std::size_t>(n - 1)];
        EXPECT_EQ(record.seq, static_cast<std::uint64_t>(n));
        EXPECT_EQ(record.epoch, records[0].epoch);
        EXPECT_EQ(record.at, wall(n));
        EXPECT_EQ(record.kind, "MenuChosen");
        EXPECT_EQ(record.call, static_cast<std::uint64_t>(n));
        EXPECT_EQ(record.body, to_json(numbered(n).body));
    }
    EXPECT_TRUE(journal->take(10).empty());
    EXPECT_EQ(journal->backlog(), 3u);
    journal->acknowledge();
    EXPECT_EQ(journal->backlog(), 0u);
}

TEST_F(JournalTest, TakesAtMostTheLimit) {
    auto journal = open();
    for (int n = 1; n <= 5; ++n) journal->append(numbered(n));
    EXPECT_EQ(journal->take(2).size(), 2u);
    EXPECT_EQ(journal->take(2).size(), 2u);
    EXPECT_EQ(journal->take(2).size(), 1u);
}

TEST_F(JournalTest, RewindGivesTheUnacknowledgedAgain) {
    auto journal = open();
    for (int n = 1; n <= 4; ++n) journal->append(numbered(n));
    journal->take(1);
    journal->acknowledge();
    journal->take(2);
    journal->rewind();
    const auto again = journal->take(10);
    ASSERT_EQ(again.size(), 3u);
    EXPECT_EQ(number_of(again[0]), "2");
}

TEST_F(JournalTest, ReplaysWhatWasNotAcknowledgedAfterARestart) {
    std::uint64_t first_epoch;
    {
        auto journal = open();
        for (int n = 1; n <= 4; ++n) journal->append(numbered(n));
        first_epoch = journal->take(2)[0].epoch;
        journal->acknowledge();
        journal->take(1);
    }
    auto journal = open();
    EXPECT_EQ(journal->backlog(), 2u);
    EXPECT_EQ(journal->highest_call_id(), 4u);
    journal->append(numbered(9));
    const auto records = journal->take(10);
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(number_of(records[0]), "3");
    EXPECT_EQ(records[0].epoch, first_epoch);
    EXPECT_EQ(records[0].seq, 3u);
    EXPECT_EQ(number_of(records[2]), "9");
    EXPECT_NE(records[2].epoch, first_epoch) << "a new start, a new epoch";
    EXPECT_EQ(records[2].seq, 1u);
}

TEST_F(JournalTest, RemembersTheHighestCallOfSegmentsThatAreGone) {
    {
        auto journal = open();
        journal->append(numbered(77));
        for (int n = 1; n <= 2000; ++n) journal->append(numbered(n % 50));
        while (!journal->take(500).empty()) journal->acknowledge();
    }
    ASSERT_FALSE(std::filesystem::exists(file(1)));
    EXPECT_EQ(open()->highest_call_id(), 77u);
}

TEST_F(JournalTest, GoesOnThroughManySegmentsAndDeletesTheAcknowledgedOnes) {
    auto journal = open();
    int taken = 0;
    for (int n = 1; n <= 20'000; ++n) {
        journal->append(numbered(n));
        if (n % 500 != 0) continue;
        for (const auto& record : journal->take(1000)) EXPECT_EQ(number_of(record), std::to_string(++taken));
        journal->acknowledge();
    }
    EXPECT_EQ(taken, 20'000);
    EXPECT_EQ(counted("journal_facts_lost_total"), 0);
    journal.reset();
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(config_.dir)) files += entry.path().extension() == ".facts";
    EXPECT_LE(files, 3u);
}

TEST_F(JournalTest, ViewsStayValidUntilAcknowledge) {
    auto journal = open();
    for (int n = 1; n <= 3000; ++n) journal->append(numbered(n));
    const auto first = journal->take(10);
    const auto rest = journal->take(5000);
    EXPECT_EQ(rest.size(), 2990u);
    EXPECT_EQ(number_of(first[9]), "10");
    EXPECT_EQ(number_of(rest.back()), "3000");
}

TEST_F(JournalTest, LookAheadSeesEachFactOnceWhateverIsTaken) {
    auto journal = open();
    for (int n = 1; n <= 3; ++n) journal->append(numbered(n));
    EXPECT_EQ(journal->look_ahead(10).size(), 3u);
    EXPECT_TRUE(journal->look_ahead(10).empty());
    EXPECT_EQ(journal->take(10).size(), 3u);
    journal->rewind();
    EXPECT_TRUE(journal->look_ahead(10).empty());
    journal->append(numbered(4));
    const auto fourth = journal->look_ahead(10);
    ASSERT_EQ(fourth.size(), 1u);
    EXPECT_EQ(number_of(fourth[0]), "4");
    journal->append(numbered(5));
    journal->take(10);
    journal->acknowledge();
    EXPECT_TRUE(journal->look_ahead(10).empty()) << "what is acknowledged unseen is skipped";
}

TEST_F(JournalTest, IsReadableOnlyWhenThereIsSomething) {
    auto journal = open();
    EXPECT_TRUE(journal->take(10).empty());
    EXPECT_FALSE(readable(*journal, 0));
    journal->append(numbered(1));
    EXPECT_TRUE(readable(*journal, 1000));
    EXPECT_EQ(journal->take(10).size(), 1u);
    EXPECT_FALSE(readable(*journal, 0));
}

TEST_F(JournalTest, ABacklogWakesTheReaderOfTheNextStart) {
    open()->append(numbered(1));
    EXPECT_TRUE(readable(*open(), 1000));
}

TEST_F(JournalTest, LookAheadIsNotWokenByWhatItHasSeenButNobodyTook) {
    auto journal = open();
    journal->append(numbered(1));
    EXPECT_EQ(journal->look_ahead(10).size(), 1u);
    EXPECT_TRUE(journal->look_ahead(10).empty());
    EXPECT_FALSE(readable(*journal, 0)) << "with PostgreSQL away this would be a busy loop";
}

TEST_F(JournalTest, IsHeldByOneProcessOnly) {
    auto journal = open();
    const auto second = FactJournal::open(config_, metrics_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
    journal.reset();
    EXPECT_TRUE(FactJournal::open(config_, metrics_).ok());
}

TEST_F(JournalTest, AtTheQuotaFactsAreLostAndCountedAndLaterOnesLandAgain) {
    config_.max_bytes = 4 * config_.segment_bytes;
    auto journal = open();
    double before = 0;
    int kept = 0;
    for (int n = 1; n <= 10'000; ++n) {
        journal->append(numbered(n));
        EXPECT_GE(journal->filled(), before);
        before = journal->filled();
        if (counted("journal_facts_lost_total") == 0) kept = n;
    }
    EXPECT_DOUBLE_EQ(journal->filled(), 1.0);
    EXPECT_EQ(counted("journal_facts_lost_total") + counted("journal_facts_total"), 10'000);
    const auto records = journal->take(10'000);
    EXPECT_EQ(records.size(), static_cast<std::size_t>(counted("journal_facts_total")));
    EXPECT_EQ(number_of(records[static_cast<std::size_t>(kept - 1)]), std::to_string(kept));
    for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].seq, i + 1) << "a lost fact takes no number";
    journal->acknowledge();
    EXPECT_LT(journal->filled(), 0.5);
    const auto lost = counted("journal_facts_lost_total");
    journal->append(numbered(1));
    EXPECT_EQ(counted("journal_facts_lost_total"), lost);
}

TEST_F(JournalTest, FillsPastNineTenthsBeforeTheFirstFactIsLost) {
    config_.max_bytes = 16 * config_.segment_bytes;
    auto journal = open();
    double filled_before_loss = 0;
    for (int n = 1; counted("journal_facts_lost_total") == 0; ++n) {
        filled_before_loss = journal->filled();
        journal->append(numbered(n));
    }
    EXPECT_GT(filled_before_loss, 0.9);
}

TEST_F(JournalTest, AFactThatFitsNoSegmentIsLostAlone) {
    config_.segment_bytes = 4096;
    auto journal = open();
    journal->append({wall(0), CallId{1}, call::RecordingMissed{std::string(10'000, 'x')}});
    journal->append(numbered(2));
    EXPECT_EQ(counted("journal_facts_lost_total"), 1);
    EXPECT_EQ(journal->take(10).size(), 1u);
}

/// A disk without room, as seen by this process: files may not grow beyond a limit, so posix_fallocate fails (EFBIG).
class SmallDisk {
  public:
    explicit SmallDisk(rlim_t bytes) {
        ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SmallDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

  private:
    rlimit before_{};
};

TEST_F(JournalTest, WithoutRoomOnTheDiskFactsAreLostAndNothingBreaks) {
    config_.sync_every = 5ms;
    auto journal = open();
    {
        SmallDisk small(4096);
        int n = 0;
        while (journal->filled() < 1) {
            ASSERT_LT(++n, 5000) << "calls would not be refused";
            journal->append(numbered(n));
            if (n % 20 != 0) continue;  // now and then the keeper has its turn, as in the course of a day
            const auto syncs = counted("journal_syncs_total");
            const auto patience = std::chrono::steady_clock::now() + 10s;
            while (counted("journal_syncs_total") == syncs) ASSERT_LT(std::chrono::steady_clock::now(), patience);
        }
        EXPECT_EQ(counted("journal_facts_lost_total"), 0) << "it says so while there is still some room";
        while (++n <= 5000) journal->append(numbered(n));
        EXPECT_GT(counted("journal_facts_lost_total"), 0);
    }
    const auto kept = static_cast<std::size_t>(counted("journal_facts_total"));
    EXPECT_EQ(journal->take(5000).size(), kept);
    const auto deadline = std::chrono::steady_clock::now() + 10s;  // for the keeper to find that there is room again
    for (int n = 6000; counted("journal_facts_total") == static_cast<std::int64_t>(kept); ++n) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        journal->append(numbered(n));
        std::this_thread::yield();
    }
    EXPECT_EQ(journal->take(10).size(), 1u);
    EXPECT_LT(journal->filled(), 1) << "and calls are taken again";
}

TEST_F(JournalTest, WithoutRoomAtTheStartItSaysSo) {
    SmallDisk small(4096);
    const auto journal = FactJournal::open(config_, metrics_);
    ASSERT_FALSE(journal.ok());
    EXPECT_EQ(journal.error().kind, ErrorKind::Full);
}

TEST_F(JournalTest, ReaderAndWriterMeetAcrossThreads) {
    constexpr int kFacts = 200'000;
    auto journal = open();
    std::thread writer([&] {
        for (int n = 1; n <= kFacts; ++n) {
            journal->append(numbered(n));
            while (journal->filled() > 0.8) std::this_thread::yield();
        }
    });
    int seen = 0, looked = 0;
    while (seen < kFacts && !HasFailure()) {
        EXPECT_TRUE(readable(*journal, 10'000)) << "slept although there was something to take, after " << seen;
        looked += static_cast<int>(journal->look_ahead(10'000).size());
        for (auto records = journal->take(700); !records.empty(); records = journal->take(700)) {
            for (const auto& record : records) {
                ++seen;
                if (number_of(record) != std::to_string(seen)) ADD_FAILURE() << number_of(record) << " instead of " << seen;
            }
            journal->acknowledge();
        }
        journal->look_ahead(1);
    }
    writer.join();
    EXPECT_EQ(counted("journal_facts_lost_total"), 0);
    EXPECT_LE(looked, kFacts);
}

TEST_F(JournalTest, IsSyncedSoonAfterAnAppendAndNotWhileIdle) {
    config_.sync_every = 1ms;
    auto journal = open();
    journal->append(numbered(1));
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (counted("journal_syncs_total") == 0) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        std::this_thread::yield();
    }
    const auto synced = counted("journal_syncs_total");
    const auto quiet_until = std::chrono::steady_clock::now() + 20ms;  // twenty of its rounds
    while (std::chrono::steady_clock::now() < quiet_until) std::this_thread::yield();
    EXPECT_EQ(counted("journal_syncs_total"), synced);
}

}  // namespace
}  // namespace hotline::store
