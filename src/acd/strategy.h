// The order among the free agents of one queue. To add a strategy: one function here, one row in the table of strategy.cpp.
//
// A strategy gives each agent two numbers; the lowest is offered the caller. It is asked when the agent becomes free, and the
// answer orders the queue's set of free agents until he is taken: so it may look only at what cannot change while he is free.
#pragma once
#include <compare>
#include <cstdint>
#include <string_view>

#include "hotline/acd/acd.h"

namespace hotline::acd {

/// What a strategy may look at.
struct Contestant {
    AgentId agent;
    Time idle_since;  // end of his last conversation with its wrap-up, or his log-in; a pause or a missed offer leaves it alone
    std::uint64_t last_offered = 0;  // rises with each offer of this queue; 0: it never offered him anything
    int answered_today = 0;          // callers of any queue
    Duration talked_today{0};        // with callers of any queue
    int weakest_level = 0;           // among the skills that this pool wants; 0: it wants none
    std::size_t place = 0;           // in the configuration
    std::int64_t lot = 0;            // drawn when he became free (draw_lot)
};

/// Lower is asked first.
struct Preference {
    int tier = 0;  // the agent's in this queue, before any strategy
    std::int64_t key = 0;
    std::int64_t then = 0;  // where keys are equal
    friend auto operator<=>(const Preference&, const Preference&) = default;
};

struct Strategy {
    StrategyKind kind;
    std::string_view name;  // in queues.json and in report.decision
    Preference (*prefer)(const Contestant&);
};

const Strategy& strategy_of(StrategyKind kind);

/// A lot that makes weighted choice an order: each agent's clock rings after an exponential time, sooner for a heavier weight, and
/// who rings first is taken. Exponential clocks have no memory: a lot drawn when he became free is as good as one drawn at each
/// choice, if it counts from when the last one was taken (`from`). `unit`: uniform in [0, 1).
std::int64_t draw_lot(std::int64_t from, double unit, int weight);

}  // namespace hotline::acd
