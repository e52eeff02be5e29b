// A flow without a telephone: what the caller hears as lines of text, his keys from a script or the keyboard, time that only the
// flow moves. For writing flows, and for tests of a site's own ones.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/ivr/machine.h"

namespace hotline::app {

/// Keys that are pressed together, each time the flow waits for some. None: no more will come; empty: silence, this time.
using NextKeys = std::function<std::optional<std::string>()>;
using PrintLine = std::function<void(const std::string& line)>;
/// What comes of a lookup.
using AnswerLookup = std::function<ivr::Reply(const ivr::AskTables& question)>;

/// "4,10001,#" → groups in their order, for a NextKeys. A lone # behind a group of several digits is pressed with it, as people do.
Result<std::vector<std::string>> key_groups(const std::string& script);

/// Until the flow hangs up or joins a queue: one line a step, "say …", "key …", "apply …", "sms …", "queue …", "hangup". Guards
/// hold for this call only, and web addresses are not asked: they fail. The caller hears prompts out, presses keys when the flow
/// waits for them, and is silent after the last. Fails when the flow spins, or is not over after 1000 steps.
Outcome rehearse(std::shared_ptr<const ivr::Program> program, ivr::Party party, Wall start, const NextKeys& next_keys,
                 const PrintLine& print, const AnswerLookup& look_up = {});

/// "2026-10-01T09:30" on the clocks of the zone. None: not of this form.
std::optional<Wall> wall_of(const std::string& local, const std::string& time_zone);

}  // namespace hotline::app
