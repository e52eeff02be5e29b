// One call at a time, told as its course: what the caller does, what the switchboard does about it, what the record says.
#include "course.h"

namespace hotline::call {
namespace {

TEST_F(Course, UnknownNumberIs404AndOnRecordAsRejected) {
    const LegId leg = invite("13800000001", "12345");
    EXPECT_EQ(sent.back().status, 404);
    EXPECT_EQ(record().outcome, "rejected");
    EXPECT_EQ(sent.back().leg, leg);
    everything_is_over();
}

TEST_F(Course, NoCommonCodecIs488) {
    RemoteAudio none = pcma();
    none.codecs.clear();
    invite("13800000001", "95000", Origin::Kind::Trunk, none);
    EXPECT_EQ(sent.back().status, 488);
    EXPECT_EQ(record().outcome, "rejected");
    everything_is_over();
}

TEST_F(Course, GreetingIsSpokenOnceTheCallIsAcknowledged) {
    const LegId leg = invite("13800000001");
    in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    EXPECT_EQ(sent.back().verb, "answer");
    EXPECT_TRUE(did("record 1"));
    EXPECT_TRUE(recording.starts_with("recordings/2026/")) << recording;
    EXPECT_TRUE(prepared.empty());
    in(LegConfirmed{leg, std::nullopt});
    ASSERT_EQ(prepared.size(), 1u);
    EXPECT_EQ(prepared[0].words[0].name, "welcome");
    speech_ready();
    EXPECT_EQ(played.size(), 1u);
}

TEST(RecordingPath, HasTheDayOfTheSitesCalendar) {
    using namespace std::chrono;
    struct Case {
        const char* time_zone;
        sys_days day;
        Duration time;  // UTC
        const char* folder;
    };
    const Case cases[] = {
        {"Asia/Shanghai", 2026y / September / 21, 15h + 59min + 59s, "recordings/2026/09/21/"},
        {"Asia/Shanghai", 2026y / September / 21, 16h, "recordings/2026/09/22/"},
        {"Asia/Shanghai", 2026y / December / 31, 16h, "recordings/2027/01/01/"},
        {"UTC", 2026y / September / 21, 16h, "recordings/2026/09/21/"},
        {"America/New_York", 2026y / March / 1, 4h + 59min, "recordings/2026/02/28/"},
        {"Nowhere/Nothing", 2026y / September / 21, 16h, "recordings/2026/09/21/"},
    };
    for (const auto& c : cases) {
        auto site = Exchange::travel();
        site->time_zone = c.time_zone;
        Exchange x(site);
        x.now.wall = Wall(duration_cast<microseconds>(c.day.time_since_epoch() + c.time));
        const LegId leg = x.invite("13800000001");
        x.in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
        EXPECT_EQ(x.recording, c.folder + to_text(x.facts.back().call) + ".wav") << c.time_zone << " at " << c.time.count();
    }
}

TEST_F(Course, InviteWithoutOfferGetsOursAndTheAckBringsTheAnswer) {
    const LegId leg = invite("13800000001", "95000", Origin::Kind::Trunk, std::nullopt);
    in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    EXPECT_EQ(sent.back().audio.codecs.size(), 2u);
    EXPECT_FALSE(did("connect 1"));
    in(LegConfirmed{leg, pcma()});
    EXPECT_TRUE(did("connect 1"));
    EXPECT_EQ(prepared.size(), 1u);
}

TEST_F(Course, AKeyEndsThePromptAndCounts) {
    const LegId leg = accepted("13800000001");
    speech_ready();
    in(DigitHeard{leg, '3'});
    EXPECT_TRUE(did("stop 1"));
    EXPECT_EQ(last<MenuChosen>().choice, "hours");
}

TEST_F(Course, HangUpInTheMenuBeforeAskingIsAbandonedAndAfterwardsSelfService) {
    hangs_up(accepted("13800000001"));
    EXPECT_EQ(record().outcome, "abandoned");
    const LegId second = accepted("13800000002");
    in(DigitHeard{second, '3'});
    hangs_up(second);
    const auto ended = record();
    EXPECT_EQ(ended.outcome, "self_service");
    EXPECT_EQ(ended.hangup_by, "caller");
    everything_is_over();
}

TEST_F(Course, SilentCallerIsAskedAndThenLetGo) {
    accepted("13800000001");
    speech_ready();
    in(PlayEnded{played.back().leg, played.back().play});
    pass(6s);
    EXPECT_EQ(sent.back().verb, "hangup");
    const auto ended = record();
    EXPECT_EQ(ended.outcome, "abandoned");
    EXPECT_EQ(ended.hangup_by, "system");
    everything_is_over();
}

TEST_F(Course, QueueAgentTalkAndRecord) {
    agent_appears("8001");
    const LegId caller = accepted("13800000001");
    in(CustomerFound{looked_up.back(), {}});
    pass(2s);
    in(DigitHeard{caller, '0'});
    const LegId agent = ringing("8001");
    pass(3s);
    answers(agent);
    EXPECT_TRUE(did("bridge 1 2"));
    pass(20s);
    hangs_up(caller);
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(sent.back().leg, agent);
    const auto ended = record();
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.agent, "8001");
    EXPECT_EQ(ended.queue, "service");
    EXPECT_EQ(ended.hangup_by, "caller");
    EXPECT_EQ(ended.ivr_ms, 2000);
    EXPECT_EQ(ended.wait_ms, 3000);
    EXPECT_EQ(ended.ring_ms, 3000);
    EXPECT_EQ(ended.talk_ms, 20000);
    EXPECT_EQ(ended.hold_ms, 0);
    EXPECT_EQ(last<SegmentEnded>().result, "answered");
    EXPECT_EQ(last<QueueLeft>().result, "answered");
    pass(10s);
    EXPECT_EQ(last<WrapUpEnded>().wrapup_ms, 10000);
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    everything_is_over();
}

TEST_F(Course, TheOfferNamesTheCallersOwnCodecFirst) {
    agent_appears("8001");
    RemoteAudio ulaw = pcma();
    ulaw.codecs = {{Codec::Pcmu, 0}};
    const LegId leg = invite("13800000001", "95000", Origin::Kind::Trunk, ulaw);
    in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    in(LegConfirmed{leg, std::nullopt});
    in(CustomerFound{looked_up.back(), {}});
    in(DigitHeard{leg, '0'});
    ringing("8001");
    ASSERT_EQ(sent.back().audio.codecs.size(), 2u);
    EXPECT_EQ(sent.back().audio.codecs[0].first, Codec::Pcmu);
}

TEST_F(Course, TheDirectoryIsWaitedForAtMost300Milliseconds) {
    agent_appears("8001");
    const LegId caller = accepted("13800000001");
    in(DigitHeard{caller, '0'});
    EXPECT_TRUE(all<Offered>().empty());
    pass(299ms);
    EXPECT_TRUE(all<Offered>().empty());
    pass(1ms);
    EXPECT_EQ(all<Offered>().size(), 1u);
}

TEST_F(Course, WhoServedHimBeforeIsPreferredAlthoughAnotherIsIdleLonger) {
    agent_appears("8001");
    pass(60s);
    agent_appears("8002");
    const LegId caller = accepted("13800000001");
    in(CustomerFound{looked_up.back(), {{"8002", now.wall - std::chrono::hours(24), 60s}}});
    in(DigitHeard{caller, '0'});
    EXPECT_EQ(last<Offered>().agent, "8002");
    EXPECT_EQ(last<Offered>().affinity, "hit");
    EXPECT_EQ(last<Offered>().reason, "affinity");
}

TEST_F(Course, MissedOfferBringsTheCallerBackAndTheNextAgentIsRung) {
    agent_appears("8001");
    pass(1s);
    agent_appears("8002");
    const LegId caller = waiting();
    const LegId first = ringing("8001");
    pass(15s);
    EXPECT_EQ(last<SegmentEnded>().result, "missed");
    const LegId second = ringing("8002");
    EXPECT_NE(first, second);
    answers(second);
    hangs_up(second);
    const auto ended = record();
    EXPECT_EQ(ended.agent, "8002");
    EXPECT_EQ(ended.hangup_by, "agent");
    EXPECT_EQ(ended.wait_ms, 15000);
    EXPECT_EQ(ended.ring_ms, 15000);
    EXPECT_EQ(sent.back().verb, "hangup");
    (void)caller;
}

TEST_F(Course, BusyPhoneIsMarkedBusy) {
    agent_appears("8001");
    waiting();
    in(AudioOpened{LegId{2}, *Address::parse("127.0.0.1:20002")});
    in(LegEnded{LegEnded::Cause::Busy, LegId{2}, 486, "Busy Here"});
    EXPECT_EQ(last<SegmentEnded>().result, "busy");
    EXPECT_TRUE(all<CallEnded>().empty());
}

TEST_F(Course, APhoneThatRangAndThenSaysBusyWasDeclinedByHand) {
    agent_appears("8001");
    waiting();
    in(LegEnded{LegEnded::Cause::Busy, ringing("8001"), 486, "Busy Here"});
    EXPECT_EQ(last<SegmentEnded>().result, "rejected");
}

TEST_F(Course, AnswerAfterRingTimeIsHungUpAndTheCallerKeepsWaiting) {
    agent_appears("8001");
    waiting();
    const LegId agent = ringing("8001");
    pass(15s);
    answers(agent);
    EXPECT_TRUE(all<Answered>().empty());
    EXPECT_TRUE(all<CallEnded>().empty());
}

TEST_F(Course, CallerLeavesWhileAPhoneRings) {
    agent_appears("8001");
    const LegId caller = waiting();
    const LegId agent = ringing("8001");
    pass(4s);
    hangs_up(caller);
    EXPECT_EQ(sent.back().leg, agent);
    EXPECT_EQ(sent.back().verb, "hangup");
    const auto ended = record();
    EXPECT_EQ(ended.outcome, "abandoned");
    EXPECT_EQ(ended.ring_ms, 4000);
    EXPECT_EQ(last<SegmentEnded>().result, "withdrawn");
    EXPECT_EQ(last<QueueLeft>().result, "abandoned");
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    everything_is_over();
}

TEST_F(Course, FullQueueTakesItsBranchAndIsOverflow) {
    waiting("1");
    waiting("2");
    waiting("3");
    const auto ended = record();
    EXPECT_EQ(ended.caller, "3");
    EXPECT_EQ(ended.outcome, "overflow");
    EXPECT_EQ(ended.hangup_by, "system");
}

TEST_F(Course, TheQueuesLimitHoldsAlsoForWhoIsStillBeingLookedUp) {
    for (const char* caller : {"1", "2", "3"}) in(DigitHeard{accepted(caller), '0'});
    pass(300ms);
    EXPECT_EQ(all<Enqueued>().size(), 2u);
    EXPECT_EQ(record().outcome, "overflow");
}

TEST_F(Course, AnonymousCallersHaveNoAgentWhoKnowsThem) {
    for (const char* caller : {"anonymous", "Anonymous", "restricted", ""}) {
        const LegId leg = accepted(caller);
        EXPECT_TRUE(looked_up.empty()) << caller;
        in(DigitHeard{leg, '0'});
        hangs_up(leg);
    }
    EXPECT_EQ(all<Enqueued>().size(), 4u) << "nothing was waited for";
}

TEST_F(Course, LongestWaitEndsInItsBranch) {
    waiting();
    pass(60s);
    EXPECT_EQ(last<QueueLeft>().result, "overflow");
    EXPECT_EQ(record().outcome, "overflow");
    everything_is_over();
}

TEST_F(Course, RescueGoesBeforeWhoeverWaits) {
    waiting("1");
    waiting("2", '9');
    agent_appears("8001");
    EXPECT_EQ(last<Offered>().queue, "rescue");
}

TEST_F(Course, PositionIsAnnouncedBetweenMusic) {
    waiting();
    speech_ready();
    ASSERT_EQ(played.back().mode, Media::PlayMode::Loop);
    pass(10s);
    EXPECT_EQ(prepared.back().words[0].text, "您是第一位");
    speech_ready();
    EXPECT_EQ(played.back().mode, Media::PlayMode::Once);
    in(PlayEnded{played.back().leg, played.back().play});
    EXPECT_EQ(played.back().mode, Media::PlayMode::Loop);
}

TEST_F(Course, AKeyEndsAnAnnouncementInTheQueueAndMusicFollows) {
    const LegId leg = waiting();
    speech_ready();
    pass(10s);
    speech_ready();
    EXPECT_EQ(played.back().mode, Media::PlayMode::Once);
    in(DigitHeard{leg, '5'});
    EXPECT_EQ(media.back(), "stop 1");
    EXPECT_EQ(played.back().mode, Media::PlayMode::Loop);
    in(DigitHeard{leg, '5'});
    EXPECT_EQ(played.back().mode, Media::PlayMode::Loop) << "music goes on";
    EXPECT_EQ(board.census(now).queues.front().waiting, 1u);
}

TEST_F(Course, HoldGivesMusicToTheOtherAndTheTimeIsHoldTime) {
    const auto [caller, agent] = talking();
    pass(5s);
    in(OfferReceived{agent, pcma(Direction::SendOnly)});
    EXPECT_EQ(sent.back().verb, "answer_offer");
    EXPECT_EQ(sent.back().audio.direction, Direction::RecvOnly);
    EXPECT_TRUE(did("unbridge " + to_text(caller)));
    speech_ready();
    EXPECT_EQ(played.back().leg, caller);
    EXPECT_EQ(played.back().mode, Media::PlayMode::Loop);
    pass(7s);
    in(OfferReceived{agent, pcma()});
    EXPECT_EQ(media.back(), "bridge " + to_text(caller) + ' ' + to_text(agent));
    pass(3s);
    in(OfferReceived{agent, pcma(Direction::Inactive)});
    pass(2s);
    hangs_up(agent);
    const auto ended = record();
    EXPECT_EQ(ended.talk_ms, 8000);
    EXPECT_EQ(ended.hold_ms, 9000);
    EXPECT_EQ(last<SegmentEnded>().hold_ms, 9000);
    EXPECT_EQ(all<Held>().size(), 2u);
    everything_is_over();
}

TEST_F(Course, WhenBothHoldTheTimeCountsOnceAndEachResumeTellsItsOwn) {
    const auto [caller, agent] = talking();
    pass(5s);
    in(OfferReceived{caller, pcma(Direction::SendOnly)});
    pass(4s);
    in(OfferReceived{agent, pcma(Direction::SendOnly)});
    pass(3s);
    in(OfferReceived{caller, pcma()});
    EXPECT_EQ(last<Resumed>().by, "caller");
    EXPECT_EQ(last<Resumed>().held_ms, 7000);
    pass(2s);
    in(OfferReceived{agent, pcma()});
    EXPECT_EQ(last<Resumed>().by, "agent");
    EXPECT_EQ(last<Resumed>().held_ms, 5000);
    pass(1s);
    hangs_up(agent);
    const auto ended = record();
    EXPECT_EQ(ended.talk_ms, 6000);
    EXPECT_EQ(ended.hold_ms, 9000);
    EXPECT_EQ(last<SegmentEnded>().hold_ms, 9000);
    everything_is_over();
}

TEST_F(Course, RefusedMediaChangeLeavesTheCallAsItWas) {
    const auto [caller, agent] = talking();
    RemoteAudio none = pcma();
    none.codecs.clear();
    in(OfferReceived{caller, none});
    EXPECT_EQ(sent.back().status, 488);
    hangs_up(agent);
    EXPECT_EQ(record().outcome, "answered");
}

TEST_F(Course, RtpSilenceEndsTheCallByTheSystem) {
    const auto [caller, agent] = talking();
    in(AudioSilent{caller, 60s});
    const auto ended = record();
    EXPECT_EQ(ended.hangup_by, "system");
    EXPECT_EQ(ended.cause, "rtp silence");
    EXPECT_EQ(ended.outcome, "answered");
    everything_is_over();
    (void)agent;
}

TEST_F(Course, WhoIsCutOffByUsBeforeAnAgentSpokeToHimWasFailed) {
    const LegId in_menu = accepted("1"), asked = accepted("2"), in_queue = waiting("3"), arriving = invite("4");
    in(DigitHeard{asked, '3'});
    in(AudioSilent{in_menu, 60s});
    board.end_all("shutdown", now);
    settle();
    ASSERT_EQ(all<CallEnded>().size(), 4u);
    for (const auto& ended : all<CallEnded>()) EXPECT_EQ(ended.outcome, "failed") << ended.caller << ' ' << ended.cause;
    EXPECT_EQ(last<QueueLeft>().result, "failed");
    (void)in_queue, (void)arriving;
    everything_is_over();
}

TEST_F(Course, AKeyBeforeTheAcknowledgementCounts) {
    const LegId leg = invite("13800000001");
    in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    in(InfoDigit{leg, '3'});
    EXPECT_TRUE(all<MenuChosen>().empty());
    in(LegConfirmed{leg, std::nullopt});
    EXPECT_EQ(last<MenuChosen>().choice, "hours");
}

TEST_F(Course, AKeyThatComesBothAsAnEventAndAsInfoCountsOnce) {
    struct Press {
        char way;  // R: RTP, I: INFO
        char key;
        Duration after;  // the one before
    };
    struct Case {
        const char* what;
        bool events_agreed;
        std::vector<Press> presses;
        std::string counted;
    };
    const Case cases[] = {
        {"the event, then INFO", true, {{'R', '3', 0ms}, {'I', '3', 40ms}}, "3"},
        {"INFO, then the event", true, {{'I', '3', 0ms}, {'R', '3', 40ms}}, "3"},
        {"at the limit", true, {{'R', '3', 0ms}, {'I', '3', 200ms}}, "3"},
        {"too late for the same press", true, {{'R', '3', 0ms}, {'I', '3', 201ms}}, "33"},
        {"another key", true, {{'R', '3', 0ms}, {'I', '0', 40ms}}, "30"},
        {"twice by the same way", true, {{'R', '3', 0ms}, {'R', '3', 150ms}}, "33"},
        {"twice by INFO", true, {{'I', '3', 0ms}, {'I', '3', 150ms}}, "33"},
        {"two presses, each both ways", true, {{'R', '3', 0ms}, {'I', '3', 40ms}, {'R', '3', 110ms}, {'I', '3', 40ms}}, "33"},
        {"no events were agreed: tones and INFO", false, {{'R', '3', 0ms}, {'I', '3', 40ms}}, "33"},
    };
    for (const auto& c : cases) {
        Exchange x;
        RemoteAudio offer = pcma();
        if (!c.events_agreed) offer.telephone_event.reset();
        const LegId leg = x.invite("13800000001", "95000", Origin::Kind::Trunk, offer);
        x.in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
        x.in(LegConfirmed{leg, std::nullopt});
        for (const auto& press : c.presses) {
            x.pass(press.after);
            if (press.way == 'R') x.in(DigitHeard{leg, press.key});
            if (press.way == 'I') x.in(InfoDigit{leg, press.key});
        }
        std::string counted;
        for (const auto& chosen : x.all<MenuChosen>()) counted += chosen.key;
        EXPECT_EQ(counted, c.counted) << c.what;
    }
}

TEST_F(Course, AKeyBothWaysBeforeTheAcknowledgementCountsOnce) {
    const LegId leg = invite("13800000001");
    in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    in(InfoDigit{leg, '3'});
    in(DigitHeard{leg, '3'});
    in(LegConfirmed{leg, std::nullopt});
    EXPECT_EQ(all<MenuChosen>().size(), 1u);
}

TEST_F(Course, NobodyAcknowledgesOurAnswer) {
    const LegId leg = invite("13800000001");
    in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    in(LegEnded{LegEnded::Cause::NoAck, leg, 0, ""});
    EXPECT_EQ(record().outcome, "failed");
    everything_is_over();
}

TEST_F(Course, CancelBeforeTheAudioPortIsThere) {
    const LegId leg = invite("13800000001");
    hangs_up(leg);
    in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    EXPECT_EQ(record().outcome, "abandoned");
    everything_is_over();
}

TEST_F(Course, NoAudioPortLeftIs503) {
    const LegId leg = invite("13800000001");
    in(AudioFailed{leg, "no port free"});
    EXPECT_EQ(sent.back().status, 503);
    EXPECT_EQ(record().outcome, "failed");
    everything_is_over();
}

TEST_F(Course, ShedWhenTheJournalIsNearlyFullOrTheHouseIs) {
    in(JournalFilled{0.95});
    invite("13800000001");
    EXPECT_EQ(sent.back().status, 503);
    EXPECT_TRUE(all<CallArrived>().empty());
    in(JournalFilled{0.1});
    site->max_calls = 1;
    board.reload(site, now);
    invite("1");
    invite("2");
    EXPECT_EQ(sent.back().status, 503);
}

TEST_F(Course, DrainRefusesNewCallsAndEndAllEndsTheOthers) {
    talking();
    board.drain(now);
    invite("13800000009");
    EXPECT_EQ(sent.back().status, 503);
    board.end_all("shutdown", now);
    settle();
    EXPECT_EQ(last<CallEnded>().hangup_by, "system");
    board.stop("shutdown", now);
    EXPECT_EQ(last<AgentChanged>().state, "offline");
    EXPECT_EQ(all<SystemStopped>().size(), 1u);
}

TEST_F(Course, ReloadKeepsWaitingCallersAndTheirTime) {
    const LegId caller = waiting();
    pass(5s);
    auto fresh = travel();
    fresh->acd.agents.push_back({"8003", {"service"}});
    board.reload(fresh, now);
    agent_appears("8003");
    EXPECT_EQ(last<Offered>().agent, "8003");
    EXPECT_EQ(last<Offered>().wait_ms, 5000);
    (void)caller;
}

TEST_F(Course, CallEndedWaitsForMeasurementButNotForLong) {
    const LegId caller = accepted("13800000001");
    hangs_up(caller);
    EXPECT_TRUE(all<CallEnded>().empty());
    pass(1s);
    EXPECT_EQ(all<CallEnded>().size(), 1u);
    in(AudioClosed{caller, {}});
    EXPECT_EQ(board.census(now).calls, 0u);
}

TEST_F(Course, WhatEachLegsAudioWasLikeIsOnRecord) {
    const auto [caller, agent] = talking();
    hangs_up(caller);
    LegQuality heard;
    heard.packets_in = 900;
    heard.packets_out = 1000;
    heard.lost_in = 100;
    heard.jitter_in_ms = 3.5;
    heard.jitter_in_max_ms = 12.25;
    heard.loss_out = 0.25;
    heard.round_trip_ms = 41;
    in(AudioClosed{caller, heard});
    const auto of_caller = last<LegMeasured>();
    EXPECT_EQ(of_caller.leg, "caller");
    EXPECT_FALSE(of_caller.agent);
    EXPECT_EQ(of_caller.packets_in, 900);
    EXPECT_EQ(of_caller.packets_out, 1000);
    EXPECT_EQ(of_caller.lost_in, 100);
    EXPECT_EQ(of_caller.loss_in_pct, 10);
    EXPECT_EQ(of_caller.jitter_in_ms, 3.5);
    EXPECT_EQ(of_caller.jitter_in_max_ms, 12.25);
    EXPECT_EQ(of_caller.loss_out_pct, 25);
    EXPECT_EQ(of_caller.round_trip_ms, 41);

    in(AudioClosed{agent, {}});  // said nothing, sent no reports
    const auto of_agent = last<LegMeasured>();
    EXPECT_EQ(of_agent.leg, "agent");
    EXPECT_EQ(of_agent.agent, "8001");
    EXPECT_EQ(of_agent.loss_in_pct, 0);
    EXPECT_FALSE(of_agent.loss_out_pct);
    EXPECT_FALSE(of_agent.round_trip_ms);

    const auto ended = last<CallEnded>();
    EXPECT_EQ(ended.loss_in_pct, 10) << "the call's own are the caller's";
    EXPECT_EQ(ended.jitter_in_ms, 3.5);
    in(AudioClosed{caller, heard});
    EXPECT_EQ(all<LegMeasured>().size(), 2u) << "told twice is told once";
    everything_is_over();
}

TEST_F(Course, APhoneThatNeverAnsweredIsNotMeasured) {
    agent_appears("8001");
    const LegId caller = waiting(), agent = ringing("8001");
    hangs_up(caller);
    in(AudioClosed{agent, {}});
    in(AudioClosed{caller, {}});
    ASSERT_EQ(all<LegMeasured>().size(), 1u);
    EXPECT_EQ(last<LegMeasured>().leg, "caller");
}

TEST_F(Course, ATalkWhoseAgentsAudioIsLostEndsForBoth) {
    const auto [caller, agent] = talking();
    in(AudioClosed{agent, {}});
    EXPECT_EQ(last<SegmentEnded>().result, "answered");
    settle();
    EXPECT_EQ(last<CallEnded>().hangup_by, "system");
    EXPECT_EQ(last<CallEnded>().cause, "the agent's audio was lost");
    EXPECT_EQ(last<CallEnded>().outcome, "answered");
    everything_is_over();
}

TEST_F(Course, AnOfferWhosePhonesAudioIsLostFailsAndTheCallerKeepsHisPlace) {
    agent_appears("8001");
    const LegId caller = waiting(), agent = ringing("8001");
    in(AudioClosed{agent, {}});
    EXPECT_EQ(last<SegmentEnded>().result, "failed");
    EXPECT_TRUE(all<QueueLeft>().empty());
    agent_appears("8002");
    answers(ringing("8002"));
    EXPECT_EQ(last<Answered>().agent, "8002");
    hangs_up(caller);
    everything_is_over();
}

TEST_F(Course, ALegThatNeverReportsIsForgottenInTime) {
    talking();
    board.end_all("test", now);
    pass(61s);
    const Census c = board.census(now);
    EXPECT_EQ(c.calls + c.legs + c.timers, 0u);
}

TEST_F(Course, EventsOfUnknownLegsChangeNothing) {
    const LegId nobody{999};
    in(LegEnded{LegEnded::Cause::Remote, nobody, 0, ""});
    in(LegAnswered{nobody, pcma()});
    in(DigitHeard{nobody, '1'});
    in(PlayEnded{nobody, PlayId{1}});
    in(AudioClosed{nobody, {}});
    in(SpeechReady{SpeechId{77}, {}});
    EXPECT_EQ(board.census(now).late_events, 6u);
}

}  // namespace
}  // namespace hotline::call
