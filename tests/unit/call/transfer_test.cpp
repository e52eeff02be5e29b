// A menu hands its caller on to an agent, and what happens at each moment of a transfer.
#include "handed_on.h"

namespace hotline::call {
namespace {

// ── To an agent ──

TEST_F(HandedOn, AnAgentIsRungTalksAndIsOnRecord) {
    const LegId caller = chooses(kAgent);
    EXPECT_EQ(state_of("8001"), "busy") << "from the first ring on";
    EXPECT_EQ(hears(), "please_wait");
    EXPECT_EQ(prepared.back().words.back().name, "music");
    speech_ready();
    const LegId agent = ringing("8001");
    waiting("13800000009", kQueue);
    EXPECT_TRUE(all<Offered>().empty()) << "no queue offers him anyone meanwhile";
    pass(3s);
    answers(agent);
    EXPECT_TRUE(did(bridge(caller, agent)));
    EXPECT_EQ(result().result, "answered");
    EXPECT_EQ(result().node, "agent");
    EXPECT_EQ(result().agent, "8001");
    EXPECT_EQ(result().number, std::nullopt);
    EXPECT_EQ(result().ring_ms, 3000);
    EXPECT_EQ(last<Answered>().queue, "");
    EXPECT_EQ(last<Answered>().agent, "8001");
    pass(20s);
    EXPECT_TRUE(all<Offered>().empty());
    hangs_up(agent);
    EXPECT_EQ(all<Offered>().size(), 1u) << "free again at once: no wrap-up";
    const auto ended = record();
    EXPECT_EQ(ended.direction, "in");
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.agent, "8001");
    EXPECT_EQ(ended.queue, std::nullopt);
    EXPECT_EQ(ended.hangup_by, "agent");
    EXPECT_EQ(ended.wait_ms, 3000);
    EXPECT_EQ(ended.ring_ms, 3000);
    EXPECT_EQ(ended.talk_ms, 20000);
    const auto part = last<SegmentEnded>();
    EXPECT_EQ(part.agent, "8001");
    EXPECT_EQ(part.queue, "");
    EXPECT_EQ(part.result, "answered");
    EXPECT_EQ(part.talk_ms, 20000);
    EXPECT_EQ(part.number, std::nullopt);
}

TEST_F(HandedOn, TheHeadOfAQueueIsWhoeverIsHeadNow) {
    agent_appears("8002");
    auto later = with_transfers();
    later->heads["service"] = "8002";
    const LegId caller = accepted("13800000001");
    apply(later);
    in(DigitHeard{caller, kHead});
    const LegId agent = ringing("8002");
    EXPECT_EQ(state_of("8001"), "ready");
    answers(agent);
    EXPECT_EQ(result().head_of, "service");
    EXPECT_EQ(result().agent, "8002");
    hangs_up(caller);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().hangup_by, "caller");
    later->heads.clear();
    apply(later);
    chooses(kHead);
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone");
    EXPECT_EQ(result().result, "failed");
    EXPECT_EQ(result().why, "nobody is head of service");
    farewell();
}

TEST_F(HandedOn, WhoTalksOrIsOfferedACallOrWrapsUpIsBusy) {
    const auto [caller, agent] = [&] {
        const LegId first = waiting("13800000002", kQueue);
        return std::pair(first, ringing("8001"));
    }();
    const auto is_busy = [&](const char* while_he) {
        const auto before = sent.size();
        const LegId other = chooses(kAgent, "13800000003");
        EXPECT_EQ(all<Transferred>().size(), 0u) << "not at once: the menu may ask again";
        pass(100ms);
        EXPECT_EQ(hears(), "is_busy") << while_he;
        EXPECT_EQ(result().result, "busy");
        hangs_up(other);
        EXPECT_EQ(std::count_if(sent.begin() + static_cast<std::ptrdiff_t>(before), sent.end(),
                                [](const Sent& one) { return one.verb == "dial"; }),
                  0)
            << "his phone is left alone while he " << while_he;
        std::erase_if(facts, [](const Fact& fact) { return std::holds_alternative<Transferred>(fact.body); });
    };
    is_busy("is rung");
    answers(agent);
    is_busy("talks");
    hangs_up(caller);
    EXPECT_EQ(state_of("8001"), "wrap_up");
    is_busy("wraps up");
}

TEST_F(HandedOn, WhoIsPausedIsRungAllTheSame) {
    accepted("8001", "*73", Origin::Kind::Agent);
    hangs_up(LegId{1});
    settle();
    ASSERT_EQ(state_of("8001"), "paused");
    const LegId caller = chooses(kAgent);
    const LegId agent = ringing("8001");
    EXPECT_EQ(state_of("8001"), "busy");
    hangs_up(caller);
    EXPECT_EQ(sent.back().leg, agent);
    EXPECT_EQ(state_of("8001"), "paused");
    everything_is_over();
}

TEST_F(HandedOn, WithoutAPhoneHeCannotBeRung) {
    in(AgentContacts{"8001", 0, {}});
    chooses(kAgent);
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone");
    EXPECT_EQ(result().why, "no phone of his is registered");
    EXPECT_EQ(result().agent, "8001");
    farewell();
    EXPECT_EQ(last<CallEnded>().outcome, "overflow") << "he asked for a person, and got none";
    EXPECT_TRUE(all<SegmentEnded>().empty());
}

TEST_F(HandedOn, WhatHisPhoneSaysLeadsOn) {
    struct Case {
        LegEnded::Cause cause;
        int status;
        const char *says, *result, *part;
    };
    for (const auto& one : {Case{LegEnded::Cause::Busy, 486, "is_busy", "busy", "busy"},
                            Case{LegEnded::Cause::Rejected, 603, "is_busy", "busy", "rejected"},
                            Case{LegEnded::Cause::NoAnswer, 480, "is_away", "no_answer", "missed"},
                            Case{LegEnded::Cause::Unreachable, 404, "is_gone", "failed", "unreachable"},
                            Case{LegEnded::Cause::Failed, 0, "is_gone", "failed", "failed"}}) {
        chooses(kAgent);
        const LegId agent{last_opened()};
        in(AudioOpened{agent, *Address::parse("127.0.0.1:20002")});
        in(LegEnded{one.cause, agent, one.status, ""});
        EXPECT_EQ(hears(), one.says);
        EXPECT_EQ(result().result, one.result);
        EXPECT_EQ(last<SegmentEnded>().result, one.part);
        EXPECT_EQ(last<SegmentEnded>().queue, "");
        EXPECT_EQ(state_of("8001"), "ready") << "and queues may offer him callers again";
        farewell();
        EXPECT_EQ(last<CallEnded>().outcome, "overflow");
    }
}

TEST_F(HandedOn, ItRingsForSoLongAndNoLonger) {
    const LegId caller = chooses(kAgent);
    const LegId agent = ringing("8001");
    pass(20s - 1ms);
    EXPECT_EQ(sent.back().verb, "dial");
    pass(1ms);
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(sent.back().leg, agent);
    EXPECT_EQ(hears(), "is_away");
    EXPECT_EQ(result().result, "no_answer");
    EXPECT_EQ(result().ring_ms, 20000);
    answers(agent);  // its 200 crossed our CANCEL: signalling ends that dialog
    EXPECT_FALSE(did(bridge(caller, agent)));
    farewell();
}

TEST_F(HandedOn, APortThatNeverComesIsNotWaitedForEither) {
    chooses(kAgent);
    pass(20s);
    EXPECT_EQ(hears(), "is_away");
    in(AudioFailed{last_opened(), "no port"});
    farewell();
    chooses(kOutside);
    in(AudioFailed{last_opened(), "no port"});
    in(AudioFailed{last_opened(), "no port"});
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone");
    farewell();
}

TEST_F(HandedOn, AnAgentWhoCallsTheHotlineIsBusyForHimself) {
    const LegId caller = accepted("8001", "95000", Origin::Kind::Agent);
    in(DigitHeard{caller, kAgent});
    pass(100ms);
    EXPECT_EQ(hears(), "is_busy");
    EXPECT_EQ(state_of("8001"), "busy") << "he is in his own call still";
    hangs_up(caller);
    everything_is_over();
    EXPECT_EQ(state_of("8001"), "ready");
}

TEST_F(HandedOn, TheFlowGoesOnWhenTheCalledOneHangsUp) {
    const LegId caller = chooses(kStays);
    const LegId agent = ringing("8001");
    answers(agent);
    pass(5s);
    hangs_up(agent);
    EXPECT_EQ(hears(), "and_then");
    EXPECT_TRUE(did("unbridge " + to_text(caller)));
    EXPECT_EQ(state_of("8001"), "ready");
    EXPECT_EQ(last<SegmentEnded>().talk_ms, 5000);
    pass(2s);
    farewell();
    const auto ended = last<CallEnded>();
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.hangup_by, "agent") << "who ended the conversation";
    EXPECT_EQ(ended.talk_ms, 5000);
}

TEST_F(HandedOn, NoSurveyFollows) {
    auto site_with = with_transfers();
    site_with->surveys["service"] = program();
    apply(site_with);
    in(AgentContacts{"8001", 0, {}});
    waiting("13800000001", kQueue);
    pass(60s);  // the longest wait; then the number outside
    const LegId called = through("first");
    answers(called);
    const auto spoken = prepared.size();
    hangs_up(called);
    EXPECT_EQ(prepared.size(), spoken);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().hangup_by, "called");
    EXPECT_EQ(last<CallEnded>().outcome, "answered");
    EXPECT_EQ(last<CallEnded>().queue, "service");
    EXPECT_EQ(last<CallEnded>().agent, std::nullopt);
    EXPECT_EQ(last<SegmentEnded>().queue, "") << "no queue offered that";
}

// ── Hang-ups, holds, stops: at every moment ──

TEST_F(HandedOn, TheCallerHangsUpAtAnyMoment) {
    using Moment = std::function<LegId(LegId caller)>;
    const std::vector<Moment> moments = {[](LegId) { return LegId{}; },  // its port is not there yet
                                         [this](LegId) { return through("first"); },
                                         [this](LegId) {
                                             const LegId called = through("first");
                                             in(LegRinging{called, std::nullopt});
                                             return called;
                                         },
                                         [this](LegId) {
                                             const LegId called = through("first");
                                             in(LegRinging{called, pcma()});
                                             return called;
                                         },
                                         [this](LegId) {
                                             trunk_says(through("first"), 503, LegEnded::Cause::Unreachable);
                                             return through("second");
                                         }};
    int number = 0;
    for (const Moment& moment : moments) {
        const LegId caller = chooses(kOutside, "1380000100" + std::to_string(number++));
        const LegId called = moment(caller);
        pass(1s);
        hangs_up(caller);
        if (called) {
            EXPECT_EQ(sent.back().verb, "hangup");
            EXPECT_EQ(sent.back().leg, called) << "at once";
        }
        EXPECT_EQ(last<DialEnded>().result, "withdrawn");
        EXPECT_EQ(result().result, "withdrawn");
        if (called) answers(called);  // crossed our CANCEL
        everything_is_over();
        EXPECT_EQ(last<CallEnded>().outcome, "abandoned");
        EXPECT_EQ(last<CallEnded>().hangup_by, "caller");
    }
    const LegId refused_one = chooses(kStays, "13800002000");
    hangs_up(refused_one);  // rung, and his port not there yet
    everything_is_over();
    in(AgentContacts{"8001", 0, {}});
    const LegId nobody = chooses(kStays, "13800002000");
    pass(50ms);
    hangs_up(nobody);  // before the menu is told that nobody can be rung
    everything_is_over();
    EXPECT_EQ(result().result, "withdrawn");
}

TEST_F(HandedOn, BothHangUpAtATime) {
    const LegId caller = chooses(kStays);
    const LegId agent = ringing("8001");
    answers(agent);
    board.on(LegEnded{LegEnded::Cause::Remote, agent, 0, "bye"}, now);
    board.on(LegEnded{LegEnded::Cause::Remote, caller, 0, "bye"}, now);
    board.round(now);
    EXPECT_EQ(board.broken_invariant(now), "");
    everything_is_over();
    EXPECT_EQ(state_of("8001"), "ready");
    const LegId next = chooses(kStays);
    const LegId again = ringing("8001");
    answers(again);
    board.on(LegEnded{LegEnded::Cause::Remote, next, 0, "bye"}, now);
    board.on(LegEnded{LegEnded::Cause::Remote, again, 0, "bye"}, now);
    board.round(now);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().hangup_by, "caller");
}

TEST_F(HandedOn, WhoHoldsWhileItRingsBeginsTheTalkHeld) {
    const LegId caller = chooses(kOutside);
    const LegId called = through("first");
    in(OfferReceived{caller, pcma(Direction::SendOnly)});
    in(LegRinging{called, pcma()});
    EXPECT_FALSE(did(bridge(caller, called))) << "he hears nothing anyhow";
    answers(called);
    EXPECT_FALSE(did(bridge(caller, called)));
    EXPECT_EQ(last<Held>().by, "caller");
    pass(2s);
    in(OfferReceived{caller, pcma()});
    EXPECT_TRUE(did(bridge(caller, called)));
    hangs_up(called);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().hold_ms, 2000);
}

TEST_F(HandedOn, SilenceAndLostAudioEndItAsAnyTalk) {
    const LegId caller = chooses(kOutsideStays);
    const LegId called = through("first");
    answers(called);
    in(AudioSilent{called, 60s});
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().cause, "rtp silence");
    EXPECT_EQ(last<CallEnded>().hangup_by, "system");
    const LegId other = chooses(kOutside);
    const LegId ringing_one = through("first");
    in(AudioClosed{ringing_one, {}});  // unasked, before anybody answered
    EXPECT_EQ(last<DialEnded>().result, "failed");
    hangs_up(other);
    everything_is_over();
    (void)caller;
}

TEST_F(HandedOn, TheStopEndsItAtEveryMoment) {
    chooses(kOutside, "13800000001");
    in(LegRinging{through("first"), pcma()});
    const LegId talks = chooses(kStays, "13800000002");
    answers(ringing("8001"));
    in(AgentContacts{"8002", 0, {}});
    chooses(kHead, "13800000003");  // busy, to be told in a moment
    board.drain(now);
    board.end_all("shutdown", now);
    board.round(now);
    EXPECT_EQ(board.broken_invariant(now), "");
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().hangup_by, "system");
    EXPECT_EQ(state_of("8001"), "ready");
    (void)talks;
}

TEST_F(HandedOn, AReloadThatTakesTheAgentOrTheTrunkAwayWhileItRings) {
    const LegId caller = chooses(kAgent);
    const LegId agent = ringing("8001");
    auto without = with_transfers();
    std::erase_if(without->acd.agents, [](const auto& one) { return one.name == "8001"; });
    apply(without);
    answers(agent);
    EXPECT_TRUE(did(bridge(caller, agent))) << "what rings rings to its end";
    hangs_up(agent);
    everything_is_over();
    chooses(kAgent);
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone") << "he is none of ours any more";
    farewell();
    chooses(kOutside);
    auto no_trunks = with_transfers();
    no_trunks->trunks.clear();
    apply(no_trunks);
    in(AudioOpened{last_opened(), *Address::parse("127.0.0.1:20002")});
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone");
    farewell();
}

TEST_F(HandedOn, OnlyTheLastWordOfOneCallerIsHis) {
    const LegId caller = chooses(kOutsideStays);
    const LegId called = through("first");
    answers(called);
    in(LegAnswered{called, pcma()});
    in(LegRinging{called, pcma()});
    EXPECT_EQ(all<Answered>().size(), 1u) << "repeated news are late";
    hangs_up(called);
    in(DigitHeard{called, '1'});
    EXPECT_EQ(hears(), "and_then");
    hangs_up(caller);
    everything_is_over();
}

}  // namespace
}  // namespace hotline::call
