// What a wait brings a caller: announcements that never promise less, his old place when he comes back, an exit when nobody is
// there.
#include "course.h"

namespace hotline::call {
namespace {

class Waiting : public Course {
  protected:
    QueueSound& sound() { return site->queue_sounds["service"]; }
    acd::QueueConfig& rules() { return site->acd.queues.front(); }
    void reload() { board.reload(std::make_shared<Site>(*site), now); }
    /// Callers whom 8001 serves, one a minute, so that the rate is known.
    void serve_some(int callers) {
        agent_appears("8001");
        for (int i = 0; i < callers; ++i) {
            const LegId caller = waiting("1390000000" + std::to_string(i));
            const LegId agent = ringing("8001");
            answers(agent);
            pass(50s);
            hangs_up(caller);
            settle();
            pass(10s);
        }
    }
};

TEST_F(Waiting, TheEstimateIsSaidInMinutesAndNeverRises) {
    sound().announce_position = false;
    sound().announce_wait = true;
    sound().announce_first = sound().announce_every = 10s;
    rules().max_length = 10;
    rules().max_wait = 1h;
    reload();
    serve_some(5);
    in(AgentContacts{"8001", 1, *IpAddress::parse("127.0.0.1")});
    waiting("13800000001");  // 8001 takes him
    answers(ringing("8001"));
    waiting("13800000002");
    waiting("13800000003");
    speech_ready();
    const std::size_t before = prepared.size();
    pass(10s);
    ASSERT_GT(prepared.size(), before);
    EXPECT_EQ(prepared.back().words[0].text, "还需约两分钟");
    speech_ready();
    in(PlayEnded{played.back().leg, played.back().play});
    pass(5min);  // nobody is served: the rate sinks, what was said stays
    std::size_t said = 0;
    for (const auto& one : prepared)
        for (const auto& word : one.words) {
            said += word.text.starts_with("还需约");
            EXPECT_TRUE(!word.text.starts_with("还需约") || word.text == "还需约两分钟" || word.text == "还需约一分钟")
                << word.text;
        }
    EXPECT_GE(said, 1u);
}

TEST_F(Waiting, WhatIsNotKnownIsNotSaid) {
    sound().announce_position = false;
    sound().announce_wait = true;
    reload();
    waiting();
    speech_ready();
    const std::size_t before = prepared.size();
    pass(30s);
    EXPECT_EQ(prepared.size(), before);
}

TEST_F(Waiting, WordsOfComfortTakeTurns) {
    sound().announce_position = false;
    sound().comfort = {{{"zh", {"thanks", "感谢", "zh"}}}, {{"zh", {"web", "网站", "zh"}}}};
    sound().announce_first = sound().announce_every = 10s;
    reload();
    waiting();
    speech_ready();
    for (const char* expected : {"感谢", "网站", "感谢"}) {
        pass(10s);
        EXPECT_EQ(prepared.back().words[0].text, expected);
        speech_ready();
        in(PlayEnded{played.back().leg, played.back().play});
    }
}

TEST_F(Waiting, WhoGivesUpAndCallsAgainSoonHasHisOldPlace) {
    rules().max_length = 10;
    site->returns_within["service"] = 60s;
    reload();
    const LegId first = waiting("13800000001");
    pass(20s);
    waiting("13800000002");
    hangs_up(first);
    settle();
    pass(59s);
    waiting("13800000001");
    EXPECT_EQ(last<Enqueued>().position, 1);
    EXPECT_EQ(last<Enqueued>().place_from, now.wall - 79s);
    agent_appears("8001");
    EXPECT_EQ(last<Offered>().wait_ms, 0) << "a place is not a wait";
    answers(ringing("8001"));
    EXPECT_EQ(last<Answered>().queue, "service");
    EXPECT_EQ(all<QueueLeft>().back().caller, "13800000001");
}

TEST_F(Waiting, APlaceIsKeptForAMinuteOfThatQueueAndForOneWhoTellsWhoHeIs) {
    rules().max_length = 10;
    site->returns_within["service"] = 60s;
    reload();
    for (const char* caller : {"13800000001", "anonymous"}) {
        const LegId leg = waiting(caller);
        pass(20s);
        hangs_up(leg);
        settle();
    }
    const LegId other = waiting("anonymous");
    EXPECT_EQ(last<Enqueued>().place_from, now.wall);
    hangs_up(other);
    settle();
    waiting("13800000001", '9');
    EXPECT_EQ(last<Enqueued>().place_from, now.wall) << "of another queue";
    pass(61s);
    waiting("13800000001");
    EXPECT_EQ(last<Enqueued>().place_from, now.wall) << "too late";
}

TEST_F(Waiting, WhoMayNotJoinTakesTheExitForIt) {
    rules().joining = acd::Needs::LoggedIn;
    reload();
    waiting();
    EXPECT_TRUE(all<Enqueued>().empty());
    EXPECT_EQ(record().outcome, "overflow");
    everything_is_over();
}

TEST_F(Waiting, WhoWaitsTakesTheExitWhenTheLastAgentLeaves) {
    rules().staying = acd::Needs::LoggedIn;
    reload();
    const auto [first, agent] = talking();
    waiting("13800000002");
    in(AgentContacts{"8001", 0, {}});
    EXPECT_EQ(all<QueueLeft>().size(), 1u) << "he still talks to the first";
    hangs_up(agent);
    pass(10s);  // wrap-up
    EXPECT_EQ(last<QueueLeft>().caller, "13800000002");
    EXPECT_EQ(last<QueueLeft>().result, "overflow");
    everything_is_over();
}

TEST_F(Waiting, WhatTheFlowWantsOfAnAgentIsOnRecordAndRelaxes) {
    auto fresh = travel();
    fresh->acd.queues.front().relax = {{10s, 2, {}, {}}};
    fresh->acd.agents[0].skills = {{"english", 1}};
    auto program = std::make_shared<ivr::Program>(*fresh->hotlines["95000"]);
    auto& join = std::get<ivr::JoinQueue>(program->nodes[1].body);
    join.skills = {{"english", 3}};
    join.priority = 2;
    fresh->hotlines["95000"] = program;
    board.reload(fresh, now);
    agent_appears("8001");
    waiting();
    const auto enqueued = last<Enqueued>();
    EXPECT_EQ(enqueued.priority, 2);
    ASSERT_EQ(enqueued.skills.size(), 1u);
    EXPECT_EQ(enqueued.skills[0].skill, "english");
    EXPECT_EQ(enqueued.skills[0].level, 3);
    EXPECT_TRUE(all<Offered>().empty());
    pass(10s);
    EXPECT_EQ(last<Offered>().relaxed, 1);
    EXPECT_EQ(last<Offered>().reason, "longest_idle");
}

TEST_F(Waiting, AtMidnightOfTheSiteTheDaysCountsBeginAnew) {
    auto fresh = travel();
    fresh->acd.queues.front().strategy = acd::StrategyKind::FewestCalls;
    fresh->acd.queues.front().wrapup_mode = acd::WrapUpMode::None;
    board.reload(fresh, now);
    agent_appears("8001");
    const LegId caller = waiting("13800000001");
    answers(ringing("8001"));
    hangs_up(caller);
    settle();
    agent_appears("8002");
    const LegId second = waiting("13800000002");
    EXPECT_EQ(last<Offered>().agent, "8002") << "none today, though 8001 has been idle longer";
    hangs_up(second);
    settle();
    pass(24h);
    waiting("13800000003");
    EXPECT_EQ(last<Offered>().agent, "8001") << "yesterday is over: idle longest";
}

}  // namespace
}  // namespace hotline::call
