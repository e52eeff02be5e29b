// Several phones ring for one caller: messages cross, one agent has him, the others are let go and blamed for nothing.
#include <map>

#include "course.h"

namespace hotline::call {
namespace {

struct RingingAll : Course {
    RingingAll() {
        auto fresh = travel();
        fresh->acd.queues.front().strategy = acd::StrategyKind::RingAll;
        fresh->acd.queues.front().max_missed = 1;
        board.reload(fresh, now);
        agent_appears("8001"), agent_appears("8002");
    }
    /// Phones that are dialled once their audio ports are there.
    std::map<std::string, LegId> all_rung() {
        std::map<std::string, LegId> out;
        for (const std::string& what : std::vector(media)) {
            if (!what.starts_with("open ")) continue;
            const LegId leg{std::stoull(what.substr(5))};
            const std::size_t before = sent.size();
            in(AudioOpened{leg, *Address::parse("127.0.0.1:20002")});
            if (sent.size() == before || sent.back().verb != "dial") continue;
            out[sent.back().agent] = leg;
            in(LegRinging{leg, std::nullopt});
        }
        return out;
    }
    std::string state_of(const std::string& agent) const {
        std::string state;
        for (const auto& changed : all<AgentChanged>())
            if (changed.agent == agent) state = changed.state;
        return state;
    }
    bool was_hung_up(LegId leg) const {
        return std::ranges::any_of(sent, [&](const Sent& one) { return one.verb == "hangup" && one.leg == leg; });
    }
};

TEST_F(RingingAll, TheFirstAnswerWinsAndTheOtherPhoneIsCancelled) {
    const LegId caller = waiting();
    const auto rung = all_rung();
    ASSERT_EQ(rung.size(), 2u);
    EXPECT_EQ(all<Offered>().size(), 2u);
    EXPECT_EQ(last<Offered>().reason, "ring_all");
    EXPECT_EQ(board.census(now).offers, 2u);
    pass(4s);
    answers(rung.at("8002"));
    EXPECT_EQ(last<Answered>().agent, "8002");
    EXPECT_TRUE(did("bridge " + to_text(caller) + ' ' + to_text(rung.at("8002"))));
    EXPECT_TRUE(was_hung_up(rung.at("8001")));
    ASSERT_EQ(all<SegmentEnded>().size(), 1u);
    EXPECT_EQ(last<SegmentEnded>().agent, "8001");
    EXPECT_EQ(last<SegmentEnded>().result, "elsewhere");
    EXPECT_EQ(state_of("8001"), "ready") << "with max_missed 1, had he missed it he would be paused";
    EXPECT_EQ(state_of("8002"), "talking");
    settle();
    pass(10s);
    hangs_up(caller);
    EXPECT_EQ(record().ring_ms, 4000) << "two phones rang, and the time counts once";
    everything_is_over();
}

// asterisk#176: both phones answer, and their 200s cross our CANCEL.
TEST_F(RingingAll, AnAnswerThatCrossesTheOtherOneRevivesNothing) {
    const LegId caller = waiting();
    const auto rung = all_rung();
    board.on(LegAnswered{rung.at("8001"), pcma()}, now);
    board.on(LegAnswered{rung.at("8002"), pcma()}, now);
    board.round(now);
    EXPECT_EQ(board.broken_invariant(now), "");
    EXPECT_EQ(all<Answered>().size(), 1u);
    EXPECT_EQ(last<Answered>().agent, "8001");
    EXPECT_FALSE(did("bridge " + to_text(caller) + ' ' + to_text(rung.at("8002"))));
    EXPECT_EQ(state_of("8002"), "ready");
    in(LegEnded{LegEnded::Cause::Local, rung.at("8002"), 200, ""});
    hangs_up(caller);
    everything_is_over();
}

// asterisk#1557: one answer comes to nothing, and the others are dropped.
TEST_F(RingingAll, AnAnswerThatWeCannotHearLeavesTheOtherPhoneRinging) {
    waiting();
    const auto rung = all_rung();
    RemoteAudio strange = pcma();
    strange.codecs.clear();
    in(LegAnswered{rung.at("8001"), strange});
    EXPECT_EQ(last<SegmentEnded>().result, "failed");
    EXPECT_EQ(board.census(now).offers, 1u);
    EXPECT_EQ(state_of("8002"), "ringing");
    answers(rung.at("8002"));
    EXPECT_EQ(last<Answered>().agent, "8002");
}

TEST_F(RingingAll, OneDeclinesAndTheOtherAnswers) {
    const LegId caller = waiting();
    const auto rung = all_rung();
    in(LegEnded{LegEnded::Cause::Rejected, rung.at("8002"), 603, ""});
    EXPECT_EQ(last<SegmentEnded>().result, "rejected");
    EXPECT_EQ(state_of("8002"), "paused");
    EXPECT_TRUE(all<QueueLeft>().empty());
    answers(rung.at("8001"));
    EXPECT_EQ(last<Answered>().agent, "8001");
    hangs_up(caller);
    everything_is_over();
}

TEST_F(RingingAll, WhoGivesUpIsNobodysMiss) {
    const LegId caller = waiting();
    const auto rung = all_rung();
    hangs_up(caller);
    for (const auto& [agent, leg] : rung) {
        EXPECT_TRUE(was_hung_up(leg)) << agent;
        EXPECT_EQ(state_of(agent), "ready");
    }
    for (const auto& part : all<SegmentEnded>()) EXPECT_EQ(part.result, "withdrawn");
    EXPECT_EQ(all<SegmentEnded>().size(), 2u);
    everything_is_over();
}

TEST_F(RingingAll, WhenNobodyAnswersInTimeAllPhonesStop) {
    waiting();
    const auto rung = all_rung();
    pass(15s);
    for (const auto& [agent, leg] : rung) {
        EXPECT_TRUE(was_hung_up(leg)) << agent;
        EXPECT_EQ(state_of(agent), "ready") << "one caller whom nobody took does not pause the whole team";
    }
    for (const auto& part : all<SegmentEnded>()) EXPECT_EQ(part.result, "missed");
    EXPECT_EQ(board.census(now).queues.front().waiting, 1u);
}

TEST_F(RingingAll, ARescueCallerTakesOneOfThePhones) {
    waiting();
    const auto rung = all_rung();
    ASSERT_EQ(rung.size(), 2u);
    waiting("13800000002", '9');
    ASSERT_EQ(all<SegmentEnded>().size(), 1u);
    EXPECT_EQ(last<SegmentEnded>().result, "withdrawn");
    const std::string taken = last<SegmentEnded>().agent;
    EXPECT_TRUE(was_hung_up(rung.at(taken)));
    EXPECT_EQ(all<Offered>().size(), 3u);
    EXPECT_EQ(last<Offered>().agent, taken);
    EXPECT_EQ(last<Offered>().queue, "rescue");
    EXPECT_EQ(state_of(taken), "ringing");
    EXPECT_EQ(board.census(now).offers, 2u);
    in(LegEnded{LegEnded::Cause::Local, rung.at(taken), 487, ""});
    EXPECT_EQ(state_of(taken), "ringing") << "the end of the old leg is not the end of the new one";
    answers(rung.at(taken == "8001" ? "8002" : "8001"));
    EXPECT_EQ(last<Answered>().queue, "service");
}

TEST_F(RingingAll, AnAnswerInTheMomentWhenTheRingTimeEndsIsTooLate) {
    waiting();
    const auto rung = all_rung();
    pass(15s);
    in(LegAnswered{rung.at("8001"), pcma()});
    EXPECT_TRUE(all<Answered>().empty());
}

}  // namespace
}  // namespace hotline::call
