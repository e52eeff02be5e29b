#include "media/pcm_file.h"

#include <fcntl.h>
#include <samplerate.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>

#include "media/descriptor.h"

namespace hotline::media {
namespace {

constexpr sf_count_t kBlockFrames = 4096;
constexpr int kLowestRate = 8000, kHighestRate = 48000;

struct CloseFile {
    void operator()(SNDFILE* file) const { sf_close(file); }
};
using File = std::unique_ptr<SNDFILE, CloseFile>;
struct DeleteResampler {
    void operator()(SRC_STATE* state) const { src_delete(state); }
};
using Resampler = std::unique_ptr<SRC_STATE, DeleteResampler>;

Error invalid(const std::string& path, const std::string& what) { return {ErrorKind::Invalid, path + ": " + what}; }

Error refused(const std::string& path) {
    const int reason = errno;
    return {reason == ENOENT ? ErrorKind::NotFound : ErrorKind::Io, path + ": " + std::strerror(reason)};
}

std::uint32_t little_endian(const char* bytes) {
    std::uint32_t value = 0;
    for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    return value;
}

/// A WAV file names the length of its data; libsndfile reads a shorter file without a word. A program that writes to a pipe does
/// not know the length and leaves 0 or a huge number: those are taken as they are.
bool data_is_cut_off(int fd, off_t size) {
    constexpr std::uint32_t kUnknownLength = 0x7FFF0000;
    char header[12];
    if (::pread(fd, header, 12, 0) != 12 || std::memcmp(header, "RIFF", 4) != 0) return false;  // libsndfile says what it is
    for (off_t at = 12; at + 8 <= size;) {
        char chunk[8];
        if (::pread(fd, chunk, 8, at) != 8) return true;
        const std::uint32_t length = little_endian(chunk + 4);
        at += 8;
        if (std::memcmp(chunk, "data", 4) == 0) return length < kUnknownLength && at + static_cast<off_t>(length) > size;
        at += static_cast<off_t>(length) + (length & 1);  // chunks are padded to even length
    }
    return false;
}

/// What is wrong with the form of this file; empty: nothing.
std::string flaw_of(const SF_INFO& info) {
    const int container = info.format & SF_FORMAT_TYPEMASK;
    if (container != SF_FORMAT_WAV && container != SF_FORMAT_WAVEX)
        return "is no WAV file; convert it, e.g. `sox IN -r 8000 -c 1 OUT.wav`";
    if (info.channels > 2) return "has " + std::to_string(info.channels) + " channels; mix it down to one";
    if (info.samplerate < kLowestRate || info.samplerate > kHighestRate)
        return "has " + std::to_string(info.samplerate) + " samples a second; resample it to 8000";
    if (info.frames <= 0) return "holds no sound; record it again or remove the file";
    constexpr auto kMostSeconds = std::chrono::duration_cast<std::chrono::seconds>(kLongestSound).count();
    if (info.frames > kMostSeconds * info.samplerate) return "is longer than 10 minutes; shorten it (music is looped anyway)";
    return {};
}

float finite(float sample) { return std::isfinite(sample) ? sample : 0; }

/// Frames of one or two channels, in place.
void mix_to_mono(std::vector<float>& block, std::size_t frames, int channels) {
    for (std::size_t i = 0; i < frames; ++i)
        block[i] = channels == 1 ? finite(block[i]) : (finite(block[2 * i]) + finite(block[2 * i + 1])) / 2;
}

void append_pcm(std::vector<std::int16_t>& pcm, const float* samples, std::size_t count) {
    const std::size_t before = pcm.size();
    pcm.resize(before + count);
    src_float_to_short_array(samples, pcm.data() + before, static_cast<int>(count));  // clips
}

/// Blocks of samples on their way to 8 kHz, so that a long file at 48 kHz needs no more memory than a short one.
class ToTelephoneRate {
  public:
    explicit ToTelephoneRate(int rate) : ratio_(static_cast<double>(kSampleRate) / rate), out_(kBlockFrames) {
        int failure = 0;
        if (rate != kSampleRate) resampler_.reset(src_new(SRC_SINC_MEDIUM_QUALITY, 1, &failure));
        if (failure != 0) failure_ = src_strerror(failure);
    }

    void add(const float* samples, std::size_t count, bool at_end, std::vector<std::int16_t>& pcm) {
        if (!resampler_) return append_pcm(pcm, samples, count);
        SRC_DATA data{};
        data.data_in = samples;
        data.input_frames = static_cast<long>(count);
        data.end_of_input = at_end ? 1 : 0;
        data.src_ratio = ratio_;
        do {
            data.data_out = out_.data();
            data.output_frames = static_cast<long>(out_.size());
            if (const int failure = src_process(resampler_.get(), &data); failure != 0) {
                failure_ = src_strerror(failure);
                return;
            }
            append_pcm(pcm, out_.data(), static_cast<std::size_t>(data.output_frames_gen));
            data.data_in += data.input_frames_used;
            data.input_frames -= data.input_frames_used;
        } while (data.input_frames > 0 || (at_end && data.output_frames_gen > 0));
    }
    const std::string& failure() const { return failure_; }

  private:
    double ratio_;
    Resampler resampler_;  // none: the rate is right already, and every sample stays as it is
    std::vector<float> out_;
    std::string failure_;
};

Result<std::vector<std::int16_t>> read_frames(SNDFILE* file, const SF_INFO& info) {
    std::vector<std::int16_t> pcm;
    pcm.reserve(static_cast<std::size_t>(info.frames * kSampleRate / info.samplerate) + 1);
    ToTelephoneRate rate(info.samplerate);
    std::vector<float> block(static_cast<std::size_t>(kBlockFrames * info.channels));
    for (bool at_end = false; !at_end && rate.failure().empty();) {
        const auto frames = static_cast<std::size_t>(sf_readf_float(file, block.data(), kBlockFrames));
        at_end = frames < static_cast<std::size_t>(kBlockFrames);
        mix_to_mono(block, frames, info.channels);
        rate.add(block.data(), frames, at_end, pcm);
    }
    if (!rate.failure().empty()) return Error{ErrorKind::Io, rate.failure()};
    return pcm;
}

}  // namespace

Result<std::vector<std::int16_t>> read_pcm(const std::string& path) {
    // O_NONBLOCK: a named pipe in the folder must not hold us up.
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.is_open()) return refused(path);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return refused(path);
    if (!S_ISREG(status.st_mode)) return invalid(path, "is no file");
    if (status.st_size == 0) return invalid(path, "is empty; record it again or remove it");

    SF_INFO info{};
    const File file(sf_open_fd(fd.get(), SFM_READ, &info, SF_FALSE));
    if (!file) return invalid(path, std::string("cannot be read as sound: ") + sf_strerror(nullptr));
    if (auto flaw = flaw_of(info); !flaw.empty()) return invalid(path, flaw);
    if (data_is_cut_off(fd.get(), status.st_size))
        return invalid(path, "is cut off: it holds less sound than it says; copy it again");

    auto pcm = read_frames(file.get(), info);
    if (!pcm) return invalid(path, pcm.error().text);
    if (pcm->empty()) return invalid(path, "holds no sound; record it again or remove the file");
    return pcm;
}

Outcome write_pcm(const std::string& path, std::span<const std::int16_t> samples) {
    SF_INFO info{};
    info.samplerate = kSampleRate;
    info.channels = 1;
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    const Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!fd.is_open()) return refused(path);
    File file(sf_open_fd(fd.get(), SFM_WRITE, &info, SF_FALSE));
    if (!file) return Error{ErrorKind::Io, path + ": " + sf_strerror(nullptr)};
    const auto count = static_cast<sf_count_t>(samples.size());
    if (sf_write_short(file.get(), samples.data(), count) != count || sf_close(file.release()) != 0)
        return Error{ErrorKind::Io, path + ": cannot be written; is the disk full?"};
    return Done{};
}

}  // namespace hotline::media
