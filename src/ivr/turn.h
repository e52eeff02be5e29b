// What the parts of a turn of the machine have in common.
#pragma once
#include <optional>
#include <variant>

#include "hotline/ivr/machine.h"

namespace hotline::ivr {

// What a node can meet.
struct Entered {};
using Happening = std::variant<Entered, Digit, PromptEnded, TimerFired, QueueExit, Reply>;

/// The node to go to, or to stay: then an action is under way.
using Next = std::optional<NodeIndex>;
inline constexpr Next kStay = std::nullopt;

}  // namespace hotline::ivr
