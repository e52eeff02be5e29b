#include "store/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "store/crc32c.h"

namespace hotline::store {
namespace {

constexpr char kMagic[8] = {'H', 'L', 'F', 'A', 'C', 'T', 'S', '1'};
constexpr std::string_view kSuffix = ".facts";

struct FileHeader {
    char magic[8];
    std::uint64_t index;
    std::uint64_t bytes;
    std::uint32_t crc;  // of what stands before it
    std::uint32_t unused;
};
static_assert(sizeof(FileHeader) == Segment::kFirst);

struct RecordHeader {
    std::uint32_t length;  // header, kind and body; 0: nothing here yet
    std::uint32_t crc;     // of all that follows it
    std::uint64_t epoch;
    std::uint64_t seq;
    std::int64_t at_us;
    std::uint64_t call;
    std::uint32_t kind_bytes;
    std::uint32_t body_bytes;
};
constexpr std::size_t kUnchecked = 8;  // length and checksum themselves
static_assert(sizeof(RecordHeader) == 48 && alignof(RecordHeader) == 8);

constexpr std::uint64_t padded(std::uint64_t bytes) { return (bytes + 7) & ~std::uint64_t{7}; }

Error io_error(ErrorKind kind, const std::string& what, const std::string& path, int error) {
    return {kind, what + " " + path + ": " + std::strerror(error)};
}

FileHeader header_for(std::uint64_t index, std::uint64_t bytes) {
    FileHeader header{};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.index = index;
    header.bytes = bytes;
    header.crc = crc32c({reinterpret_cast<const char*>(&header), offsetof(FileHeader, crc)});
    return header;
}

/// The published length at a record's place. Sequentially consistent on both sides, for the reader's going to sleep (see
/// journal.cpp).
std::uint32_t load_length(const char* at) {
    return std::atomic_ref(*const_cast<std::uint32_t*>(reinterpret_cast<const std::uint32_t*>(at))).load();
}
void store_length(char* at, std::uint32_t length) { std::atomic_ref(*reinterpret_cast<std::uint32_t*>(at)).store(length); }

}  // namespace

std::string Segment::file_name(std::uint64_t index) {
    std::string digits = std::to_string(index);
    return std::string(digits.size() < 16 ? 16 - digits.size() : 0, '0') + digits + std::string(kSuffix);
}

std::optional<std::uint64_t> Segment::index_of(std::string_view name) {
    if (!name.ends_with(kSuffix)) return std::nullopt;
    name.remove_suffix(kSuffix.size());
    std::uint64_t index = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    return error == std::errc{} && end == name.data() + name.size() && index > 0 ? std::optional(index) : std::nullopt;
}

Segment::Segment(int fd, char* base, std::uint64_t index, std::uint64_t bytes)
    : fd_(fd), base_(base), index_(index), bytes_(bytes), end_(bytes) {}

Segment::~Segment() {
    ::munmap(base_, bytes_);
    ::close(fd_);
}

Result<std::shared_ptr<Segment>> Segment::create(const std::string& dir, std::uint64_t index, std::uint64_t bytes) {
    const std::string path = dir + "/" + file_name(index), draft = path + ".new";
    const int fd = ::open(draft.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return io_error(ErrorKind::Io, "cannot create", draft, errno);
    const auto give_up = [&](const std::string& what, int error) {
        ::close(fd);
        ::unlink(draft.c_str());
        const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
        return io_error(full ? ErrorKind::Full : ErrorKind::Io, what, draft, error);
    };
    if (const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes)))
        return give_up("cannot reserve " + std::to_string(bytes) + " bytes for", error);
    const FileHeader header = header_for(index, bytes);
    if (::pwrite(fd, &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) return give_up("cannot write", errno);
    if (::rename(draft.c_str(), path.c_str()) < 0) return give_up("cannot rename", errno);
    // Populated at once: the control thread shall not be the one to take each page's first fault.
    return map(fd, index, path, MAP_POPULATE);
}

Result<std::shared_ptr<Segment>> Segment::open(const std::string& dir, std::uint64_t index) {
    const std::string path = dir + "/" + file_name(index);
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return io_error(ErrorKind::Io, "cannot open", path, errno);
    return map(fd, index, path, 0);
}

Result<std::shared_ptr<Segment>> Segment::map(int fd, std::uint64_t index, const std::string& path, int flags) {
    const auto refuse = [&](Error error) {
        ::close(fd);
        return error;
    };
    FileHeader header;
    if (::pread(fd, &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header))
        return refuse({ErrorKind::Invalid, path + " is too short for a journal segment"});
    const FileHeader expected = header_for(index, header.bytes);
    if (std::memcmp(&header, &expected, sizeof header) != 0 || header.bytes < kFirst)
        return refuse({ErrorKind::Invalid, path + " is not journal segment " + std::to_string(index)});
    // A file that lost its end (a restored copy, a broken file system) gets it back as zeros: to touch a missing page would be a
    // SIGBUS.
    if (const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(header.bytes)))
        return refuse(io_error(ErrorKind::Full, "cannot reserve the whole of", path, error));
    void* base = ::mmap(nullptr, header.bytes, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, 0);
    if (base == MAP_FAILED) return refuse(io_error(ErrorKind::Io, "cannot map", path, errno));
    return std::shared_ptr<Segment>(new Segment(fd, static_cast<char*>(base), index, header.bytes));
}

std::uint64_t Segment::record_bytes(std::string_view kind, std::string_view body) {
    return padded(sizeof(RecordHeader) + kind.size() + body.size());
}

std::uint64_t Segment::append(std::uint64_t offset, const Record& record) {
    char* const at = base_ + offset;
    RecordHeader header{};
    header.epoch = record.epoch;
    header.seq = record.seq;
    header.at_us = to_unix_us(record.at);
    header.call = record.call;
    header.kind_bytes = static_cast<std::uint32_t>(record.kind.size());
    header.body_bytes = static_cast<std::uint32_t>(record.body.size());
    const std::size_t length = sizeof header + record.kind.size() + record.body.size();
    char* const content = at + sizeof header;
    std::memcpy(content, record.kind.data(), record.kind.size());
    std::memcpy(content + record.kind.size(), record.body.data(), record.body.size());
    header.crc = crc32c({reinterpret_cast<const char*>(&header) + kUnchecked, sizeof header - kUnchecked});
    header.crc = crc32c({content, length - sizeof header}, header.crc);
    std::memcpy(at + sizeof header.length, reinterpret_cast<const char*>(&header) + sizeof header.length,
                sizeof header - sizeof header.length);
    store_length(at, static_cast<std::uint32_t>(length));
    return offset + padded(length);
}

std::optional<Segment::Read> Segment::read(std::uint64_t offset) const {
    if (offset + sizeof(RecordHeader) > end_) return std::nullopt;
    const char* const at = base_ + offset;
    const std::uint32_t length = load_length(at);
    if (length == 0) return std::nullopt;
    RecordHeader header;
    std::memcpy(reinterpret_cast<char*>(&header) + sizeof header.length, at + sizeof header.length,
                sizeof header - sizeof header.length);
    if (length < sizeof header || offset + length > end_ ||
        std::uint64_t{header.kind_bytes} + header.body_bytes != length - sizeof header)
        return std::nullopt;
    const char* const content = at + sizeof header;
    return Read{{header.epoch,
                 header.seq,
                 Wall(std::chrono::microseconds(header.at_us)),
                 {content, header.kind_bytes},
                 header.call,
                 {content + header.kind_bytes, header.body_bytes}},
                offset + padded(length)};
}

Segment::Scan Segment::scan(std::uint64_t from) const {
    Scan scan{.end = kFirst};
    while (true) {
        scan.from_is_boundary |= scan.end == from;
        const auto read = this->read(scan.end);
        if (!read) break;
        const char* const at = base_ + scan.end;
        const std::size_t length = sizeof(RecordHeader) + read->record.kind.size() + read->record.body.size();
        std::uint32_t crc;
        std::memcpy(&crc, at + offsetof(RecordHeader, crc), sizeof crc);
        if (crc != crc32c({at + kUnchecked, length - kUnchecked})) break;
        scan.highest_call = std::max(scan.highest_call, read->record.call);
        if (scan.end >= from) ++scan.records;
        scan.end = read->next;
    }
    scan.damaged = scan.end + sizeof(std::uint32_t) <= end_ && load_length(base_ + scan.end) != 0;
    return scan;
}

std::uint64_t Segment::cut(std::uint64_t end) {
    std::uint64_t torn = 0;
    for (std::uint64_t at = end; at < bytes_; ++at) {
        if (base_[at] == 0) continue;  // untouched pages stay untouched
        base_[at] = 0;
        ++torn;
    }
    return torn;
}

int Segment::sync(std::uint64_t from, std::uint64_t to) const {
    static const auto kPage = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t first = from / kPage * kPage;
    return ::msync(base_ + first, to - first, MS_SYNC) < 0 ? errno : 0;
}

}  // namespace hotline::store
