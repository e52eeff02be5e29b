#include "strategy.h"

#include <cmath>

#include "hotline/base/check.h"

namespace hotline::acd {
namespace {

constexpr double kLotScale = 1e6;

std::int64_t idle(const Contestant& agent) { return agent.idle_since.time_since_epoch().count(); }

// Ties go to whoever has been idle longest.
Preference longest_idle(const Contestant& agent) { return {0, idle(agent), 0}; }
Preference round_robin(const Contestant& agent) {
    return {0, static_cast<std::int64_t>(agent.last_offered), static_cast<std::int64_t>(agent.place)};
}
Preference fewest_calls(const Contestant& agent) { return {0, agent.answered_today, idle(agent)}; }
Preference least_talk(const Contestant& agent) { return {0, agent.talked_today.count(), idle(agent)}; }
Preference skill_level(const Contestant& agent) { return {0, -agent.weakest_level, idle(agent)}; }
Preference top_down(const Contestant& agent) { return {0, static_cast<std::int64_t>(agent.place), 0}; }
Preference weighted_random(const Contestant& agent) { return {0, agent.lot, 0}; }

// In the order of StrategyKind.
constexpr Strategy kStrategies[] = {
    {StrategyKind::LongestIdle, "longest_idle", longest_idle},
    {StrategyKind::RoundRobin, "round_robin", round_robin},
    {StrategyKind::FewestCalls, "fewest_calls", fewest_calls},
    {StrategyKind::LeastTalk, "least_talk", least_talk},
    {StrategyKind::SkillLevel, "skill_level", skill_level},
    {StrategyKind::TopDown, "top_down", top_down},
    {StrategyKind::WeightedRandom, "weighted_random", weighted_random},
    {StrategyKind::RingAll, "ring_all", longest_idle},  // who is among them when there are more than may ring
};

}  // namespace

const Strategy& strategy_of(StrategyKind kind) {
    const Strategy& strategy = kStrategies[static_cast<std::size_t>(kind)];
    HL_CHECK(strategy.kind == kind, "the table of strategies is in their order");
    return strategy;
}

std::string_view to_word(StrategyKind kind) { return strategy_of(kind).name; }

std::int64_t draw_lot(std::int64_t from, double unit, int weight) {
    return from + static_cast<std::int64_t>(-std::log1p(-unit) * kLotScale / weight);
}

}  // namespace hotline::acd
