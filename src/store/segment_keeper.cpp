#include "store/segment_keeper.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hotline/base/log.h"

namespace hotline::store {

SegmentKeeper::SegmentKeeper(Settings settings, std::map<std::uint64_t, std::shared_ptr<Segment>> segments, std::uint64_t writing,
                             std::uint64_t offset, Metrics& metrics)
    : settings_(std::move(settings)),
      syncs_(metrics.counter("journal_syncs_total", "Times the journal was synced to disk.")),
      sync_failures_(metrics.counter("journal_sync_failures_total", "Syncs of the journal that the disk refused.")),
      segments_(std::move(segments)),
      writing_(writing),
      written_(pack(writing, offset)),
      synced_(written_),
      thread_([this] { run(); }) {
    ::pthread_setname_np(thread_.native_handle(), "hl-journal");
}

SegmentKeeper::~SegmentKeeper() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
}

std::shared_ptr<Segment> SegmentKeeper::next() {
    std::unique_lock lock(mutex_);
    const auto spare = [&] { return segments_.upper_bound(writing_); };
    if (wants_spare() && !no_room_ && !patience_spent_) {
        work_.notify_one();
        patience_spent_ = !spare_ready_.wait_for(lock, settings_.patience, [&] { return spare() != segments_.end() || no_room_; });
    }
    const auto found = spare();
    if (found == segments_.end()) return nullptr;
    patience_spent_ = false;
    writing_ = found->first;
    work_.notify_one();
    return found->second;
}

std::shared_ptr<Segment> SegmentKeeper::find(std::uint64_t index) const {
    std::lock_guard lock(mutex_);
    const auto it = segments_.find(index);
    return it == segments_.end() || index > writing_ ? nullptr : it->second;
}

std::shared_ptr<Segment> SegmentKeeper::after(std::uint64_t index) const {
    std::lock_guard lock(mutex_);
    const auto it = segments_.upper_bound(index);
    return it == segments_.end() || it->first > writing_ ? nullptr : it->second;
}

void SegmentKeeper::retire_before(std::uint64_t index) {
    std::lock_guard lock(mutex_);
    bool any = false;
    for (auto it = segments_.begin(); it != segments_.end() && it->first < index && it->first < writing_;
         it = segments_.erase(it)) {
        retired_.push_back(std::move(it->second));
        any = true;
    }
    if (any) work_.notify_one();
}

bool SegmentKeeper::wants_spare() const {
    return segments_.upper_bound(writing_) == segments_.end() && segments_.size() < settings_.max_segments;
}

void SegmentKeeper::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        prepare_spare();
        delete_retired();
        sync();
        lock.lock();
        const auto urgent = [&] { return stopping_ || !retired_.empty() || (wants_spare() && !no_room_); };
        work_.wait_for(lock, settings_.sync_every, urgent);
    }
    lock.unlock();
    delete_retired();
    sync();
}

void SegmentKeeper::prepare_spare() {
    std::uint64_t index;
    {
        std::lock_guard lock(mutex_);
        if (!wants_spare()) return;
        index = writing_ + 1;
    }
    auto made = Segment::create(settings_.dir, index, settings_.segment_bytes);
    std::lock_guard lock(mutex_);
    if (!made && !no_room_)
        log::error("journal.no_room",
                   {{"why", made.error().text},
                    {"cure", "free space on the data directory's disk: facts are lost when this segment is full"}});
    if (made && no_room_) log::info("journal.room_again", {{"segment", index}});
    no_room_ = !made;
    if (made) segments_.emplace(index, *made);
    spare_ready_.notify_one();
}

void SegmentKeeper::delete_retired() {
    std::vector<std::shared_ptr<Segment>> retired;
    {
        std::lock_guard lock(mutex_);
        retired.swap(retired_);
    }
    for (const auto& segment : retired) {
        const std::string path = settings_.dir + "/" + Segment::file_name(segment->index());
        if (::unlink(path.c_str()) < 0) log::warn("journal.segment_stays", {{"file", path}, {"why", std::strerror(errno)}});
    }
}

/// A new segment's name is for good only when its folder is on the disk too. Returns errno, or 0.
int SegmentKeeper::sync_folder() const {
    const int folder = ::open(settings_.dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return errno;
    const int error = ::fsync(folder) < 0 ? errno : 0;
    ::close(folder);
    return error;
}

void SegmentKeeper::sync() {
    const std::uint64_t written = written_.load(std::memory_order_acquire);
    if (written == synced_) return;
    const std::uint64_t first = synced_ >> kOffsetBits, last = written >> kOffsetBits, mask = (std::uint64_t{1} << kOffsetBits) - 1;
    int error = 0;
    for (std::uint64_t index = first; index <= last && error == 0; ++index) {
        const auto dirty = find(index);
        if (!dirty) continue;  // read, acknowledged and gone already
        const std::uint64_t from = index == first ? synced_ & mask : 0, to = index == last ? written & mask : dirty->bytes();
        if (to > from) error = dirty->sync(from, to);
    }
    if (error == 0 && last != named_) {
        error = sync_folder();
        if (error == 0) named_ = last;
    }
    if (error != 0) {
        sync_failures_.add();
        if (!sync_failed_)
            log::error("journal.sync_failed",
                       {{"why", std::strerror(error)}, {"cure", "the disk under the data directory is failing: replace it"}});
        sync_failed_ = true;
        return;
    }
    sync_failed_ = false;
    syncs_.add();
    synced_ = written;
}

}  // namespace hotline::store
