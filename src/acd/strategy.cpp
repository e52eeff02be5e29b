#include "strategy.h"

namespace hotline::acd {
namespace {

Preference longest_idle(const Contestant& agent) { return agent.idle_since.time_since_epoch().count(); }

constexpr Strategy kStrategies[] = {
    {Reason::Kind::LongestIdle, longest_idle},
};

}  // namespace

const Strategy& strategy_of(const QueueConfig&) { return kStrategies[0]; }

}  // namespace hotline::acd
