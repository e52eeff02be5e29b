#include "recording_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "hotline/base/log.h"
#include "hotline/base/text.h"

namespace hotline::media {
namespace {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little, "samples are written as they lie in memory");

constexpr std::size_t kSlice = 1 << 20;
constexpr std::size_t kNewestFolders = 8;
constexpr std::string_view kPart = ".part";

using Header = std::array<std::uint8_t, kWavHeaderBytes>;

/// RIFF/WAVE, PCM, 16 bits, 8000 Hz. `data_bytes` 2³² − 1: not known yet.
Header wav_header(std::uint32_t data_bytes, Channels channels) {
    Header header{};
    std::size_t at = 0;
    const auto text = [&](std::string_view tag) { at += tag.copy(reinterpret_cast<char*>(&header[at]), tag.size()); };
    const auto number = [&](std::uint32_t value, std::size_t bytes) {
        for (; bytes > 0; --bytes, value >>= 8) header[at++] = static_cast<std::uint8_t>(value);
    };
    constexpr std::uint32_t kRate = 8000, kBits = 16;
    const auto count = static_cast<std::uint32_t>(channels), bytes = count * kBits / 8;
    text("RIFF"), number(data_bytes > UINT32_MAX - 36 ? UINT32_MAX : data_bytes + 36, 4), text("WAVE");
    text("fmt "), number(16, 4), number(1, 2), number(count, 2), number(kRate, 4);
    number(kRate * bytes, 4), number(bytes, 2), number(kBits, 2);
    text("data"), number(data_bytes, 4);
    return header;
}

std::string cure(int error) {
    switch (error) {
        case ENOSPC:
        case EDQUOT: return "free space or move the data directory";
        case EFBIG: return "raise the limit of file sizes (ulimit -f)";
        case EMFILE:
        case ENFILE: return "raise the limit of open files (LimitNOFILE)";
        case EACCES:
        case EPERM:
        case EROFS: return "let the daemon's user write there";
        default: return "check the disk";
    }
}

Error failed(const std::string& doing, const std::string& path, int error) {
    return {ErrorKind::Io,
            "recording: cannot " + doing + ' ' + path + ": " + std::generic_category().message(error) + "; " + cure(error)};
}

/// 0, or errno. A short write goes on; a write of nothing is a full disk.
int write_all(int fd, const void* data, std::size_t size, std::int64_t offset) {
    const auto* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t n = ::pwrite(fd, at, size, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return ENOSPC;
        at += n;
        offset += n;
        size -= static_cast<std::size_t>(n);
    }
    return 0;
}

int write_header(int fd, std::uint64_t data_bytes, Channels channels) {
    const Header header = wav_header(static_cast<std::uint32_t>(std::min<std::uint64_t>(data_bytes, UINT32_MAX)), channels);
    return write_all(fd, header.data(), header.size(), 0);
}

/// As its header says; a header that was never written is of the usual kind.
Channels channels_of(int fd) {
    constexpr off_t kPlace = 22;
    std::uint8_t count = 0;
    return ::pread(fd, &count, 1, kPlace) == 1 && count == 1 ? Channels::Mono : Channels::Stereo;
}

/// A path that stays below the data directory.
bool is_inside(const fs::path& path) {
    return path.is_relative() && !path.empty() &&
           std::none_of(path.begin(), path.end(), [](const fs::path& p) { return p == ".."; });
}

int rename_to_new(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;  // a file system that cannot refuse to replace
    if (::access(to.c_str(), F_OK) == 0) return EEXIST;
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

std::vector<fs::path> newest_folders(const fs::path& root) {
    std::vector<fs::path> folders;
    std::error_code error;
    for (fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end; !error && it != end;
         it.increment(error)) {
        std::error_code ignored;
        if (it->is_directory(ignored)) folders.push_back(it->path());
        if (it.depth() == 2) it.disable_recursion_pending();  // YYYY/MM/DD
    }
    std::sort(folders.begin(), folders.end(), std::greater<>());
    if (folders.size() > kNewestFolders) folders.resize(kNewestFolders);
    return folders;
}

bool recover(const fs::path& part) {
    const std::string lasting = part.parent_path() / part.stem();
    const int fd = ::open(part.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat info {};
    int error = fd < 0 ? errno : 0;
    if (fd >= 0 && ::fstat(fd, &info) == 0) {
        const auto size = static_cast<std::uint64_t>(info.st_size);
        const Channels channels = channels_of(fd);
        const std::uint64_t sample = static_cast<std::uint64_t>(channels) * 2;
        error = write_header(fd, size > kWavHeaderBytes ? (size - kWavHeaderBytes) / sample * sample : 0, channels);
    }
    if (fd >= 0) ::close(fd);
    if (error == 0) error = rename_to_new(part, lasting);
    if (error != 0) {
        log::warn("recording.not_recovered", {{"text", failed("recover", part, error).text}});
        return false;
    }
    log::info("recording.recovered", {{"path", lasting}});
    return true;
}

}  // namespace

struct RecordingFile::Hash {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    // Not set to zero: the pages that a short call does not reach are never touched.
    std::unique_ptr<char[]> buffer = std::make_unique_for_overwrite<char[]>(kSlice);
};

RecordingFile::RecordingFile(std::string path, int fd, Channels channels) : path_(std::move(path)), fd_(fd), channels_(channels) {}
RecordingFile::RecordingFile(RecordingFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      channels_(other.channels_),
      hashed_(other.hashed_),
      hash_(std::move(other.hash_)) {}
RecordingFile::~RecordingFile() {
    if (fd_ >= 0) ::close(fd_);
}

Error RecordingFile::failure(const char* doing) const { return failed(doing, path_, errno); }

Result<RecordingFile> RecordingFile::create(const std::string& data_dir, const std::string& path, Channels channels) {
    if (!is_inside(path)) return Error{ErrorKind::Invalid, "recording: " + valid_text(path) + " is not below the data directory"};
    const fs::path full = fs::path(data_dir) / path;
    const std::string part = full.string() + std::string(kPart);
    const auto open = [&] { return ::open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640); };
    int fd = open();
    if (fd < 0 && errno == ENOENT) {  // the first of the day
        std::error_code error;
        fs::create_directories(full.parent_path(), error);
        if (error) return failed("make the folder", full.parent_path(), error.value());
        fd = open();
    }
    if (fd < 0) return failed("create", part, errno);
    RecordingFile file(full.string(), fd, channels);
    if (const int error = write_header(fd, UINT32_MAX, channels)) return failed("write", part, error);
    return file;
}

Outcome RecordingFile::write(std::int64_t first, std::span<const std::int16_t> frames) {
    const std::int64_t offset = static_cast<std::int64_t>(kWavHeaderBytes) + bytes_of(first);
    if (const int error = write_all(fd_, frames.data(), frames.size_bytes(), offset)) return failed("write", path_, error);
    return Done{};
}

Outcome RecordingFile::seal(std::int64_t samples) {
    const auto bytes = static_cast<std::uint64_t>(bytes_of(samples));
    if (::ftruncate(fd_, static_cast<off_t>(kWavHeaderBytes + bytes)) != 0) return failure("set the length of");
    if (const int error = write_header(fd_, bytes, channels_)) return failed("write the header of", path_, error);
    return Done{};
}

Result<bool> RecordingFile::hash_slice() {
    if (!hash_) {
        hash_ = std::make_unique<Hash>();
        if (EVP_DigestInit_ex(hash_->context.get(), EVP_sha256(), nullptr) != 1) {
            return Error{ErrorKind::Io, "recording: OpenSSL has no SHA-256; install its default provider"};
        }
    }
    const ssize_t n = ::pread(fd_, hash_->buffer.get(), kSlice, static_cast<off_t>(hashed_));
    if (n < 0) return failure("read back");
    EVP_DigestUpdate(hash_->context.get(), hash_->buffer.get(), static_cast<std::size_t>(n));
    hashed_ += static_cast<std::uint64_t>(n);
    return static_cast<std::size_t>(n) < kSlice;
}

std::string RecordingFile::sha256() {
    std::array<char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(hash_->context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size);
    return to_hex({digest.data(), size});
}

Outcome RecordingFile::publish() {
    const int error = rename_to_new(unfinished_path(), path_);
    if (error == EEXIST) return Error{ErrorKind::Conflict, "recording: " + path_ + " exists; the new one stays beside it as .part"};
    if (error != 0) return failed("rename to", path_, error);
    return Done{};
}

void RecordingFile::remove() { ::unlink(unfinished_path().c_str()); }

std::string RecordingFile::unfinished_path() const { return path_ + std::string(kPart); }

std::size_t recover_recordings(const std::string& data_dir) {
    std::size_t recovered = 0;
    for (const auto& folder : newest_folders(fs::path(data_dir) / "recordings")) {
        std::error_code error;
        for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
            if (it->path().extension() == kPart && recover(it->path())) ++recovered;
        }
    }
    return recovered;
}

}  // namespace hotline::media
