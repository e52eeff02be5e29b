// One WAV file on its way to its lasting name. Used by the disk thread only.
//
//   create: NAME.part with a header of unknown length ─▶ write ─▶ seal: true length ─▶ hash by slices ─▶ publish: NAME
//
// Silence that nobody wrote stays a hole in the file and reads as zeros. Nothing is synced: a power cut may cost what the kernel
// had not written yet (about 30 s); a crash of the process costs nothing that reached write().
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "hotline/base/result.h"

namespace hotline::media {

constexpr std::size_t kWavHeaderBytes = 44;
enum class Channels : std::uint8_t { Mono = 1, Stereo = 2 };  // of 16 bits

class RecordingFile {
  public:
    /// `path` relative to `data_dir`; folders are made. The error's text says what to do.
    static Result<RecordingFile> create(const std::string& data_dir, const std::string& path, Channels channels = Channels::Stereo);
    RecordingFile(RecordingFile&& other) noexcept;
    RecordingFile& operator=(RecordingFile&&) = delete;
    ~RecordingFile();

    /// `frames`: left and right sample in turn, or those of the one channel. `first`: position of the first in samples.
    Outcome write(std::int64_t first, std::span<const std::int16_t> frames);
    /// No more is written: header and length of `samples`.
    Outcome seal(std::int64_t samples);
    /// Hashes the next slice (1 MiB) of the sealed file. False: there is more.
    Result<bool> hash_slice();
    /// After the last slice: 64 hex digits.
    std::string sha256();
    /// Gives the file its lasting name; Conflict when that is taken.
    Outcome publish();
    /// Nothing is left of it.
    void remove();

    const std::string& path() const { return path_; }  // absolute, the lasting name
    std::string unfinished_path() const;               // … and the one before publish()

  private:
    struct Hash;
    RecordingFile(std::string path, int fd, Channels channels);
    Error failure(const char* doing) const;
    std::int64_t bytes_of(std::int64_t samples) const { return samples * static_cast<std::int64_t>(channels_) * 2; }

    std::string path_;
    int fd_;
    Channels channels_;
    std::uint64_t hashed_ = 0;
    std::unique_ptr<Hash> hash_;
};

/// Recordings that a crash left as .part become playable WAV files under their lasting names. Looks into the eight newest folders
/// below data_dir/recordings. Returns how many.
std::size_t recover_recordings(const std::string& data_dir);

}  // namespace hotline::media
