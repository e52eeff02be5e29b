// The disk side of the journal, on a thread of its own: syncs what was written, reserves the next segment before it is needed,
// deletes those that are done. The control and business threads never wait for the disk here; what they share with it is a short
// mutex.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/base/time.h"
#include "store/segment.h"

namespace hotline::store {

class SegmentKeeper {
  public:
    struct Settings {
        std::string dir;
        std::uint64_t segment_bytes;
        std::uint64_t max_segments;  // that may exist at a time, the spare included
        Duration sync_every;
        Duration patience;  // of next()
    };
    /// `segments`: what open() found, by index, contiguous or not. The last one that holds records is `writing`; later ones are
    /// spares.
    SegmentKeeper(Settings settings, std::map<std::uint64_t, std::shared_ptr<Segment>> segments, std::uint64_t writing,
                  std::uint64_t offset, Metrics& metrics);
    ~SegmentKeeper();  // after a last sync
    SegmentKeeper(const SegmentKeeper&) = delete;

    // Writer's side.
    /// The segment to go on in. Null when the disk or the quota is full. Waits at most `patience`, once, and only when the disk is
    /// slower than a whole segment's worth of facts.
    std::shared_ptr<Segment> next();
    /// How far the writer has come.
    void written(std::uint64_t segment, std::uint64_t offset) { written_.store(pack(segment, offset), std::memory_order_release); }

    /// The disk has no room for another segment: what is left of this one is all there is. Tried again at every sync. Any thread.
    bool no_room() const { return no_room_; }

    // Reader's side.
    std::shared_ptr<Segment> find(std::uint64_t index) const;  // null: not (any more or yet) written to
    /// The first segment behind `index` that the writer has begun; null when there is none.
    std::shared_ptr<Segment> after(std::uint64_t index) const;
    /// Everything before `index` may go.
    void retire_before(std::uint64_t index);

  private:
    static constexpr int kOffsetBits = 34;  // segment and offset in one word, so that no thread ever sees half of a move
    static constexpr std::uint64_t pack(std::uint64_t segment, std::uint64_t offset) { return segment << kOffsetBits | offset; }

    void run();
    void sync();
    int sync_folder() const;
    void prepare_spare();
    void delete_retired();
    bool wants_spare() const;  // with mutex_ held

    const Settings settings_;
    Metric &syncs_, &sync_failures_;

    mutable std::mutex mutex_;
    std::condition_variable work_, spare_ready_;
    std::map<std::uint64_t, std::shared_ptr<Segment>> segments_;  // begun ones and the spares behind `writing_`
    std::vector<std::shared_ptr<Segment>> retired_;
    std::uint64_t writing_;        // index
    bool patience_spent_ = false;  // the writer waited in vain once: not again before there is a spare
    bool stopping_ = false;

    std::atomic<bool> no_room_ = false;   // the last attempt to reserve failed
    std::atomic<std::uint64_t> written_;  // packed
    std::uint64_t synced_;                // packed; of the thread
    std::uint64_t named_ = 0;             // the segment up to which the folder is synced; of the thread
    bool sync_failed_ = false;            // of the thread: logged once
    std::thread thread_;
};

}  // namespace hotline::store
