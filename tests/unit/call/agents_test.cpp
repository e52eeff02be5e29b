// Agents as people and phones: what they dial, when they are there, and calls between them.
#include "course.h"

namespace hotline::call {
namespace {

TEST_F(Course, AKeyEndsTheConfirmationOfAStarCode) {
    agent_appears("8001");
    const LegId leg = accepted("8001", "*73", Origin::Kind::Agent);
    speech_ready();
    in(DigitHeard{leg, '#'});
    EXPECT_EQ(sent.back().verb, "hangup");
    settle();
    EXPECT_EQ(last<AgentChanged>().state, "paused");
}

TEST_F(Course, StarCodesPauseAndResumeWithSpokenConfirmation) {
    agent_appears("8001");
    LegId leg = accepted("8001", "*73", Origin::Kind::Agent);
    EXPECT_EQ(prepared.back().words[0].name, "agent_paused");
    speech_ready();
    in(PlayEnded{played.back().leg, played.back().play});
    EXPECT_EQ(sent.back().verb, "hangup");
    settle();
    EXPECT_EQ(last<AgentChanged>().state, "paused");
    EXPECT_EQ(last<CallEnded>().direction, "internal");
    EXPECT_EQ(last<CallEnded>().purpose, "star_code");
    EXPECT_EQ(last<CallArrived>().purpose, "star_code");
    waiting();
    EXPECT_TRUE(all<Offered>().empty());
    leg = accepted("8001", "*74", Origin::Kind::Agent);
    hangs_up(leg);
    settle();
    EXPECT_EQ(all<Offered>().size(), 1u);
}

TEST_F(Course, StarCodesLogOutAndIn) {
    agent_appears("8001");
    accepted("8001", "*72", Origin::Kind::Agent);
    hangs_up(LegId{1});
    settle();
    EXPECT_EQ(last<AgentChanged>().state, "offline");
    agent_appears("8001");  // the registration is refreshed: that is no login
    EXPECT_EQ(last<AgentChanged>().state, "offline");
    accepted("8001", "*71", Origin::Kind::Agent);
    hangs_up(LegId{2});
    settle();
    EXPECT_EQ(last<AgentChanged>().state, "ready");
}

TEST_F(Course, WhoLogsInIsReadyAlsoAfterAPause) {
    agent_appears("8001");
    const auto dials = [&](const char* code) {
        hangs_up(accepted("8001", code, Origin::Kind::Agent));
        settle();
        return last<AgentChanged>().state;
    };
    EXPECT_EQ(dials("*73"), "paused");
    in(AgentContacts{"8001", 0, {}, true});  // his phone signs off
    EXPECT_EQ(last<AgentChanged>().state, "offline");
    agent_appears("8001");
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    EXPECT_EQ(dials("*73"), "paused");
    agent_appears("8001");  // a refresh is no login
    EXPECT_EQ(last<AgentChanged>().state, "paused");
    EXPECT_EQ(dials("*71"), "ready");
    EXPECT_EQ(dials("*73"), "paused");
    EXPECT_EQ(dials("*72"), "offline");
    EXPECT_EQ(dials("*71"), "ready");
}

TEST_F(Course, WhoSignsOffBeginsHisIdleTimeAnewAndWhosePhoneFlapsDoesNot) {
    agent_appears("8001");
    pass(1s);
    agent_appears("8002");
    in(AgentContacts{"8001", 0, {}});
    pass(60s);
    agent_appears("8001");
    const LegId first = waiting("13800000001");
    EXPECT_EQ(last<Offered>().agent, "8001");
    hangs_up(first);
    settle();
    in(AgentContacts{"8001", 0, {}, true});
    agent_appears("8001");
    waiting("13800000002");
    EXPECT_EQ(last<Offered>().agent, "8002");
}

TEST_F(Course, APhoneThatFlapsEndsNoPause) {
    agent_appears("8001");
    hangs_up(accepted("8001", "*73", Origin::Kind::Agent));
    settle();
    for (int i = 0; i < 2; ++i) {
        in(AgentContacts{"8001", 0, {}});  // it expires; nobody has said anything
        EXPECT_EQ(last<AgentChanged>().state, "offline");
        agent_appears("8001");
        EXPECT_EQ(last<AgentChanged>().state, "paused");
        EXPECT_EQ(last<AgentChanged>().reason, "star code");
    }
    waiting();
    EXPECT_TRUE(all<Offered>().empty());
}

TEST_F(Course, WhoWasPausedForMissesStaysSoThoughHisPhoneComesAndGoes) {
    agent_appears("8001");
    waiting();
    for (int misses = 0; misses < 2; ++misses) {
        ringing("8001");
        pass(20s);  // nobody answers, and the delay after it
    }
    EXPECT_EQ(last<AgentChanged>().reason, "missed");
    ASSERT_EQ(shown.size(), 1u) << "he is told why it is so quiet";
    EXPECT_EQ(shown[0], std::pair(std::string("8001"), std::string("您连续2次未接听，已自动暂停。拨*74恢复接听。")));
    in(AgentContacts{"8001", 0, {}});
    agent_appears("8001");
    EXPECT_EQ(last<AgentChanged>().state, "paused");
    EXPECT_EQ(last<AgentChanged>().reason, "missed");
    in(AgentContacts{"8001", 0, {}, true});
    agent_appears("8001");
    EXPECT_EQ(all<Offered>().size(), 3u) << "a new day: he is ready, and is offered who waits";
}

TEST_F(Course, WhereRegisteringIsNoLoginSigningOffEndsNoPause) {
    auto strict = travel();
    strict->login_by_registering = false;
    board.reload(strict, now);
    agent_appears("8001");
    for (const char* code : {"*71", "*73"}) {
        hangs_up(accepted("8001", code, Origin::Kind::Agent));
        settle();
    }
    in(AgentContacts{"8001", 0, {}, true});
    agent_appears("8001");
    EXPECT_EQ(last<AgentChanged>().state, "paused");
}

TEST_F(Course, LoggingInWithoutARegisteredPhoneSaysSo) {
    accepted("8001", "*71", Origin::Kind::Agent);
    EXPECT_EQ(prepared.back().words[0].name, "agent_has_no_phone");
    agent_appears("8001");
    accepted("8001", "*71", Origin::Kind::Agent);
    EXPECT_EQ(prepared.back().words[0].name, "agent_logged_in");
    accepted("8001", "*74", Origin::Kind::Agent);
    EXPECT_EQ(prepared.back().words[0].name, "agent_resumed");
    accepted("8001", "*72", Origin::Kind::Agent);
    EXPECT_EQ(prepared.back().words[0].name, "agent_logged_out");
}

TEST_F(Course, WhereTheSiteSaysSoRegisteringIsNoLogin) {
    auto strict = travel();
    strict->login_by_registering = false;
    board.reload(strict, now);
    agent_appears("8001");
    EXPECT_EQ(last<AgentChanged>().state, "offline");
    hangs_up(accepted("8001", "*71", Origin::Kind::Agent));
    settle();
    EXPECT_EQ(last<AgentChanged>().state, "ready");
}

TEST_F(Course, AWrapUpUntilDoneEndsByTheCodeForReady) {
    auto endless = travel();
    for (auto& queue : endless->acd.queues) queue.wrapup_mode = acd::WrapUpMode::UntilDone;
    board.reload(endless, now);
    const auto [caller, agent] = talking();
    hangs_up(caller);
    settle();
    pass(1h);
    EXPECT_EQ(last<AgentChanged>().state, "wrap_up");
    hangs_up(accepted("8001", "*74", Origin::Kind::Agent));
    settle();
    EXPECT_EQ(last<WrapUpEnded>().how, "done");
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    (void)agent;
}

TEST_F(Course, NobodyIsOfferedToAnAgentInACallOfHisOwn) {
    agent_appears("8001");
    const LegId own = accepted("8001", "95000", Origin::Kind::Agent);
    EXPECT_EQ(last<AgentChanged>().state, "busy");
    waiting();
    EXPECT_TRUE(all<Offered>().empty());
    hangs_up(own);
    EXPECT_EQ(all<Offered>().size(), 1u);
}

TEST_F(Course, AColleagueIsCalledByHisNumber) {
    agent_appears("8001");
    agent_appears("8002");
    const LegId caller = invite("8001", "8002", Origin::Kind::Agent);
    in(AudioOpened{caller, *Address::parse("127.0.0.1:20000")});
    EXPECT_EQ(sent.back().verb, "ring");
    const LegId colleague = ringing("8002");
    waiting("13800000009");
    EXPECT_TRUE(all<Offered>().empty()) << "both are in a call of their own";
    pass(3s);
    answers(colleague);
    EXPECT_EQ(sent.back().verb, "answer");
    in(LegConfirmed{caller, std::nullopt});
    EXPECT_TRUE(did("bridge " + to_text(caller) + ' ' + to_text(colleague)));
    EXPECT_TRUE(did("record " + to_text(caller)));
    pass(9s);
    hangs_up(colleague);
    EXPECT_EQ(all<Offered>().size(), 1u) << "free again, without after-call work";
    settle();
    const auto ended = last<CallEnded>();
    EXPECT_EQ(ended.direction, "internal");
    EXPECT_EQ(ended.purpose, "colleague");
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.agent, "8002");
    EXPECT_EQ(ended.talk_ms, 9000);
    EXPECT_EQ(ended.ring_ms, 3000);
    EXPECT_FALSE(ended.queue);
}

TEST_F(Course, AColleagueWhoIsNotThereIs480AndWhoTalksIs486) {
    agent_appears("8001");
    invite("8001", "8002", Origin::Kind::Agent);
    EXPECT_EQ(sent.back().status, 480);
    settle();
    EXPECT_EQ(last<CallEnded>().outcome, "rejected");
    agent_appears("8002");
    const LegId own = accepted("8002", "95000", Origin::Kind::Agent);
    invite("8001", "8002", Origin::Kind::Agent);
    EXPECT_EQ(sent.back().status, 486);
    invite("8001", "8001", Origin::Kind::Agent);
    EXPECT_EQ(sent.back().status, 486) << "himself";
    hangs_up(own);
    everything_is_over();
    EXPECT_EQ(last<AgentChanged>().state, "ready");
}

TEST_F(Course, AColleagueWhoDoesNotAnswer) {
    agent_appears("8001");
    agent_appears("8002");
    for (const auto& [cause, status] :
         {std::pair{LegEnded::Cause::Busy, 486}, {LegEnded::Cause::Rejected, 486}, {LegEnded::Cause::NoAnswer, 480}}) {
        const LegId caller = invite("8001", "8002", Origin::Kind::Agent);
        in(AudioOpened{caller, *Address::parse("127.0.0.1:20000")});
        in(LegEnded{cause, ringing("8002"), 0, ""});
        EXPECT_EQ(sent.back().verb, "refuse");
        EXPECT_EQ(sent.back().status, status);
        everything_is_over();
    }
    const LegId caller = invite("8001", "8002", Origin::Kind::Agent);
    in(AudioOpened{caller, *Address::parse("127.0.0.1:20000")});
    ringing("8002");
    pass(60s);
    EXPECT_EQ(sent.back().status, 480);
    EXPECT_EQ(last<SegmentEnded>().result, "missed");
    everything_is_over();
}

TEST_F(Course, TheCallerGivesUpWhileAColleaguesPhoneRings) {
    agent_appears("8001");
    agent_appears("8002");
    const LegId caller = invite("8001", "8002", Origin::Kind::Agent);
    in(AudioOpened{caller, *Address::parse("127.0.0.1:20000")});
    const LegId colleague = ringing("8002");
    hangs_up(caller);
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(sent.back().leg, colleague);
    EXPECT_EQ(last<SegmentEnded>().result, "withdrawn");
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "abandoned");
}

TEST_F(Course, OnlyAgentsCallAgents) {
    agent_appears("8002");
    invite("13800000001", "8002");
    EXPECT_EQ(sent.back().status, 403);
}

TEST_F(Course, StrangersHaveNoStarCodes) {
    agent_appears("8001");
    invite("13800000001", "*73");
    EXPECT_EQ(sent.back().status, 403);
    EXPECT_EQ(last<AgentChanged>().state, "ready");
}

}  // namespace
}  // namespace hotline::call
