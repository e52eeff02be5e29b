// Where one utterance's sound comes from: a recording of the site, the cache on disk, or a synthesis program. Blocking, no threads.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include "hotline/base/result.h"
#include "hotline/call/audio.h"
#include "hotline/ivr/program.h"
#include "hotline/media/prompts.h"

namespace hotline::media {

class PromptSource {
  public:
    /// Makes the cache folder. Io.
    static Outcome make_cache(const PromptConfig& config);
    /// Clears what an earlier process left half done and brings the cache under its limit. Only while nothing is being synthesised.
    static void tidy_cache(const PromptConfig& config);

    /// A recording, else the cache on disk. Reads files only. NotFound: it must be synthesised. Any other error: it cannot be made
    /// at all.
    Result<call::SoundRef> load(const PromptConfig& config, const ivr::Utterance& what) const;
    /// Runs the language's program, conditions what it says and keeps it on disk. `stop_fd` as in ChildLimits.
    Result<call::SoundRef> synthesise(const PromptConfig& config, const ivr::Utterance& what, int stop_fd);

  private:
    std::atomic<std::uint64_t> made_{0};
};

}  // namespace hotline::media
