#include "store/position_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "store/crc32c.h"

namespace hotline::store {
namespace {

struct Slot {
    std::uint64_t generation;  // the higher one counts
    Position position;
    std::uint32_t crc;
    std::uint32_t unused;
};
constexpr off_t kSlotBytes = 512;  // a sector each: a torn write spoils one slot only

std::uint32_t checksum(const Slot& slot) { return crc32c({reinterpret_cast<const char*>(&slot), offsetof(Slot, crc)}); }

}  // namespace

Result<std::unique_ptr<PositionFile>> PositionFile::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return Error{ErrorKind::Io, "cannot open " + path + ": " + std::strerror(errno)};
    std::unique_ptr<PositionFile> file(new PositionFile(fd));
    for (const off_t at : {off_t{0}, kSlotBytes}) {
        Slot slot{};
        if (::pread(fd, &slot, sizeof slot, at) != static_cast<ssize_t>(sizeof slot) || slot.crc != checksum(slot)) continue;
        if (slot.generation <= file->generation_) continue;
        file->generation_ = slot.generation;
        file->last_ = slot.position;
    }
    return file;
}

PositionFile::~PositionFile() { ::close(fd_); }

int PositionFile::write(const Position& position) {
    Slot slot{};
    slot.generation = ++generation_;
    slot.position = position;
    slot.crc = checksum(slot);
    last_ = position;
    return ::pwrite(fd_, &slot, sizeof slot, generation_ % 2 == 0 ? 0 : kSlotBytes) == static_cast<ssize_t>(sizeof slot) ? 0
                                                                                                                         : errno;
}

}  // namespace hotline::store
