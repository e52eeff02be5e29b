// A call's course, told from outside.
#pragma once
#include "exchange.h"

namespace hotline::call {

struct Course : testing::Test, Exchange {
    /// A caller who chose the queue "service" and waits there.
    LegId waiting(const std::string& caller = "13800000001", char key = '0') {
        const LegId leg = accepted(caller);
        if (!looked_up.empty()) in(CustomerFound{looked_up.back(), {}});
        in(DigitHeard{leg, key});
        return leg;
    }
    std::pair<LegId, LegId> talking() {
        agent_appears("8001");
        const LegId caller = waiting();
        const LegId agent = ringing("8001");
        answers(agent);
        return {caller, agent};
    }
    CallEnded record() {
        settle();
        return last<CallEnded>();
    }
    void everything_is_over() {
        settle();
        const Census c = board.census(now);
        EXPECT_EQ(c.calls + c.legs + c.machines + c.offers + c.timers, 0u);
        EXPECT_EQ(all<CallArrived>().size(), all<CallEnded>().size());
    }
};

}  // namespace hotline::call
