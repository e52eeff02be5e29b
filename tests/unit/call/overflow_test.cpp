// Callers whom a queue sends on: what they hear next, and what is on record.
#include "course.h"

namespace hotline::call {
namespace {

using Rule = acd::OverflowRule;

struct Overflowing : Course {
    /// The site with these rules for queue "service".
    static std::shared_ptr<Site> with(const std::vector<Rule>& rules) {
        auto fresh = travel();
        fresh->acd.queues.front().overflow = rules;
        return fresh;
    }
    static Rule after(Duration limit, Rule::Action action, const std::string& to) {
        return {Rule::When::Waited, limit, 0, action, to};
    }
    /// Open until 14:14 UTC, forty seconds after the test begins.
    static std::shared_ptr<const ivr::Calendar> until_soon() {
        auto hours = std::make_shared<ivr::Calendar>();
        hours->time_zone = "UTC";
        for (auto& day : hours->week) day = {{0, 14 * 60 + 14}};
        return hours;
    }
};

TEST_F(Overflowing, WhoIsMovedHearsOutThatHeIsRecorded) {
    auto fresh = with({after(1s, Rule::Action::Move, "rescue")});
    fresh->queue_sounds["service"].notice = {{"zh", {"recorded", "本次通话将被录音", "zh"}}};
    fresh->queue_sounds["rescue"].music = {"rescue_music", "rescue_music", "zh"};
    board.reload(fresh, now);
    const LegId caller = waiting();
    speech_ready();
    const auto notice = played.size();
    pass(1s);
    EXPECT_EQ(last<Enqueued>().queue, "rescue");
    EXPECT_EQ(played.size(), notice) << "nothing is played over it";
    in(PlayEnded{caller, played.back().play});
    ASSERT_FALSE(prepared.empty());
    EXPECT_EQ(prepared.back().words.back().name, "rescue_music");
}

TEST_F(Overflowing, WhoIsMovedWhereCallsAreRecordedHearsSo) {
    auto fresh = with({after(5s, Rule::Action::Move, "rescue")});
    fresh->queue_sounds["rescue"].notice = {{"zh", {"recorded", "本次通话将被录音", "zh"}}};  // and the same music
    board.reload(fresh, now);
    const LegId caller = waiting();
    speech_ready();
    pass(5s);
    EXPECT_EQ(prepared.back().words.back().name, "recorded");
    speech_ready();
    in(PlayEnded{caller, played.back().play});
    EXPECT_EQ(prepared.back().words.back().name, "music");
}

TEST_F(Overflowing, WhoHasHeardItIsNotToldTwice) {
    auto fresh = with({after(5s, Rule::Action::Move, "rescue")});
    for (const char* queue : {"service", "rescue"})
        fresh->queue_sounds[queue].notice = {{"zh", {"recorded", "本次通话将被录音", "zh"}}};
    fresh->queue_sounds["rescue"].music = {"bells", "", "zh"};
    board.reload(fresh, now);
    const LegId caller = waiting();
    EXPECT_EQ(prepared.back().words.back().name, "recorded");
    speech_ready();
    in(PlayEnded{caller, played.back().play});
    speech_ready();
    pass(5s);
    EXPECT_EQ(last<Enqueued>().queue, "rescue");
    EXPECT_EQ(prepared.back().words.back().name, "bells");
    const auto said = std::ranges::count_if(prepared, [](const auto& one) { return one.words.back().name == "recorded"; });
    EXPECT_EQ(said, 1);
}

TEST_F(Overflowing, WhoIsMovedGivesUpAndComesBackHasHisPlaceInBothQueues) {
    for (const char key : {'0', '9'}) {
        auto fresh = with({after(30s, Rule::Action::Move, "rescue")});
        fresh->returns_within = {{"service", 60s}, {"rescue", 60s}};
        board.reload(fresh, now);
        const LegId caller = waiting();
        const Wall asked = now.wall;
        pass(40s);
        EXPECT_EQ(last<Enqueued>().queue, "rescue");
        hangs_up(caller);
        settle();
        pass(5s);
        const LegId again = waiting("13800000001", key);
        EXPECT_EQ(last<Enqueued>().queue, key == '0' ? "service" : "rescue");
        EXPECT_EQ(last<Enqueued>().place_from, asked);
        const LegId third = waiting("13800000001", key == '0' ? '9' : '0');
        EXPECT_EQ(last<Enqueued>().place_from, now.wall) << "he stands in the other one already";
        for (const LegId leg : {again, third}) hangs_up(leg);
        settle();
        pass(61s);
    }
}

TEST_F(Overflowing, WhyHeWasSentOnAndWhereToIsOnRecord) {
    const auto left = [&](const Rule& rule, Duration waits) {
        auto fresh = with({rule});
        fresh->overflow_flows["night"] = fresh->hotlines["95000"];
        board.reload(fresh, now);
        const LegId caller = waiting();
        pass(waits);
        const auto fact = last<QueueLeft>();
        hangs_up(caller);
        settle();
        return fact.result + ' ' + fact.why.value_or("-") + ' ' + fact.to.value_or("-");
    };
    EXPECT_EQ(left(after(5s, Rule::Action::Move, "rescue"), 5s), "overflow waited queue:rescue");
    EXPECT_EQ(left(after(5s, Rule::Action::Leave, "flow:night"), 5s), "overflow waited flow:night");
    EXPECT_EQ(left({Rule::When::Length, {}, 0, Rule::Action::Leave, "full"}, 0s), "overflow length exit:full");
    EXPECT_EQ(left(after(1h, Rule::Action::Leave, "full"), 60s), "overflow longest_wait exit:timed_out");
    hangs_up(waiting());
    EXPECT_EQ(last<QueueLeft>().why, std::nullopt) << "he gave up";
}

TEST_F(Overflowing, HeIsMovedWithHisPlaceAndBothStaysAreOnRecord) {
    board.reload(with({after(30s, Rule::Action::Move, "rescue")}), now);
    const LegId caller = waiting();
    const Wall asked = now.wall;
    pass(30s);
    ASSERT_EQ(all<QueueLeft>().size(), 1u);
    EXPECT_EQ(last<QueueLeft>().queue, "service");
    EXPECT_EQ(last<QueueLeft>().result, "overflow");
    EXPECT_EQ(last<QueueLeft>().wait_ms, 30000);
    ASSERT_EQ(all<Enqueued>().size(), 2u);
    EXPECT_EQ(last<Enqueued>().queue, "rescue");
    EXPECT_EQ(last<Enqueued>().place_from, asked);
    EXPECT_EQ(last<Enqueued>().priority, acd::kRescue - 1) << "rescue is what one asked for";
    pass(5s);
    agent_appears("8001");
    answers(ringing("8001"));
    EXPECT_EQ(last<QueueLeft>().queue, "rescue");
    EXPECT_EQ(last<QueueLeft>().result, "answered");
    EXPECT_EQ(last<QueueLeft>().wait_ms, 5000);
    hangs_up(caller);
    const auto ended = record();
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.queue, "rescue");
    EXPECT_EQ(ended.wait_ms, 35000) << "for him it was one wait";
    everything_is_over();
}

TEST_F(Overflowing, WhoIsMovedAndGivesUpHasAbandoned) {
    board.reload(with({after(30s, Rule::Action::Move, "rescue")}), now);
    const LegId caller = waiting();
    pass(31s);
    hangs_up(caller);
    EXPECT_EQ(record().outcome, "abandoned");
    EXPECT_EQ(last<QueueLeft>().queue, "rescue");
    EXPECT_EQ(last<QueueLeft>().result, "abandoned");
    everything_is_over();
}

TEST_F(Overflowing, TheMusicChangesOnlyWithTheQueuesMusic) {
    auto fresh = with({after(30s, Rule::Action::Move, "rescue")});
    board.reload(fresh, now);
    waiting();
    speech_ready();
    for (auto& [name, sound] : fresh->queue_sounds) sound.announce_position = false;
    pass(29s);
    const std::size_t before = prepared.size();
    pass(1s);
    EXPECT_EQ(prepared.size(), before) << "it plays on";
}

TEST_F(Overflowing, AQueueWithMusicOfItsOwnPlaysIt) {
    auto fresh = with({after(5s, Rule::Action::Move, "rescue")});
    fresh->queue_sounds["rescue"].music = {"bells", "", "zh"};
    board.reload(fresh, now);
    waiting();
    speech_ready();
    pass(5s);
    EXPECT_EQ(prepared.back().words.back().name, "bells");
}

TEST_F(Overflowing, HeLeavesByTheExitThatTheRuleNames) {
    auto fresh = with({after(20s, Rule::Action::Leave, "overflow")});
    auto program = std::make_shared<ivr::Program>(*fresh->hotlines["95000"]);
    std::get<ivr::JoinQueue>(program->nodes[1].body).overflow = 3;  // hours
    fresh->hotlines["95000"] = program;
    board.reload(fresh, now);
    waiting();
    pass(20s);
    EXPECT_EQ(last<QueueLeft>().result, "overflow");
    EXPECT_EQ(prepared.back().words.front().name, "welcome") << "the node's words";
    EXPECT_EQ(board.census(now).queues.front().waiting, 0u);
}

TEST_F(Overflowing, AnExitThatTheNodeDoesNotHaveIsTheOneForALongWait) {
    board.reload(with({after(20s, Rule::Action::Leave, "overflow")}), now);
    waiting();
    pass(20s);
    EXPECT_EQ(record().outcome, "overflow");
    everything_is_over();
}

TEST_F(Overflowing, AProgramTakesHimOverAndSendingHimBackDoesNotGoRound) {
    auto fresh = with({{Rule::When::Length, {}, 0, Rule::Action::Leave, "flow:night"}});
    auto night = std::make_shared<ivr::Program>();
    night->name = "night";
    ivr::JoinQueue again;
    again.queue = "service";
    again.full = again.timed_out = again.unavailable = 2;
    night->nodes = {
        {"sorry", ivr::Play{{{{"zh", {"night_sorry", "", "zh"}}}}, true, 1}}, {"service", again}, {"bye", ivr::Hangup{}}};
    fresh->overflow_flows["night"] = night;
    board.reload(fresh, now);
    const LegId caller = waiting();
    EXPECT_EQ(prepared.back().words.front().name, "night_sorry");
    speech_ready();
    in(PlayEnded{played.back().leg, played.back().play});
    EXPECT_EQ(all<Enqueued>().size(), 2u);
    EXPECT_EQ(all<QueueLeft>().size(), 1u) << "he waits now: a queue sends nobody on twice before his time";
    hangs_up(caller);
    everything_is_over();
}

TEST_F(Overflowing, AfterAnAnswerHeIsLikeOneWhoComesAnew) {
    auto fresh = with({{Rule::When::Length, {}, 0, Rule::Action::Leave, "flow:night"}});
    auto night = std::make_shared<ivr::Program>();
    night->name = "night";
    ivr::JoinQueue again;
    again.queue = "service";
    again.full = again.timed_out = again.unavailable = 1;
    night->nodes = {{"service", again}, {"bye", ivr::Hangup{}}};
    fresh->overflow_flows["night"] = night;
    fresh->surveys["service"] = night;
    board.reload(fresh, now);
    waiting();
    EXPECT_EQ(all<QueueLeft>().size(), 1u);
    EXPECT_EQ(all<Enqueued>().size(), 2u) << "sent on, led back, and waits";
    agent_appears("8001");
    const LegId agent = ringing("8001");
    answers(agent);
    pass(5s);
    hangs_up(agent);  // the survey leads him to the queue while 8001 wraps up
    const auto left = all<QueueLeft>();
    ASSERT_EQ(left.size(), 3u) << "and the queue may send him on again";
    EXPECT_EQ(left[1].result, "answered");
    EXPECT_EQ(left[2].result, "overflow");
}

TEST_F(Overflowing, AProgramThatIsGoneSinceIsAnExit) {
    board.reload(with({after(20s, Rule::Action::Leave, "flow:gone")}), now);
    waiting();
    pass(20s);
    EXPECT_EQ(record().outcome, "overflow");
    everything_is_over();
}

TEST_F(Overflowing, AQueueClosesOnTheMinuteAlthoughNothingElseHappens) {
    auto fresh = with({{Rule::When::Closed, {}, 0, Rule::Action::Leave, "unavailable"}});
    fresh->queue_hours["service"] = until_soon();
    fresh->queue_sounds["service"].announce_position = false;
    board.reload(fresh, now);
    waiting();
    pass(40s - 1us);
    EXPECT_TRUE(all<QueueLeft>().empty());
    pass(1us);
    EXPECT_EQ(last<QueueLeft>().result, "overflow");
    everything_is_over();
    waiting("13800000002");
    EXPECT_EQ(all<QueueLeft>().size(), 2u) << "who comes later is sent on at once";
}

TEST_F(Overflowing, HoursThatAReloadTakesAwayOpenTheQueue) {
    auto closed = with({{Rule::When::Closed, {}, 0, Rule::Action::Leave, "unavailable"}});
    closed->queue_hours["service"] = std::make_shared<ivr::Calendar>();
    board.reload(closed, now);
    waiting();
    EXPECT_EQ(all<QueueLeft>().size(), 1u);
    board.reload(with({{Rule::When::Closed, {}, 0, Rule::Action::Leave, "unavailable"}}), now);
    board.round(now);
    waiting("13800000002");
    EXPECT_EQ(all<QueueLeft>().size(), 1u);
}

TEST_F(Overflowing, WhoAsksForOneAgentWaitsForHim) {
    auto fresh = travel();
    auto program = std::make_shared<ivr::Program>(*fresh->hotlines["95000"]);
    std::get<ivr::JoinQueue>(program->nodes[1].body).agent = ivr::Expression::literal("8002");
    fresh->hotlines["95000"] = program;
    board.reload(fresh, now);
    agent_appears("8001"), agent_appears("8002");
    waiting();
    EXPECT_EQ(last<Enqueued>().agent, "8002");
    EXPECT_EQ(last<Offered>().agent, "8002");
    EXPECT_EQ(last<Offered>().reason, "named");
}

TEST_F(Overflowing, NamesForSeveralQueuesAreOnRecordAtTheStartAndWhenTheyChange) {
    EXPECT_EQ(all<QueueGroupsSet>().size(), 1u);
    auto fresh = travel();
    fresh->queue_groups["all"] = {"service", "rescue"};
    board.reload(fresh, now);
    ASSERT_EQ(all<QueueGroupsSet>().size(), 2u);
    EXPECT_EQ(last<QueueGroupsSet>().members.at(1).queue, "rescue");
    board.reload(fresh, now);
    EXPECT_EQ(all<QueueGroupsSet>().size(), 2u) << "nothing has changed";
}

}  // namespace
}  // namespace hotline::call
