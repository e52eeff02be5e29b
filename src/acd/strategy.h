// The order among the free agents of one queue. To add a strategy: one function here, one row in the table of strategy.cpp.
//
// A strategy gives each agent a number; the lowest is offered the caller. It is asked once, when the agent becomes free, and the
// answer orders the queue's set of free agents until he is taken: so it may look only at what cannot change while he is free.
#pragma once
#include <cstdint>
#include <string_view>

#include "hotline/acd/acd.h"

namespace hotline::acd {

/// What a strategy may look at.
struct Contestant {
    AgentId agent;
    Time idle_since;  // end of his last conversation with its wrap-up, or his log-in; a pause or a missed offer leaves it alone
};

using Preference = std::int64_t;

struct Strategy {
    Reason::Kind kind;
    Preference (*prefer)(const Contestant&);
};

/// How this queue chooses.
const Strategy& strategy_of(const QueueConfig& queue);

}  // namespace hotline::acd
