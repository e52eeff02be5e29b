// Death in mid-append, a torn tail, a damaged disk: what is whole is replayed, what is not is cut, and nothing else is touched.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "journal_fixture.h"
#include "store/position_file.h"

namespace hotline::store {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST_F(JournalTest, SurvivesKillMinusNineInMidAppend) {
    for (int round = 0; round < 5; ++round) {
        int ready[2];
        ASSERT_EQ(::pipe(ready), 0);
        const pid_t writer = ::fork();
        ASSERT_GE(writer, 0);
        if (writer == 0) {
            Metrics metrics;
            auto journal = FactJournal::open(config_, metrics);
            for (int n = 1;; ++n) {
                (*journal)->append(numbered(n));
                // Said only after the append: what the parent has heard of must be there.
                if (n % 100 == 0 && ::write(ready[1], &n, sizeof n) < 0) ::_exit(1);
                if ((*journal)->filled() > 0.8) ::pause();
            }
        }
        ::close(ready[1]);
        int heard = 0;
        while (heard < 2000 * (round + 1)) ASSERT_EQ(::read(ready[0], &heard, sizeof heard), static_cast<ssize_t>(sizeof heard));
        ::kill(writer, SIGKILL);
        int status;
        ASSERT_EQ(::waitpid(writer, &status, 0), writer);
        for (int more; ::read(ready[0], &more, sizeof more) == sizeof more;) heard = more;
        ::close(ready[0]);

        auto journal = open();
        const auto records = journal->take(10'000'000);
        EXPECT_GE(records.size(), static_cast<std::size_t>(heard));
        for (std::size_t i = 0; i < records.size(); ++i) ASSERT_EQ(number_of(records[i]), std::to_string(i + 1));
        journal->acknowledge();
    }
}

class CutJournalTest : public JournalTest {
  protected:
    static constexpr int kFacts = 6;
    void SetUp() override {
        // Thousands of small journals, each synced at its end: in memory where there is such a folder (200 s → 3 s on a busy disk).
        set_up_in(::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        config_.segment_bytes = 4096;
        auto journal = open();
        for (int n = 1; n <= kFacts; ++n) journal->append(numbered(n));
        journal.reset();
        whole_ = read_file(file(1));
        ends_.push_back(32);
        for (int n = 1; n <= kFacts; ++n) {
            std::uint32_t length;
            std::memcpy(&length, whole_.data() + ends_.back(), sizeof length);
            ends_.push_back(ends_.back() + (length + 7) / 8 * 8);
        }
    }
    std::size_t whole_records_before(std::size_t offset) const {
        std::size_t n = 0;
        while (n < kFacts && unpadded_end(n + 1) <= offset) ++n;
        return n;
    }
    std::size_t unpadded_end(std::size_t record) const {
        std::uint32_t length;
        std::memcpy(&length, whole_.data() + ends_[record - 1], sizeof length);
        return ends_[record - 1] + length;
    }
    /// Opens what stands there, expects the first `expected` facts, appends one and finds it behind them after another start.
    void expect_replay(std::size_t expected, std::size_t at) {
        {
            auto journal = open();
            ASSERT_NE(journal, nullptr) << at;
            const auto records = journal->take(100);
            ASSERT_EQ(records.size(), expected) << "cut at " << at;
            for (std::size_t i = 0; i < expected; ++i) ASSERT_EQ(number_of(records[i]), std::to_string(i + 1)) << at;
            journal->append(numbered(99));
        }
        const auto journal = open();
        const auto records = journal->take(100);
        ASSERT_EQ(records.size(), expected + 1) << "cut at " << at;
        ASSERT_EQ(number_of(records.back()), "99") << at;
    }
    void restore(std::string_view bytes) {
        std::filesystem::remove_all(config_.dir);
        std::filesystem::create_directories(config_.dir);
        write_file(file(1), bytes);
    }

    std::string whole_;
    std::vector<std::size_t> ends_;
};

TEST_F(CutJournalTest, ReplaysEveryPrefixWhenTheFileIsTruncatedThere) {
    for (std::size_t cut = 0; cut <= ends_.back(); ++cut) {
        restore(std::string_view(whole_).substr(0, cut));
        ASSERT_NO_FATAL_FAILURE(expect_replay(whole_records_before(cut), cut));
    }
}

TEST_F(CutJournalTest, ReplaysEveryPrefixWhenTheRestOfTheFileIsZeros) {
    for (std::size_t cut = 32; cut <= ends_.back(); ++cut) {
        std::string bytes = whole_;
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end(), '\0');
        // A record whose last bytes are zero anyway (padding apart, none ends so) would still be whole.
        restore(bytes);
        ASSERT_NO_FATAL_FAILURE(expect_replay(whole_records_before(cut), cut));
    }
}

TEST_F(CutJournalTest, AFlippedBitAnywhereCutsThereAndTellsHowMuch) {
    for (std::size_t at = 32; at < ends_.back(); ++at) {
        std::string bytes = whole_;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        std::size_t record = 0;
        while (ends_[record + 1] <= at) ++record;
        if (at >= unpadded_end(record + 1)) continue;  // padding is not looked at
        restore(bytes);
        const auto torn = counted("journal_torn_bytes_total");
        ASSERT_NO_FATAL_FAILURE(expect_replay(record, at));
        EXPECT_GT(counted("journal_torn_bytes_total"), torn) << at;
    }
}

TEST_F(CutJournalTest, APositionAheadOfTheFileIsTakenBackToItsEnd) {
    restore(whole_);
    {
        auto position = PositionFile::open(config_.dir + "/acknowledged");
        (*position)->write({1, ends_.back() + 800, 6});
    }
    auto journal = open();
    EXPECT_TRUE(journal->take(10).empty());
    journal->append(numbered(7));
    EXPECT_EQ(journal->take(10).size(), 1u);
}

TEST_F(CutJournalTest, APositionInsideARecordStartsTheSegmentAgain) {
    restore(whole_);
    {
        auto position = PositionFile::open(config_.dir + "/acknowledged");
        (*position)->write({1, ends_[2] + 8, 6});
    }
    EXPECT_EQ(open()->take(10).size(), static_cast<std::size_t>(kFacts));
}

TEST_F(CutJournalTest, APositionInASegmentThatIsGoneStartsANewOneBehindIt) {
    restore(whole_);
    {
        auto position = PositionFile::open(config_.dir + "/acknowledged");
        (*position)->write({9, 500, 6});
    }
    auto journal = open();
    EXPECT_TRUE(journal->take(10).empty());
    journal->append(numbered(1));
    EXPECT_EQ(journal->take(10).size(), 1u);
    EXPECT_TRUE(std::filesystem::exists(file(10)));
}

TEST_F(CutJournalTest, WithoutAPositionEverythingIsReplayed) {
    {
        auto journal = open();
        journal->take(4);
        journal->acknowledge();
    }
    for (const std::string_view junk : {"", "junk", "0123456789012345678901234567890123456789012345678901234567890123"}) {
        write_file(config_.dir + "/acknowledged", junk);
        EXPECT_EQ(open()->take(10).size(), static_cast<std::size_t>(kFacts));
    }
}

TEST_F(CutJournalTest, AHalfWrittenPositionFallsBackToTheOneBefore) {
    {
        auto journal = open();
        for (int n = 0; n < 3; ++n) {
            journal->take(1);
            journal->acknowledge();
        }
    }
    const std::string path = config_.dir + "/acknowledged";
    const std::string good = read_file(path);
    for (std::size_t at = 512; at < 512 + 36; ++at) {  // the slot of the last, odd generation
        std::string bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        write_file(path, bytes);
        EXPECT_EQ(open()->take(10).size(), static_cast<std::size_t>(kFacts - 2)) << at;
    }
}

TEST_F(JournalTest, DamageInAnEarlierSegmentCostsOnlyTheRestOfThatSegment) {
    config_.segment_bytes = 4096;
    {
        auto journal = open();
        for (int n = 1; n <= 100; ++n) journal->append(numbered(n));
    }
    std::string bytes = read_file(file(2));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
    write_file(file(2), bytes);
    auto journal = open();
    const auto records = journal->take(1000);
    EXPECT_EQ(counted("journal_damaged_segments_total"), 1);
    EXPECT_LT(records.size(), 100u);
    EXPECT_GT(records.size(), 80u);
    EXPECT_EQ(number_of(records.front()), "1");
    EXPECT_EQ(number_of(records.back()), "100");
    EXPECT_EQ(journal->backlog(), records.size());
}

TEST_F(JournalTest, AFileThatIsNoSegmentIsSetAsideNotDeleted) {
    { open()->append(numbered(1)); }
    write_file(file(7), "a stranger's file under our name");
    EXPECT_EQ(open()->take(10).size(), 1u);
    EXPECT_EQ(read_file(file(7) + ".bad"), "a stranger's file under our name");
}

TEST_F(JournalTest, ASegmentHalfMadeIsRemoved) {
    { open()->append(numbered(1)); }
    write_file(file(3) + ".new", "half");
    EXPECT_EQ(open()->take(10).size(), 1u);
    EXPECT_FALSE(std::filesystem::exists(file(3) + ".new"));
}

}  // namespace
}  // namespace hotline::store
