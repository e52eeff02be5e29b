// Turns utterances into sounds: a recorded file wins, else the configured synthesis command, cached by text in memory and on disk.
// A small pool of child processes; nothing here runs on the control or media threads.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/call/events.h"
#include "hotline/call/ports.h"

namespace hotline::media {

struct PromptConfig {
    std::string prompts_dir;  // <site>/prompts: LANGUAGE/NAME.wav, and NAME.wav for all languages (music)
    std::string cache_dir;    // <data>/speech: SHA-256 of command, language and text .wav
    /// Program and arguments by language; {text} and {out} are replaced (no shell). It must write a WAV file to {out} within 10 s.
    std::map<std::string, std::vector<std::string>> commands{
        {"zh", {"espeak-ng", "-v", "cmn", "-w", "{out}", "{text}"}}, {"en", {"espeak-ng", "-v", "en", "-w", "{out}", "{text}"}}};
    int workers = 2;
    std::size_t max_cached_bytes = 64u << 20;
    std::size_t max_waiting = 1000;
};

class PromptLibrary final : public call::Speech {
  public:
    /// `sink` is called from a worker thread, or, when everything is in memory, from a later turn of it; never inside prepare().
    static Result<std::unique_ptr<PromptLibrary>> start(const PromptConfig& config, std::function<void(call::Event)> sink, Metrics& metrics);
    ~PromptLibrary() override;
    void prepare(call::SpeechId speech, std::vector<ivr::Utterance> utterances) override;
    /// Makes these before they are needed (at start and reload). Blocks the caller until done or `deadline`; says how many failed.
    std::size_t warm(const std::vector<ivr::Utterance>& utterances, Duration deadline);
    /// After a reload: files are looked up anew.
    void reload(const PromptConfig& config);

  private:
    struct State;
    explicit PromptLibrary(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace hotline::media
