#include "store/journal_recovery.h"

#include <filesystem>
#include <system_error>

#include "hotline/base/log.h"

namespace hotline::store {
namespace {

namespace fs = std::filesystem;
using Segments = std::map<std::uint64_t, std::shared_ptr<Segment>>;

/// Opens every segment. What is none is set aside under another name, never deleted: somebody may want to look at it.
Result<Segments> open_segments(const std::string& dir) {
    Segments segments;
    std::error_code error;
    std::vector<fs::path> paths;
    for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) paths.push_back(it->path());
    if (error) return Error{ErrorKind::Io, "cannot read " + dir + ": " + error.message()};
    for (const auto& path : paths) {
        if (path.extension() == ".new") {
            fs::remove(path, error);
            continue;
        }
        const auto index = Segment::index_of(path.filename().string());
        if (!index) continue;
        auto opened = Segment::open(dir, *index);
        if (!opened && opened.error().kind != ErrorKind::Invalid) return opened.error();
        if (opened) {
            segments.emplace(*index, *opened);
            continue;
        }
        log::error(
            "journal.segment_unreadable",
            {{"why", opened.error().text}, {"cure", "set aside as .bad: its facts are lost unless the file can be repaired"}});
        fs::rename(path, path.string() + ".bad", error);
    }
    return segments;
}

void remove_acknowledged(Segments& segments, const std::string& dir, std::uint64_t before) {
    std::error_code ignored;
    for (auto it = segments.begin(); it != segments.end() && it->first < before; it = segments.erase(it))
        fs::remove(fs::path(dir) / Segment::file_name(it->first), ignored);
}

/// Where reading starts in the first segment. The position may be ahead of what a power cut left.
std::uint64_t start_offset(const Segment& segment, const std::optional<Position>& position) {
    if (!position || position->segment != segment.index()) return Segment::kFirst;
    const auto scan = segment.scan(position->offset);
    if (position->offset >= scan.end) return scan.end;
    return scan.from_is_boundary ? position->offset : Segment::kFirst;
}

}  // namespace

Result<RecoveredJournal> recover_journal(const JournalConfig& config, const PositionFile& position, Metrics& metrics) {
    auto& torn_bytes = metrics.counter("journal_torn_bytes_total", "Bytes of half-written facts cut off at a start.");
    auto& damaged = metrics.counter("journal_damaged_segments_total", "Segments with a bad checksum before their end: facts lost.");
    auto opened = open_segments(config.dir);
    if (!opened) return opened.error();
    RecoveredJournal found;
    found.segments = std::move(*opened);
    if (position.last()) {
        remove_acknowledged(found.segments, config.dir, position.last()->segment);
        found.highest_call = position.last()->highest_call;
    }
    if (found.segments.empty()) {
        auto made = Segment::create(config.dir, position.last() ? position.last()->segment + 1 : 1, config.segment_bytes);
        if (!made) return made.error();
        found.segments.emplace((*made)->index(), *made);
    }
    found.acknowledged = found.segments.begin()->second;
    found.acknowledged_offset = start_offset(*found.acknowledged, position.last());

    std::map<std::uint64_t, Segment::Scan> scans;
    found.writing = found.acknowledged->index();
    for (const auto& [index, segment] : found.segments) {
        const auto& scan = scans[index] =
            segment->scan(segment == found.acknowledged ? found.acknowledged_offset : Segment::kFirst);
        found.records += scan.records;
        found.highest_call = std::max(found.highest_call, scan.highest_call);
        if (scan.end > Segment::kFirst) found.writing = index;
    }
    for (const auto& [index, segment] : found.segments) {
        const auto& scan = scans[index];
        if (index < found.writing) {
            segment->limit(scan.end);
            if (!scan.damaged) continue;
            damaged.add();
            log::error("journal.damaged",
                       {{"segment", index}, {"offset", scan.end}, {"cure", "facts behind the offset are lost; check the disk"}});
        } else if (const std::uint64_t torn = segment->cut(scan.end); torn > 0) {
            torn_bytes.add(static_cast<std::int64_t>(torn));
            log::warn("journal.torn_tail_cut", {{"segment", index}, {"offset", scan.end}, {"bytes", torn}});
        }
    }
    found.write_offset = scans[found.writing].end;
    return found;
}

}  // namespace hotline::store
