// Where the store stands in the journal, kept across restarts. Two slots in one file, written in turn with a checksum: whatever
// instant the process or the machine dies at, one of them is whole. An older position than the true one is harmless (the store's
// primary key makes replay so), hence no fsync.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hotline/base/result.h"

namespace hotline::store {

struct Position {
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    std::uint64_t highest_call = 0;  // ever seen, also in segments that are gone
};

class PositionFile {
  public:
    static Result<std::unique_ptr<PositionFile>> open(const std::string& path);
    ~PositionFile();
    PositionFile(const PositionFile&) = delete;

    const std::optional<Position>& last() const { return last_; }  // none: a new or unreadable file
    /// Returns errno, or 0.
    int write(const Position& position);

  private:
    explicit PositionFile(int fd) : fd_(fd) {}
    int fd_;
    std::uint64_t generation_ = 0;
    std::optional<Position> last_;
};

}  // namespace hotline::store
