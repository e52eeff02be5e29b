// Who served whom, in memory: fed from the facts as they pass, so that a caller finds his agent again also while PostgreSQL is
// away.
#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hotline/call/events.h"
#include "hotline/store/journal.h"

namespace hotline::store {

/// Newest first, weighted by talk time: each conversation counts its talk time, halved for every week since.
inline constexpr std::chrono::hours kAffinityHalfLife{24 * 7};
inline constexpr std::size_t kMaxServed = 5;  // agents a caller

struct Service {
    call::CustomerFound::Served served;
    double weight = 0;  // in ms of talk, as of now
};
/// By weight, the newer first where equal; at most kMaxServed. Where both know an agent, the greater of each value counts.
std::vector<call::CustomerFound::Served> ranked(std::vector<Service> known, const std::vector<Service>& more = {});

/// Bounded: the number that was asked for or served longest ago makes room.
class ServedMemory {
  public:
    ServedMemory(std::size_t max_numbers, Duration window) : max_numbers_(max_numbers), window_(window) {}

    /// Learns from a CallEnded that an agent talked in; ignores all else.
    void learn(const Record& record);
    std::vector<Service> find(const std::string& number, Wall now);
    std::size_t size() const { return by_number_.size(); }

  private:
    struct Entry {
        std::vector<Service> services;  // weight as of `served.last`
        std::list<std::string>::iterator place;
    };
    Entry& touch(const std::string& number);

    const std::size_t max_numbers_;
    const Duration window_;
    std::unordered_map<std::string, Entry> by_number_;
    std::list<std::string> recent_;  // most recent first
};

}  // namespace hotline::store
