// Turns utterances into sounds: a recorded file wins, else the configured synthesis command, cached by text in memory and on disk.
//
//   prepare() ─ all in memory ────────────────────────────────────────────────▶ delivery thread ─▶ sink (SpeechReady)
//        └───── loader thread: recorded file, cache on disk ─▶ synthesis pool: child processes ──▲
//
// What is in memory or on disk never waits for a synthesis program; nothing here runs on the control or media threads.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/base/time.h"
#include "hotline/call/events.h"
#include "hotline/call/ports.h"

namespace hotline::media {

struct PromptConfig {
    std::string prompts_dir;  // <site>/prompts: LANGUAGE/NAME.wav, and NAME.wav for all languages (music)
    std::string cache_dir;    // <data>/speech: SHA-256 of command, language and text .wav
    /// Program and arguments by language; {text} and {out} are replaced (no shell). It must write a WAV file to {out} in time.
    std::map<std::string, std::vector<std::string>> commands{{"zh", {"espeak-ng", "-v", "cmn", "-w", "{out}", "{text}"}},
                                                             {"en", {"espeak-ng", "-v", "en", "-w", "{out}", "{text}"}}};
    int workers = 2;                                      // synthesis programs at a time; fixed at start()
    std::size_t max_cached_bytes = 64u << 20;             // in memory; the least recently used go first
    std::uint64_t max_disk_bytes = 1ull << 30;            // in cache_dir; the oldest go first
    std::size_t max_waiting = 1000;                       // requests that wait for a file or a program; beyond: null sounds at once
    Duration command_deadline{std::chrono::seconds(10)};  // then the program is killed
    Duration retry_after{std::chrono::seconds(60)};       // a text that failed is not tried again before
};

class PromptLibrary final : public call::Speech {
  public:
    /// `sink` is called from a thread of the library, never inside prepare(); it must not block. Io when `cache_dir` cannot be
    /// made.
    static Result<std::unique_ptr<PromptLibrary>> start(const PromptConfig& config, std::function<void(call::Event)> sink,
                                                        Metrics& metrics);
    /// Kills what is being synthesised; requests that are open get no answer.
    ~PromptLibrary() override;
    void prepare(call::SpeechId speech, std::vector<ivr::Utterance> utterances) override;
    /// Makes these before they are needed (at start and reload). Blocks the caller until done or `deadline`; says how many failed.
    /// What a call asks for meanwhile is made first.
    std::size_t warm(const std::vector<ivr::Utterance>& utterances, Duration deadline);
    /// After a reload: files are looked up anew, failed texts are tried again.
    void reload(const PromptConfig& config);

  private:
    struct State;
    explicit PromptLibrary(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace hotline::media
