// What the parts of a turn of the machine have in common.
#pragma once
#include <algorithm>
#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "hotline/ivr/machine.h"

namespace hotline::ivr {

// What a node can meet.
struct Entered {};
using Happening =
    std::variant<Entered, Digit, PromptEnded, TimerFired, QueueExit, MessageNews, Reply, TransferNews, CallbackAnswer>;

/// The node to go to, or to stay: then an action is under way.
using Next = std::optional<NodeIndex>;
inline constexpr Next kStay = std::nullopt;

/// The n-th list for the n-th time (from 1), the last one for all later times.
inline const std::vector<Prompt>& tapered(const std::vector<std::vector<Prompt>>& lists, int n) {
    static const std::vector<Prompt> kNothing;
    if (lists.empty()) return kNothing;
    return lists[std::min(static_cast<std::size_t>(n), lists.size()) - 1];
}

}  // namespace hotline::ivr
