#include "media/prompt_source.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "hotline/base/log.h"
#include "hotline/base/text.h"
#include "hotline/media/sound.h"
#include "media/child_process.h"
#include "media/pcm_file.h"
#include "media/speech_level.h"

namespace hotline::media {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestText = 4000;  // bytes; about ten minutes of speech
constexpr std::string_view kUnfinished = ".part.wav";
constexpr std::string_view kConditioning = "1";  // part of the key: a change of condition_speech makes everything anew
constexpr std::uint64_t kTidyEvery = 256;        // new files

/// Names come from configuration, but must not lead out of the folder all the same.
bool is_plain(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

std::string sha256(const std::string& bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr);
    return to_hex({reinterpret_cast<const char*>(digest), length});
}

const std::vector<std::string>* command_for(const PromptConfig& config, const std::string& language) {
    const auto found = config.commands.find(language);
    return found == config.commands.end() || found->second.empty() ? nullptr : &found->second;
}

std::string cache_path(const PromptConfig& config, const std::vector<std::string>& command, const ivr::Utterance& what) {
    std::string key(kConditioning);
    for (const auto& argument : command) key += '\0' + argument;
    key += '\0' + what.language + '\0' + what.text;
    return config.cache_dir + "/" + sha256(key) + ".wav";
}

/// The recording that exists: of the language, else of all languages.
std::optional<std::string> recording_of(const PromptConfig& config, const ivr::Utterance& what) {
    if (!is_plain(what.name) || config.prompts_dir.empty()) return std::nullopt;
    std::vector<std::string> places;
    if (is_plain(what.language)) places.push_back(config.prompts_dir + "/" + what.language + "/" + what.name + ".wav");
    places.push_back(config.prompts_dir + "/" + what.name + ".wav");
    for (const auto& place : places) {
        std::error_code ignored;
        if (fs::exists(place, ignored)) return place;
    }
    return std::nullopt;
}

std::string with_placeholders_filled(const std::string& argument, const std::string& text, const std::string& out) {
    std::string filled;
    for (std::size_t at = 0; at < argument.size();) {
        if (argument.compare(at, 6, "{text}") == 0) {
            filled += text;
            at += 6;
        } else if (argument.compare(at, 5, "{out}") == 0) {
            filled += out;
            at += 5;
        } else {
            filled += argument[at++];
        }
    }
    return filled;
}

std::vector<std::string> filled_command(const std::vector<std::string>& command, const std::string& text, const std::string& out) {
    // A text that begins with a dash would be read as an option.
    const std::string safe = (text.front() == '-' ? " " : "") + valid_text(text, kLongestText);
    std::vector<std::string> filled;
    for (const auto& argument : command) filled.push_back(with_placeholders_filled(argument, safe, out));
    return filled;
}

/// Removes a file when it goes out of scope.
class Scratch {
  public:
    explicit Scratch(std::string path) : path_(std::move(path)) {}
    ~Scratch() { std::remove(path_.c_str()); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// A cache that cannot be written costs time, not the sound.
void keep_on_disk(const std::string& path, const std::string& scratch, const std::vector<std::int16_t>& samples) {
    const Outcome written = write_pcm(scratch, samples);
    if (written && std::rename(scratch.c_str(), path.c_str()) == 0) return;
    log::warn("speech.not_cached",
              {{"path", path},
               {"why", written ? std::string("it cannot be renamed") : written.error().text},
               {"cure", "free space and check the owner of the folder; until then each start synthesises anew"}});
}

void remove_unfinished(const std::string& folder) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.path().string().ends_with(kUnfinished)) fs::remove(entry.path(), ignored);
}

/// The oldest sounds go until the folder is under its limit.
void shrink(const std::string& folder, std::uint64_t max_bytes) {
    struct Kept {
        fs::file_time_type written;
        std::uint64_t bytes;
        fs::path path;
    };
    std::vector<Kept> files;
    std::uint64_t bytes = 0;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(folder, failure)) {
        std::error_code gone;
        const auto size = entry.file_size(gone);
        const std::string name = entry.path().filename();
        if (gone || !name.ends_with(".wav") || name.ends_with(kUnfinished)) continue;
        files.push_back({entry.last_write_time(gone), size, entry.path()});
        bytes += size;
    }
    std::sort(files.begin(), files.end(), [](const Kept& a, const Kept& b) { return a.written < b.written; });
    for (const auto& file : files) {
        if (bytes <= max_bytes) return;
        if (fs::remove(file.path, failure)) bytes -= file.bytes;
    }
}

}  // namespace

Outcome PromptSource::make_cache(const PromptConfig& config) {
    std::error_code failure;
    fs::create_directories(config.cache_dir, failure);
    if (failure || !fs::is_directory(config.cache_dir, failure))
        return Error{ErrorKind::Io, config.cache_dir + ": the folder for synthesised speech cannot be made: " + failure.message()};
    return Done{};
}

void PromptSource::tidy_cache(const PromptConfig& config) {
    remove_unfinished(config.cache_dir);
    shrink(config.cache_dir, config.max_disk_bytes);
}

Result<call::SoundRef> PromptSource::load(const PromptConfig& config, const ivr::Utterance& what) const {
    if (const auto recording = recording_of(config, what)) {
        auto sound = load_sound(*recording);
        if (sound || what.text.empty()) return sound;
        log::error(
            "speech.bad_recording",
            {{"path", *recording}, {"why", sound.error().text}, {"cure", "replace the file; its text is synthesised until then"}});
    }
    if (what.text.empty() && what.name.empty()) return Error{ErrorKind::Invalid, "the prompt has neither a name nor a text"};
    if (what.text.empty())
        return Error{ErrorKind::Invalid, "there is neither a recording " + what.language + "/" + what.name + ".wav nor a text"};
    if (what.text.size() > kLongestText) return Error{ErrorKind::Invalid, "the text is longer than 4000 bytes; split it"};
    const auto* command = command_for(config, what.language);
    if (command == nullptr)
        return Error{ErrorKind::Invalid, "no synthesis program is configured for language '" + what.language + "'"};

    const std::string path = cache_path(config, *command, what);
    auto cached = load_sound(path);
    if (cached || cached.error().kind == ErrorKind::NotFound) return cached;
    std::remove(path.c_str());  // a power cut may leave a file without its content
    return Error{ErrorKind::NotFound, cached.error().text};
}

Result<call::SoundRef> PromptSource::synthesise(const PromptConfig& config, const ivr::Utterance& what, int stop_fd) {
    const auto* command = command_for(config, what.language);
    if (command == nullptr)
        return Error{ErrorKind::Invalid, "no synthesis program is configured for language '" + what.language + "'"};
    const std::string path = cache_path(config, *command, what);
    const std::uint64_t number = ++made_;
    const Scratch out(path + "." + std::to_string(number) + std::string(kUnfinished));
    if (auto done = run_child(filled_command(*command, what.text, out.path()), {config.command_deadline, stop_fd}); !done)
        return done.error();

    auto samples = read_pcm(out.path());
    if (!samples)
        return Error{ErrorKind::Invalid, command->front() + " ended well but wrote no usable sound: " + samples.error().text};
    condition_speech(*samples);
    keep_on_disk(path, out.path(), *samples);
    if (number % kTidyEvery == 0) shrink(config.cache_dir, config.max_disk_bytes);
    return encode(*samples);
}

}  // namespace hotline::media
