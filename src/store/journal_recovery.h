// What a start finds in the journal's folder, made usable: leftovers removed, damage bounded, the torn tail cut.
#pragma once
#include <cstdint>
#include <map>
#include <memory>

#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/store/journal.h"
#include "store/position_file.h"
#include "store/segment.h"

namespace hotline::store {

struct RecoveredJournal {
    std::map<std::uint64_t, std::shared_ptr<Segment>> segments;  // never empty; those behind `writing` are empty spares
    std::uint64_t writing = 0, write_offset = 0;
    std::shared_ptr<Segment> acknowledged;  // the store has everything before acknowledged_offset in it
    std::uint64_t acknowledged_offset = 0;
    std::uint64_t records = 0;  // not acknowledged
    std::uint64_t highest_call = 0;
};

Result<RecoveredJournal> recover_journal(const JournalConfig& config, const PositionFile& position, Metrics& metrics);

}  // namespace hotline::store
