// One segment file of the journal: a header, then records, then zeros. Preallocated in full and mapped, so that writing it is a
// copy into memory which survives kill -9, and which a full disk cannot turn into a SIGBUS.
//
//   0            32                                                        size
//   ┌────────────┬───────────┬───────────┬───────────┬──────────────────────┐
//   │ header     │ record    │ record    │ record    │ 0 0 0 0 …            │
//   └────────────┴───────────┴───────────┴───────────┴──────────────────────┘
//   record = length u32 · CRC-32C u32 · epoch u64 · seq u64 · at i64 (µs) · call u64 · kind length u32 · body length u32 · kind ·
//   body,
//            padded to 8 bytes. The length is written last: what has a length is whole.
//
// One thread appends, one reads; the length is what they share.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hotline/base/result.h"
#include "hotline/store/journal.h"

namespace hotline::store {

class Segment {
  public:
    static constexpr std::uint64_t kFirst = 32;  // offset of the first record

    /// Makes, fills and names the file in one step: a crash in the middle leaves only a ".new", which open() of the journal
    /// removes. Full when the disk has no room.
    static Result<std::shared_ptr<Segment>> create(const std::string& dir, std::uint64_t index, std::uint64_t bytes);
    /// Invalid when the file is no segment or another one's.
    static Result<std::shared_ptr<Segment>> open(const std::string& dir, std::uint64_t index);
    static std::string file_name(std::uint64_t index);
    static std::optional<std::uint64_t> index_of(std::string_view file_name);

    ~Segment();
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    std::uint64_t index() const { return index_; }
    std::uint64_t bytes() const { return bytes_; }

    static std::uint64_t record_bytes(std::string_view kind, std::string_view body);
    /// Writer: copies and publishes. The record must fit. Returns the next offset.
    std::uint64_t append(std::uint64_t offset, const Record& record);

    struct Read {
        Record record;  // points into the mapping
        std::uint64_t next;
    };
    /// Reader: the record at `offset`, if one is published there.
    std::optional<Read> read(std::uint64_t offset) const;

    struct Scan {
        std::uint64_t end;          // behind the last whole record
        std::uint64_t records = 0;  // from `from` on
        std::uint64_t highest_call = 0;
        bool from_is_boundary = false;  // `from` is where a record begins or ends
        bool damaged = false;           // something that is no record stands at `end`
    };
    /// Checks every record's checksum, from the first on; counts those at `from` and later.
    Scan scan(std::uint64_t from) const;
    /// Nothing at or after `end` is read any more.
    void limit(std::uint64_t end) { end_ = end; }
    /// Zeroes everything from `end` on. Returns how many bytes were not zero.
    std::uint64_t cut(std::uint64_t end);

    /// To the disk, for good. Returns errno, or 0.
    int sync(std::uint64_t from, std::uint64_t to) const;

  private:
    Segment(int fd, char* base, std::uint64_t index, std::uint64_t bytes);
    static Result<std::shared_ptr<Segment>> map(int fd, std::uint64_t index, const std::string& path, int flags);

    int fd_;
    char* base_;
    std::uint64_t index_, bytes_, end_;
};

}  // namespace hotline::store
