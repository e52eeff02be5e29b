// The fact journal: preallocated, memory-mapped segment files in <data>/journal. One writer (control thread), one reader (business
// thread). Appending is a copy into memory and survives kill -9; a thread of its own syncs it to disk every 100 ms or less.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/call/ports.h"

namespace hotline::store {

struct JournalConfig {
    std::string dir;
    std::uint64_t segment_bytes = 16u << 20;
    std::uint64_t max_bytes =
        4ull << 30;  // quota; appending beyond it loses the fact, counted and logged: calls are refused at 90 %
    Duration sync_every{100ms};
    Duration segment_patience{20ms};  // the writer waits so long, once, for a disk that is slower than a segment's worth of facts
};

/// One record as it lies in the journal.
struct Record {
    std::uint64_t epoch;  // random, new at each start
    std::uint64_t seq;    // 1, 2, 3… within the epoch
    Wall at;
    std::string_view kind;
    std::uint64_t call;     // CallId, 0: none
    std::string_view body;  // JSON object, valid UTF-8 without NUL
};

class FactJournal final : public call::Journal {
  public:
    /// Opens or creates; a torn tail (bad checksum) of the last segment is cut. Conflict when another process has it.
    static Result<std::unique_ptr<FactJournal>> open(const JournalConfig& config, Metrics& metrics);
    ~FactJournal() override;

    // Writer's side.
    void append(const call::Fact& fact) override;
    double filled() const;                  // 0–1 of the quota; 1 while the disk has no room for another segment
    std::uint64_t epoch() const;            // of what is appended now
    std::uint64_t highest_call_id() const;  // ever seen in what is still there

    // Reader's side.
    /// Up to `limit` records after the last acknowledged one plus what was taken since. Views stay valid until acknowledge().
    std::vector<Record> take(std::size_t limit);
    /// All that was taken is in the store for good: segments before it may be deleted.
    void acknowledge();
    /// Give back what was taken and not acknowledged (the transaction failed): take() starts again there.
    void rewind();
    /// For what must know at once and needs no database (live boards, who served whom): up to `limit` records that no look_ahead()
    /// has returned yet, whether taken or not. Views stay valid until the next acknowledge(); what is acknowledged unseen is
    /// skipped.
    std::vector<Record> look_ahead(std::size_t limit);
    std::uint64_t backlog() const;  // records not acknowledged; any thread
    /// An eventfd that is readable when there may be something for look_ahead(), or, when that is never called, for take().
    int readable_fd() const;

  private:
    struct State;
    explicit FactJournal(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// A fact's body as one JSON object; also used by tests and docs.
std::string to_json(const call::FactBody& body);
std::string_view kind_of(const call::FactBody& body);

}  // namespace hotline::store
