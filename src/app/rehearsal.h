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

/// What comes of a transfer. None: they talk, and nothing more is heard of the flow.
using NextTransfer = std::function<std::optional<ivr::TransferNews>()>;

/// Until the flow hangs up, joins a queue or has handed the caller on: one line a step, "say …", "key …", "apply …", "sms …",
/// "queue …", "transfer …", "hangup". Guards
/// hold for this call only, and web addresses are not asked: they fail. The caller hears prompts out, presses keys when the flow
/// waits for them, and is silent after the last. Fails when the flow spins, or is not over after 1000 steps.
Outcome rehearse(std::shared_ptr<const ivr::Program> program, ivr::Party party, Wall start, const NextKeys& next_keys,
                 const PrintLine& print, const AnswerLookup& look_up = {}, const NextTransfer& next_transfer = {});

/// "busy,no_answer,failed,over" → what comes of one transfer after the other. "over": they talked, and the called one hung up.
Result<std::vector<ivr::TransferNews>> transfer_news(const std::string& script);

/// "2026-10-01T09:30" on the clocks of the zone. None: not of this form.
std::optional<Wall> wall_of(const std::string& local, const std::string& time_zone);

}  // namespace hotline::app
