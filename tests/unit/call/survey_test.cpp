// After the agent's hang-up the caller is asked; "this call is recorded" before the talk.
#include "course.h"

namespace hotline::call {
namespace {

std::shared_ptr<Site> with_survey() {
    auto site = Exchange::travel();
    auto program = std::make_shared<ivr::Program>();
    program->name = "survey";
    ivr::Survey question;
    question.question = "satisfaction";
    question.prompt = {{{"zh", {"how_was_it", "请评价", "zh"}}}};
    question.answers = {{'1', "satisfied"}, {'2', "fair"}, {'3', "not_satisfied"}};
    question.max_no_input = 1;
    question.next = question.unanswered = 1;
    program->nodes = {{"question", question}, {"bye", ivr::Hangup{}}};
    site->surveys["service"] = program;
    return site;
}

struct Surveys : Course {
    Surveys() {
        site = with_survey();
        board.reload(site, now);
    }
    /// The agent has hung up after ten seconds, and the caller hears the question.
    LegId asked() {
        const auto [caller, agent] = talking();
        agent_leg = agent;
        pass(10s);
        hangs_up(agent);
        EXPECT_EQ(prepared.back().words[0].name, "how_was_it");
        return caller;
    }
    LegId agent_leg;
};

TEST_F(Surveys, TheAnswerIsOnRecordWithItsAgentAndQueue) {
    const LegId caller = asked();
    speech_ready();
    in(DigitHeard{caller, '2'});
    const auto fact = last<Surveyed>();
    EXPECT_EQ(fact.caller, "13800000001");
    EXPECT_EQ(fact.agent, "8001");
    EXPECT_EQ(fact.queue, "service");
    EXPECT_EQ(fact.branch, std::nullopt);
    EXPECT_EQ(fact.question, "satisfaction");
    EXPECT_EQ(fact.answer, "fair");
    everything_is_over();
    EXPECT_EQ(all<Surveyed>().size(), 1u);
}

TEST_F(Surveys, ItIsOneCallWhoseTalkEndedWithTheAgent) {
    const LegId caller = asked();
    pass(4s);
    in(DigitHeard{caller, '1'});
    const CallEnded end = record();
    EXPECT_EQ(end.outcome, "answered");
    EXPECT_EQ(end.talk_ms, 10'000);
    EXPECT_EQ(end.hangup_by, "agent");
    EXPECT_EQ(end.agent, "8001");
    EXPECT_GE(end.ivr_ms, 4000);
    const auto segments = all<SegmentEnded>();
    ASSERT_EQ(segments.size(), 1u);
    EXPECT_EQ(segments[0].talk_ms, 10'000);
    everything_is_over();
}

TEST_F(Surveys, TheAgentIsFreeAtHisHangUp) {
    asked();
    EXPECT_EQ(last<AgentChanged>().state, "wrap_up");
    EXPECT_TRUE(did("close " + to_text(agent_leg)));
    pass(10s);
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    EXPECT_EQ(last<WrapUpEnded>().wrapup_ms, 10'000);
    waiting("13800000002");
    EXPECT_EQ(last<Offered>().agent, "8001") << "while the other is still being asked";
}

TEST_F(Surveys, TheCallerHearsTheAgentNoMore) {
    const LegId caller = asked();
    EXPECT_TRUE(did("unbridge " + to_text(caller)));
    EXPECT_FALSE(did("close " + to_text(caller)));
}

TEST_F(Surveys, SilenceIsNoAnswer) {
    const LegId caller = asked();
    speech_ready();
    in(PlayEnded{caller, played.back().play});
    pass(5s);
    EXPECT_EQ(last<Surveyed>().answer, std::nullopt);
    EXPECT_EQ(sent.back().verb, "hangup");
}

TEST_F(Surveys, WhoHangsUpDuringTheQuestionGaveNoAnswer) {
    const LegId caller = asked();
    hangs_up(caller);
    const CallEnded end = record();
    EXPECT_EQ(end.hangup_by, "agent") << "he ended the conversation";
    ASSERT_EQ(all<Surveyed>().size(), 1u);
    EXPECT_EQ(last<Surveyed>().answer, std::nullopt);
    everything_is_over();
}

TEST_F(Surveys, WhoHangsUpFirstIsNotAsked) {
    const auto [caller, agent] = talking();
    pass(10s);
    hangs_up(caller);
    EXPECT_EQ(record().hangup_by, "caller");
    EXPECT_TRUE(all<Surveyed>().empty());
    everything_is_over();
}

TEST_F(Surveys, QueuesWithoutOneDoNotAsk) {
    agent_appears("8001");
    const LegId caller = waiting("13800000001", '9');
    const LegId agent = ringing("8001");
    answers(agent);
    hangs_up(agent);
    EXPECT_EQ(sent.back().leg, caller);
    EXPECT_EQ(sent.back().verb, "hangup");
}

TEST_F(Surveys, WhoHoldsIsNotAsked) {
    const auto [caller, agent] = talking();
    in(OfferReceived{caller, pcma(Direction::SendOnly)});
    hangs_up(agent);
    record();
    EXPECT_TRUE(all<Surveyed>().empty());
    everything_is_over();
}

TEST_F(Surveys, WhoWasHeldIs) {
    const auto [caller, agent] = talking();
    in(OfferReceived{agent, pcma(Direction::SendOnly)});
    pass(5s);
    hangs_up(agent);
    EXPECT_EQ(prepared.back().words[0].name, "how_was_it");
    EXPECT_TRUE(did("stop " + to_text(caller))) << "the music is over";
    hangs_up(caller);
    EXPECT_EQ(record().hold_ms, 5000);
    everything_is_over();
}

TEST_F(Surveys, APhoneThatBreaksAsksNothing) {
    const auto [caller, agent] = talking();
    in(LegEnded{LegEnded::Cause::SessionTimer, agent, 0, ""});
    EXPECT_EQ(record().hangup_by, "system");
    EXPECT_TRUE(all<Surveyed>().empty());
}

TEST_F(Surveys, NobodyIsAskedWhileTheHouseCloses) {
    const auto [caller, agent] = talking();
    board.drain(now);
    hangs_up(agent);
    record();
    EXPECT_TRUE(all<Surveyed>().empty());
}

// ── "This call is recorded" ──

struct Notices : Course {
    Notices() {
        site->queue_sounds["service"].notice = {{"zh", {"recorded", "本次通话将被录音", "zh"}}};
        board.reload(std::make_shared<Site>(*site), now);
    }
    std::string said() const { return prepared.back().words[0].name; }
    void heard_out(LegId leg) { in(PlayEnded{leg, played.back().play}); }
};

TEST_F(Notices, AreTheFirstWordsInTheQueueAndDelayNoOffer) {
    agent_appears("8001");
    const LegId caller = waiting();
    EXPECT_EQ(said(), "recorded");
    EXPECT_EQ(last<Offered>().agent, "8001");
    speech_ready();
    heard_out(caller);
    EXPECT_EQ(prepared.back().words.back().name, "music");
    const LegId agent = ringing("8001");
    answers(agent);
    EXPECT_TRUE(did("bridge " + to_text(caller) + ' ' + to_text(agent)));
}

TEST_F(Notices, AnAgentWhoAnswersMeanwhileIsHeardWhenItIsOver) {
    const auto [caller, agent] = talking();
    const std::string bridge = "bridge " + to_text(caller) + ' ' + to_text(agent);
    speech_ready();
    EXPECT_EQ(last<Answered>().agent, "8001") << "he has answered all the same";
    EXPECT_FALSE(did(bridge));
    heard_out(caller);
    EXPECT_TRUE(did(bridge));
}

TEST_F(Notices, ThatNeverEndDoNotKeepTwoApart) {
    const auto [caller, agent] = talking();
    speech_ready();
    pass(10s);
    EXPECT_TRUE(did("bridge " + to_text(caller) + ' ' + to_text(agent)));
}

TEST_F(Notices, ThatAreMadeSlowlyKeepNobodyApartForLonger) {
    const auto [caller, agent] = talking();
    const std::string bridge = "bridge " + to_text(caller) + ' ' + to_text(agent);
    pass(4s);
    speech_ready();
    pass(5s);
    EXPECT_FALSE(did(bridge));
    pass(1s);
    EXPECT_TRUE(did(bridge)) << "ten seconds after the answer, not after the words began";
}

TEST_F(Notices, NoKeyEndsThem) {
    const LegId caller = waiting();
    speech_ready();
    in(DigitHeard{caller, '5'});
    EXPECT_FALSE(did("stop " + to_text(caller)));
    EXPECT_EQ(said(), "recorded");
}

TEST_F(Notices, AHoldEndsThem) {
    const auto [caller, agent] = talking();
    speech_ready();
    in(OfferReceived{agent, pcma(Direction::SendOnly)});
    in(OfferReceived{agent, pcma()});
    EXPECT_TRUE(did("bridge " + to_text(caller) + ' ' + to_text(agent)));
    hangs_up(caller);
    everything_is_over();
}

TEST_F(Notices, AreNotSaidWhereNothingIsRecorded) {
    site->record_calls = false;
    board.reload(std::make_shared<Site>(*site), now);
    waiting();
    EXPECT_NE(said(), "recorded");
}

struct FirstWords : Course {
    FirstWords() {
        site->notice = {{"zh", {"recorded", "本次通话将被录音", "zh"}}};
        board.reload(std::make_shared<Site>(*site), now);
    }
};

TEST_F(FirstWords, ComeBeforeTheMenuAndKeepTheKeysForIt) {
    const LegId leg = accepted("13800000001");
    EXPECT_EQ(prepared.back().words[0].name, "recorded");
    speech_ready();
    in(DigitHeard{leg, '9'});
    EXPECT_TRUE(all<MenuChosen>().empty()) << "no key ends it";
    in(PlayEnded{leg, played.back().play});
    EXPECT_EQ(last<MenuChosen>().key, "9");
    pass(1s);
    EXPECT_EQ(last<Enqueued>().queue, "rescue");
}

TEST_F(FirstWords, ThatCannotBeMadeHoldNobodyUp) {
    accepted("13800000001");
    pass(5s);
    EXPECT_EQ(prepared.back().words[0].name, "welcome");
}

}  // namespace
}  // namespace hotline::call
