// The journal's two ends. The writer (control thread) encodes and copies; the reader (business thread) follows it by the records'
// lengths; the disk is the SegmentKeeper's.
//
// Going to sleep: the reader clears the eventfd, sets armed_, and looks once more; the writer publishes a length, then looks at
// armed_. Both are sequentially consistent, so one of the two sees the other, and an append costs a system call only when the
// reader sleeps.
#include "hotline/store/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "hotline/base/log.h"
#include "hotline/base/mailbox.h"
#include "store/fact_json.h"
#include "store/journal_recovery.h"
#include "store/position_file.h"
#include "store/segment.h"
#include "store/segment_keeper.h"

namespace hotline::store {
namespace {

/// Random, positive as a PostgreSQL bigint, never 0.
std::uint64_t new_epoch() {
    std::uint64_t epoch = 0;
    while (epoch == 0) {
        if (::getrandom(&epoch, sizeof epoch, 0) != static_cast<ssize_t>(sizeof epoch)) epoch = 0;
        epoch >>= 1;
    }
    return epoch;
}

class LockFile {
  public:
    static Result<LockFile> take(const std::string& path) {
        LockFile lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (lock.fd_ < 0) return Error{ErrorKind::Io, "cannot open " + path + ": " + std::strerror(errno)};
        if (::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0) return lock;
        if (errno != EWOULDBLOCK) return Error{ErrorKind::Io, "cannot lock " + path + ": " + std::strerror(errno)};
        return Error{ErrorKind::Conflict,
                     path + " is held by another process: stop it, or give this one a data directory of its own"};
    }
    LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~LockFile() {
        if (fd_ >= 0) ::close(fd_);
    }

  private:
    explicit LockFile(int fd) : fd_(fd) {}
    int fd_;
};

struct Cursor {
    std::shared_ptr<Segment> segment;
    std::uint64_t offset = Segment::kFirst;
};

constexpr std::uint64_t rounded_to_pages(std::uint64_t bytes) { return (std::max<std::uint64_t>(bytes, 1) + 4095) / 4096 * 4096; }

}  // namespace

struct FactJournal::State {
    State(const JournalConfig& settings, LockFile held, std::unique_ptr<PositionFile> file, RecoveredJournal found,
          Metrics& metrics)
        : config(settings),
          lock(std::move(held)),
          position(std::move(file)),
          appended_total(metrics.counter("journal_facts_total", "Facts appended to the journal.")),
          lost_total(metrics.counter("journal_facts_lost_total", "Facts that found no room in the journal.")),
          backlog_gauge(metrics.gauge("journal_backlog", "Facts in the journal that the store has not confirmed.")),
          highest_call(found.highest_call),
          segment(found.segments.at(found.writing)),
          offset(found.write_offset),
          appended(found.records),
          taken{found.acknowledged, found.acknowledged_offset},
          looked(taken),
          acknowledged(taken),
          keeper({config.dir, config.segment_bytes, config.max_bytes / config.segment_bytes, config.sync_every,
                  config.segment_patience},
                 std::move(found.segments), found.writing, found.write_offset, metrics) {
        publish_acknowledged();
        publish_written();
        if (found.records > 0) wake.wake();
    }

    // ── Writer ──
    bool make_room(std::uint64_t bytes) {
        if (Segment::kFirst + bytes > std::max(config.segment_bytes, segment->bytes())) return false;
        while (offset + bytes > segment->bytes()) {
            auto next = keeper.next();
            if (!next) return false;
            segment = std::move(next);
            offset = Segment::kFirst;
        }
        return true;
    }
    void lose(const call::Fact& fact) {
        lost_total.add();
        const auto second = std::chrono::floor<std::chrono::seconds>(fact.at);
        if (std::exchange(last_lost_log, second) == second) return;
        log::error("journal.fact_lost",
                   {{"kind", kind_of(fact.body)},
                    {"call", fact.call},
                    {"lost", lost_total.value()},
                    {"cure", "the journal is full: bring PostgreSQL back, free the disk, or raise journal.max_bytes"}});
    }
    void publish_written() {
        keeper.written(segment->index(), offset);
        written_bytes.store(segment->index() * config.segment_bytes + offset, std::memory_order_relaxed);
    }
    void wake_reader() {
        if (armed.load() && armed.exchange(false)) wake.wake();
    }

    // ── Reader ──
    std::optional<Record> advance(Cursor& cursor) {
        while (true) {
            if (auto read = cursor.segment->read(cursor.offset)) {
                cursor.offset = read->next;
                return read->record;
            }
            auto next = keeper.after(cursor.segment->index());
            if (!next) return std::nullopt;
            // Something may have been published here between the two looks; the writer has left this segment now for good.
            if (!cursor.segment->read(cursor.offset)) cursor = {std::move(next), Segment::kFirst};
        }
    }
    std::vector<Record> collect(Cursor& cursor, std::size_t limit) {
        std::vector<Record> records;
        records.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(limit, backlog())));
        while (records.size() < limit) {
            auto record = advance(cursor);
            if (!record) break;
            records.push_back(*record);
        }
        return records;
    }
    void go_to_sleep(const Cursor& cursor) {
        wake.clear();
        armed.store(true);
        Cursor ahead = cursor;
        if (advance(ahead)) {
            armed.store(false);
            wake.wake();
        }
    }
    std::uint64_t backlog() const {
        const auto confirmed = confirmed_records.load(std::memory_order_acquire);
        return appended.load(std::memory_order_acquire) - confirmed;
    }
    void publish_acknowledged() {
        confirmed_bytes.store(acknowledged.segment->index() * config.segment_bytes + acknowledged.offset,
                              std::memory_order_relaxed);
        backlog_gauge.set(static_cast<std::int64_t>(backlog()));
    }

    const JournalConfig config;
    LockFile lock;
    std::unique_ptr<PositionFile> position;
    Metric &appended_total, &lost_total, &backlog_gauge;
    const std::uint64_t epoch = new_epoch();
    std::atomic<std::uint64_t> highest_call;

    // Writer's.
    std::shared_ptr<Segment> segment;
    std::uint64_t offset;
    std::uint64_t seq = 0;
    std::string json;
    std::optional<std::chrono::sys_seconds> last_lost_log;

    // Shared.
    std::atomic<std::uint64_t> appended;  // records, those found at open included
    std::atomic<std::uint64_t> confirmed_records{0};
    std::atomic<std::uint64_t> written_bytes{0}, confirmed_bytes{0};
    std::atomic<bool> armed{true};
    WakeUp wake;

    // Reader's.
    Cursor taken, looked, acknowledged;
    std::uint64_t taken_records = 0;  // since the last acknowledge()
    bool looking = false;

    SegmentKeeper keeper;  // last: its thread ends first
};

Result<std::unique_ptr<FactJournal>> FactJournal::open(const JournalConfig& asked, Metrics& metrics) {
    JournalConfig config = asked;
    config.segment_bytes = rounded_to_pages(config.segment_bytes);
    config.max_bytes = std::max(config.max_bytes, 3 * config.segment_bytes);  // one read, one written, one in reserve
    std::error_code error;
    std::filesystem::create_directories(config.dir, error);
    if (error) return Error{ErrorKind::Io, "cannot create " + config.dir + ": " + error.message()};
    auto lock = LockFile::take(config.dir + "/lock");
    if (!lock) return lock.error();
    auto position = PositionFile::open(config.dir + "/acknowledged");
    if (!position) return position.error();
    auto found = recover_journal(config, **position, metrics);
    if (!found) return found.error();
    return std::unique_ptr<FactJournal>(
        new FactJournal(std::make_unique<State>(config, std::move(*lock), std::move(*position), std::move(*found), metrics)));
}

FactJournal::FactJournal(std::unique_ptr<State> state) : state_(std::move(state)) {}
FactJournal::~FactJournal() = default;

void FactJournal::append(const call::Fact& fact) {
    State& s = *state_;
    s.json.clear();
    append_json(s.json, fact.body);
    const Record record{s.epoch, s.seq + 1, fact.at, kind_of(fact.body), fact.call.value, s.json};
    if (!s.make_room(Segment::record_bytes(record.kind, record.body))) return s.lose(fact);
    ++s.seq;
    if (record.call > s.highest_call.load(std::memory_order_relaxed)) s.highest_call.store(record.call, std::memory_order_relaxed);
    s.appended.fetch_add(1, std::memory_order_release);
    s.offset = s.segment->append(s.offset, record);
    s.publish_written();
    s.appended_total.add();
    s.backlog_gauge.set(static_cast<std::int64_t>(s.backlog()));
    s.wake_reader();
}

double FactJournal::filled() const {
    const State& s = *state_;
    if (s.keeper.no_room()) return 1;
    const auto confirmed = s.confirmed_bytes.load(std::memory_order_relaxed),
               written = s.written_bytes.load(std::memory_order_relaxed);
    if (written <= confirmed) return 0;
    // The oldest segment goes only as a whole, so the last one's worth of the quota may not be usable.
    return std::min(1.0,
                    static_cast<double>(written - confirmed) / static_cast<double>(s.config.max_bytes - s.config.segment_bytes));
}

std::uint64_t FactJournal::epoch() const { return state_->epoch; }

std::uint64_t FactJournal::highest_call_id() const { return state_->highest_call.load(std::memory_order_relaxed); }

std::vector<Record> FactJournal::take(std::size_t limit) {
    State& s = *state_;
    auto records = s.collect(s.taken, limit);
    s.taken_records += records.size();
    if (records.size() < limit && !s.looking) s.go_to_sleep(s.taken);
    return records;
}

std::vector<Record> FactJournal::look_ahead(std::size_t limit) {
    State& s = *state_;
    s.looking = true;
    auto records = s.collect(s.looked, limit);
    if (records.size() < limit) s.go_to_sleep(s.looked);
    return records;
}

void FactJournal::acknowledge() {
    State& s = *state_;
    if (s.taken_records == 0) return;
    s.acknowledged = s.taken;
    s.confirmed_records.fetch_add(std::exchange(s.taken_records, 0), std::memory_order_acq_rel);
    s.publish_acknowledged();
    const Position position{s.acknowledged.segment->index(), s.acknowledged.offset, s.highest_call.load(std::memory_order_relaxed)};
    if (const int error = s.position->write(position); error != 0)
        log::warn("journal.position_not_kept", {{"why", std::strerror(error)}});
    const bool overtaken = std::pair(s.looked.segment->index(), s.looked.offset) < std::pair(position.segment, position.offset);
    if (overtaken) s.looked = s.acknowledged;
    s.keeper.retire_before(position.segment);
}

void FactJournal::rewind() {
    state_->taken = state_->acknowledged;
    state_->taken_records = 0;
}

std::uint64_t FactJournal::backlog() const { return state_->backlog(); }
int FactJournal::readable_fd() const { return state_->wake.fd(); }

}  // namespace hotline::store
