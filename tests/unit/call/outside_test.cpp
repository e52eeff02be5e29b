// Agents call numbers outside: who may, through which trunk, what both sides hear of it, and what the record says.
#include "trunks.h"

namespace hotline::call {
namespace {

constexpr const char* kMobile = "13900001234";

struct Outside : TrunksCourse {
    static std::shared_ptr<Site> with_trunks() {
        auto site = two_trunks();
        site->trunks["second"].number_form = TrunkRules::NumberForm::E164;
        site->trunks["second"].codecs = {Codec::Pcmu};
        site->outbound.allowed = {"1", "0"};
        site->outbound.max_calls_per_hour = 3;
        site->queue_caller_ids["elsewhere"] = "057196000";  // served by nobody
        return site;
    }
    Outside() {
        begin_with(with_trunks());
        agent_appears("8001");
    }
    /// The agent dials; his port is there unless he was refused.
    LegId dials(const std::string& number = kMobile, const std::string& agent = "8001") {
        const auto before = sent.size();
        const LegId leg = invite(agent, number, Origin::Kind::Agent);
        if (sent.size() == before) in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
        return leg;
    }
    /// Whatever is under way is hung up by him who placed it.
    void everything_ends() {
        board.end_all("test", now);
        settle();
    }
};

TEST_F(Outside, AnAgentCallsTalksAndIsOnRecord) {
    const LegId agent = dials();
    EXPECT_EQ(last<AgentChanged>().state, "busy");
    const LegId called = through("first");
    EXPECT_EQ(sent.back().number, kMobile);
    EXPECT_EQ(sent.back().caller, "057195000") << "he has had no conversation yet: of a queue that he serves";
    in(LegRinging{called, std::nullopt});
    EXPECT_EQ(sent.back().verb, "ring");
    waiting("13800000009");
    EXPECT_TRUE(all<Offered>().empty()) << "nobody is offered to him meanwhile";
    pass(3s);
    answers(called);
    EXPECT_EQ(sent.back().verb, "answer");
    EXPECT_EQ(sent.back().leg, agent);
    in(LegConfirmed{agent, std::nullopt});
    EXPECT_TRUE(did("bridge " + to_text(agent) + ' ' + to_text(called)));
    EXPECT_TRUE(did("record " + to_text(called))) << "left is whom he called, right is the agent";
    EXPECT_FALSE(did("record " + to_text(agent)));
    pass(20s);
    hangs_up(called);
    EXPECT_EQ(all<Offered>().size(), 1u) << "free again";
    settle();
    const auto ended = last<CallEnded>();
    EXPECT_EQ(ended.direction, "out");
    EXPECT_EQ(ended.purpose, "outside");
    EXPECT_EQ(ended.caller, "8001");
    EXPECT_EQ(ended.called, kMobile);
    EXPECT_EQ(ended.agent, "8001");
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.hangup_by, "called");
    EXPECT_EQ(ended.talk_ms, 20000);
    EXPECT_EQ(ended.ring_ms, 3000);
    EXPECT_EQ(last<CallArrived>().direction, "in") << "of the waiting caller, who came after";
    EXPECT_EQ(all<CallArrived>().front().direction, "out");
    EXPECT_EQ(last<Dialled>().number, kMobile);
    EXPECT_EQ(last<DialEnded>().result, "answered");
    EXPECT_EQ(last<SegmentEnded>().agent, "8001");
    EXPECT_EQ(last<SegmentEnded>().talk_ms, 20000);
}

TEST_F(Outside, TheAgentHangsUpAndHisHoldIsHis) {
    const LegId agent = dials();
    const LegId called = through("first");
    answers(called);
    in(LegConfirmed{agent, std::nullopt});
    in(OfferReceived{agent, pcma(Direction::SendOnly)});
    EXPECT_EQ(last<Held>().by, "agent");
    pass(4s);
    in(OfferReceived{agent, pcma()});
    EXPECT_EQ(last<Resumed>().held_ms, 4000);
    in(OfferReceived{called, pcma(Direction::Inactive)});
    EXPECT_EQ(last<Held>().by, "called");
    in(OfferReceived{called, pcma()});
    hangs_up(agent);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().hangup_by, "agent");
    EXPECT_EQ(last<CallEnded>().hold_ms, 4000);
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    std::map<std::string, std::optional<std::string>> measured;
    for (const auto& leg : all<LegMeasured>()) measured[leg.leg] = leg.agent;
    EXPECT_EQ(measured, (std::map<std::string, std::optional<std::string>>{{"agent", "8001"}, {"called", std::nullopt}}));
}

TEST_F(Outside, TheQualityOnRecordIsOfTheOneWhoIsNoAgent) {
    const LegId agent = dials();
    const LegId called = through("first");
    answers(called);
    in(LegConfirmed{agent, std::nullopt});
    hangs_up(agent);
    LegQuality poor;
    poor.packets_in = 90, poor.lost_in = 10;
    in(AudioClosed{called, poor});
    in(AudioClosed{agent, {}});
    EXPECT_EQ(last<CallEnded>().loss_in_pct, 10);
    in(LegEnded{LegEnded::Cause::Local, called, 0, ""});
    EXPECT_EQ(board.census(now).calls, 0u);
}

TEST_F(Outside, TheNumberOfHisLastQueueIsShown) {
    const auto [caller, agent] = talking();
    hangs_up(caller);
    settle();
    pass(10s);
    dials();
    through("first");
    EXPECT_EQ(sent.back().caller, "057195000");
    EXPECT_EQ(last<Dialled>().caller_id, "057195000");
    (void)agent;
}

TEST_F(Outside, WithoutAConversationItIsTheFirstQueueThatHeServesAndThatHasANumber) {
    auto rules = with_trunks();
    rules->acd.agents[0].queues = {"rescue", "service"};  // the first has none
    apply(rules);
    dials();
    through("first");
    EXPECT_EQ(last<Dialled>().caller_id, "057195000");
    everything_ends();
    rules = with_trunks();
    rules->acd.agents[0].queues = {"rescue"};
    apply(rules);
    dials();
    through("first");
    EXPECT_EQ(last<Dialled>().caller_id, "95000") << "no queue of his has one: the trunk's";
}

TEST_F(Outside, TheNumberOnRecordIsTheOneThatHeRingsBackWith) {
    dials("+86 139-0000-1234");
    EXPECT_EQ(last<CallArrived>().called, kMobile);
    everything_ends();
    EXPECT_EQ(last<CallEnded>().called, kMobile);
}

TEST_F(Outside, EmergencyNumbersNeedNoPermissionAndKnowNoLimit) {
    auto rules = with_trunks();
    rules->outbound.allowed = {"0"};
    rules->outbound.routes = {{{"0"}, nullptr, {"first"}}};
    rules->outbound.emergency.push_back("9999");  // the house's own
    rules->outbound.max_calls_per_hour = 1;
    apply(rules);
    dials("057188886666");
    through("first");
    for (const char* number : {"110", "119", "120", "+86120", "9999"}) {
        SCOPED_TRACE(number);
        const LegId agent = dials(number);
        trunk_says(through("first"), 503, LegEnded::Cause::Unreachable);
        through("second");  // no route leads there: any trunk is better than none
        EXPECT_EQ(last<CallArrived>().purpose, "outside");
        hangs_up(agent);
        settle();
    }
    EXPECT_EQ(board.census(now).emergency_calls, 5u);
    EXPECT_EQ(refused("not_allowed") + refused("too_many_at_once") + refused("too_many_an_hour") + refused("no_trunk"), 0u);
    dials("114");
    EXPECT_EQ(sent.back().status, 403);
    EXPECT_EQ(refused("not_allowed"), 1u);
    invite("13800000001", "110");
    EXPECT_EQ(sent.back().status, 403) << "he has a phone of his own";
}

TEST_F(Outside, AnEmergencyIsNotShedWhereOthersAre) {
    auto full = with_trunks();
    full->max_calls = 0;
    apply(full);
    dials();
    EXPECT_EQ(sent.back().status, 503);
    dials("120");
    through("first");
    in(JournalFilled{0.95});
    hangs_up(dials("110"));
    EXPECT_EQ(all<CallArrived>().size(), 2u);
    board.drain(now);
    dials("120");
    EXPECT_EQ(sent.back().status, 503);
}

TEST_F(Outside, EarlySoundIsPassedOnAndTheAnswerFollows) {
    const LegId agent = dials();
    const LegId called = through("first");
    in(LegRinging{called, pcma()});
    EXPECT_EQ(sent.back().verb, "early");
    EXPECT_EQ(sent.back().leg, agent);
    EXPECT_EQ(sent.back().audio.codecs.size(), 1u);
    EXPECT_TRUE(did("bridge " + to_text(agent) + ' ' + to_text(called)));
    EXPECT_FALSE(did("record " + to_text(called))) << "nobody has answered";
    in(LegRinging{called, std::nullopt});
    EXPECT_EQ(sent.back().verb, "early") << "a 180 behind it would have the phone make its own tone";
    const auto bridges = std::count(media.begin(), media.end(), "bridge " + to_text(agent) + ' ' + to_text(called));
    answers(called);
    EXPECT_EQ(sent.back().verb, "answer");
    EXPECT_EQ(std::count(media.begin(), media.end(), "bridge " + to_text(agent) + ' ' + to_text(called)), bridges);
    EXPECT_TRUE(did("record " + to_text(called)));
    in(LegConfirmed{agent, std::nullopt});
    hangs_up(agent);
    everything_is_over();
}

TEST_F(Outside, WithoutAnOfferOfThePhoneThereIsNoEarlySound) {
    const LegId agent = invite("8001", kMobile, Origin::Kind::Agent, std::nullopt);
    in(AudioOpened{agent, *Address::parse("127.0.0.1:20000")});
    const LegId called = through("first");
    in(LegRinging{called, pcma()});
    EXPECT_EQ(sent.back().verb, "ring");
    answers(called);
    EXPECT_EQ(sent.back().verb, "answer");
    in(LegConfirmed{agent, pcma()});
    EXPECT_TRUE(did("connect " + to_text(agent)));
    hangs_up(agent);
    everything_is_over();
}

TEST_F(Outside, TheNextTrunkIsTriedAfterItsTroubleAndNotAfterTheCalleesWord) {
    auto rules = with_trunks();
    rules->queue_caller_ids.clear();  // each trunk shows its own
    apply(rules);
    for (const int status : {408, 500, 503, 504, 401}) {
        dials("13900001234");
        const LegId one = through("first");
        trunk_says(one, status, LegEnded::Cause::Unreachable);
        const LegId two = through("second");
        EXPECT_EQ(sent.back().number, "+8613900001234") << "as the second wants it";
        EXPECT_EQ(sent.back().caller, "95001");
        trunk_says(two, 486, LegEnded::Cause::Busy);
        EXPECT_EQ(sent.back().verb, "refuse");
        EXPECT_EQ(sent.back().status, 486);
        everything_is_over();
        EXPECT_EQ(last<CallEnded>().outcome, "rejected");
        pass(1h);
    }
    for (const int status : {403, 404, 480, 486, 600, 603}) {
        dials();
        trunk_says(through("first"), status);
        EXPECT_EQ(sent.back().verb, "refuse");
        EXPECT_EQ(sent.back().status, status);
        everything_is_over();
        pass(1h);
    }
    EXPECT_EQ(all<Dialled>().size(), 5u * 2 + 6);
    EXPECT_EQ(all<DialEnded>().size(), all<Dialled>().size());
}

TEST_F(Outside, ASilentTrunkIsGivenUpInTime) {
    dials();
    const LegId one = through("first");
    pass(site->outbound.silence - 1ms);
    EXPECT_EQ(sent.back().leg, one);
    EXPECT_EQ(sent.back().verb, "dial out");
    pass(1ms);
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(sent.back().leg, one);
    EXPECT_EQ(last<DialEnded>().result, "silent");
    const LegId two = through("second");
    answers(one);  // its 200 crossed our CANCEL: signalling ends that dialog, and the core knows nothing of it
    EXPECT_EQ(sent.back().leg, two);
    pass(site->outbound.silence);
    EXPECT_EQ(sent.back().verb, "refuse");
    EXPECT_EQ(sent.back().status, 503);
    EXPECT_EQ(refused("no_trunk"), 1u);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "failed");
    EXPECT_EQ(last<CallEnded>().ring_ms, 16000) << "what both trunks took";
}

TEST_F(Outside, WhoRangIsNotCalledThroughAnotherTrunk) {
    dials();
    const LegId called = through("first");
    in(LegRinging{called, std::nullopt});
    trunk_says(called, 503, LegEnded::Cause::Unreachable);
    EXPECT_EQ(sent.back().verb, "refuse");
    EXPECT_EQ(sent.back().status, 503);
    everything_is_over();
    EXPECT_EQ(all<Dialled>().size(), 1u);
}

TEST_F(Outside, A183WithoutSoundIsNoRinging) {
    dials();
    const LegId one = through("first");
    in(LegRinging{one, std::nullopt, true});
    EXPECT_EQ(sent.back().verb, "ring") << "the agent hears that it goes on";
    trunk_says(one, 503, LegEnded::Cause::Unreachable);
    const LegId two = through("second");
    in(LegRinging{two, std::nullopt, true});
    EXPECT_EQ(sent.back().verb, "dial out") << "he was told once";
    in(LegRinging{two, std::nullopt});
    EXPECT_EQ(sent.back().verb, "dial out");
    pass(site->outbound.ring - 1ms);
    EXPECT_EQ(sent.back().verb, "dial out") << "now it rings, and for as long as that may last";
    trunk_says(two, 503, LegEnded::Cause::Unreachable);
    EXPECT_EQ(sent.back().verb, "refuse");
    everything_is_over();
    EXPECT_EQ(all<Dialled>().size(), 2u);
}

TEST_F(Outside, ATrunkAtWorkIsWaitedForOnceMore) {
    auto plain = with_trunks();
    plain->trunks["second"].codecs.clear();
    apply(plain);
    dials();
    const LegId one = through("first");
    pass(site->outbound.silence - 1ms);
    in(LegRinging{one, std::nullopt, true});
    pass(site->outbound.silence / 2);
    in(LegRinging{one, std::nullopt, true});  // another one prolongs nothing
    pass(site->outbound.silence / 2 - 1ms);
    EXPECT_EQ(sent.back().verb, "ring");
    pass(1ms);
    EXPECT_EQ(last<DialEnded>().result, "silent");
    const LegId two = through("second");
    in(LegRinging{two, pcma()});
    EXPECT_EQ(sent.back().verb, "early") << "sound ends the tone of his own phone";
    pass(site->outbound.silence);
    answers(two);
    EXPECT_EQ(sent.back().verb, "answer");
}

TEST_F(Outside, A183BehindRingingChangesNothing) {
    dials();
    const LegId one = through("first");
    in(LegRinging{one, std::nullopt});
    in(LegRinging{one, std::nullopt, true});
    pass(site->outbound.silence);
    EXPECT_EQ(sent.back().verb, "ring") << "it rings, and is not taken for silent";
    trunk_says(one, 503, LegEnded::Cause::Unreachable);
    EXPECT_EQ(sent.back().verb, "refuse");
}

TEST_F(Outside, ItRingsForSoLongAndNoLonger) {
    dials();
    const LegId called = through("first");
    pass(5s);
    in(LegRinging{called, std::nullopt});
    pass(site->outbound.ring - 1ms);
    EXPECT_EQ(sent.back().verb, "ring");
    pass(1ms);
    EXPECT_EQ(sent.back().verb, "refuse");
    EXPECT_EQ(sent.back().status, 480);
    EXPECT_EQ(last<DialEnded>().result, "missed");
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "rejected");
    EXPECT_EQ(last<CallEnded>().ring_ms, 65000);
}

TEST_F(Outside, TheAgentGivesUpWhileItRings) {
    const LegId agent = dials();
    const LegId called = through("first");
    in(LegRinging{called, std::nullopt});
    pass(2s);
    hangs_up(agent);
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(sent.back().leg, called);
    EXPECT_EQ(last<DialEnded>().result, "withdrawn");
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "abandoned");
    EXPECT_EQ(last<CallEnded>().agent, "8001") << "he placed it: it counts among his";
    EXPECT_TRUE(all<SegmentEnded>().empty());
    EXPECT_EQ(last<AgentChanged>().state, "ready");
}

TEST_F(Outside, ATrunkThatIsDownOrFullIsPassedOver) {
    in(TrunkState{"first", false, {}});
    const LegId one = dials();
    through("second");
    hangs_up(one);
    everything_is_over();
    in(TrunkState{"first", true, *IpAddress::parse("127.0.0.1")});
    auto full = with_trunks();
    full->trunks["first"].max_calls = 1;
    full->outbound.max_calls_per_agent = 2;
    apply(full);
    dials();
    const LegId two = through("first");
    EXPECT_EQ(board.census(now).trunk_calls["first"], 1u);
    agent_appears("8002");
    dials(kMobile, "8002");
    through("second");
    EXPECT_EQ(board.census(now).trunk_calls["second"], 1u);
    trunk_says(two, 486);
    settle();
    EXPECT_EQ(board.census(now).trunk_calls["first"], 0u);
    dials();
    through("first");
}

TEST_F(Outside, WithNoTrunkLeftTheAgentHearsSoAtOnce) {
    for (const char* trunk : {"first", "second"}) in(TrunkState{trunk, false, {}});
    dials();
    EXPECT_EQ(sent.back().verb, "refuse");
    EXPECT_EQ(sent.back().status, 503);
    EXPECT_EQ(refused("no_trunk"), 1u);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "failed");
    EXPECT_TRUE(all<Dialled>().empty());
}

TEST_F(Outside, OnlyAllowedNumbersWithinHisLimits) {
    for (const char* number : {"+19005551234", "4001234567", "95588"}) {
        dials(number);
        EXPECT_EQ(sent.back().verb, "refuse");
        EXPECT_EQ(sent.back().status, 403) << number;
        settle();
    }
    EXPECT_EQ(refused("not_allowed"), 3u);
    EXPECT_EQ(last<CallEnded>().outcome, "rejected");
    EXPECT_EQ(last<CallEnded>().agent, std::nullopt) << "a call that was not placed is none of his";

    const LegId one = dials();
    through("first");
    dials("13900009999");
    EXPECT_EQ(sent.back().status, 403);
    EXPECT_EQ(refused("too_many_at_once"), 1u);
    hangs_up(one);
    settle();
    for (int i = 0; i < 2; ++i) {
        pass(10min);
        hangs_up(dials());
        settle();
    }
    dials();
    EXPECT_EQ(sent.back().status, 403) << "the fourth within an hour";
    EXPECT_EQ(refused("too_many_an_hour"), 1u);
    settle();
    pass(40min);
    EXPECT_EQ(refused("too_many_an_hour"), 1u);
    hangs_up(dials());
    settle();
    EXPECT_EQ(refused("too_many_an_hour"), 1u) << "the first is an hour old";
    everything_is_over();
}

TEST_F(Outside, AnotherAgentHasLimitsOfHisOwn) {
    agent_appears("8002");
    dials();
    through("first");
    dials(kMobile, "8002");
    through("first");
    EXPECT_EQ(refused("too_many_at_once"), 0u);
}

TEST_F(Outside, NobodyElseCallsOut) {
    invite("13800000001", kMobile);
    EXPECT_EQ(sent.back().verb, "refuse");
    EXPECT_EQ(sent.back().status, 403);
    EXPECT_EQ(refused("not_an_agent"), 1u);
    invite("13800000001", "12345");
    EXPECT_EQ(sent.back().status, 404) << "a short number may be a hotline that is not there any more";
    EXPECT_EQ(refused("not_an_agent"), 1u);
    for (const char* inside : {"8002", "8099", "*71", "*99", "#1"}) {
        invite("13800000001", inside);
        EXPECT_EQ(sent.back().status, 403) << inside << ": whether there is such a number is nothing to strangers";
    }
    EXPECT_EQ(refused("not_an_agent"), 6u);
    invite("13800000001", "99");
    EXPECT_EQ(sent.back().status, 404) << "nothing at all";
    EXPECT_EQ(refused("not_an_agent"), 6u);
    invite("8001", "8099", Origin::Kind::Agent);
    EXPECT_EQ(sent.back().status, 404) << "no number of the plan: a slip";
    EXPECT_EQ(refused("no_number"), 1u);
    everything_is_over();
    EXPECT_TRUE(all<Dialled>().empty());
}

TEST_F(Outside, ATrunksCodecsHoldBothWays) {
    const LegId agent = dials();
    in(TrunkState{"first", false, {}});
    const LegId in_call = last_opened();
    EXPECT_NE(in_call, agent);
    in(LegEnded{LegEnded::Cause::Remote, agent, 0, ""});
    settle();
    const LegId again = dials();
    const LegId called = through("second");
    ASSERT_EQ(sent.back().audio.codecs.size(), 1u);
    EXPECT_EQ(sent.back().audio.codecs[0].first, Codec::Pcmu);
    answers(called);  // in PCMA, which the second does not speak
    EXPECT_EQ(sent.back().verb, "refuse");
    EXPECT_EQ(sent.back().status, 488);
    everything_is_over();
    (void)again;
    const LegId caller = leg_ids.next();
    in(InviteArrived{caller, {Origin::Kind::Trunk, "second"}, "13800000001", "", "95000", pcma(), "id", {}});
    EXPECT_EQ(sent.back().status, 488);
}

TEST_F(Outside, AFullTrunksOwnCallsGet503) {
    auto narrow = with_trunks();
    narrow->trunks["local"].max_calls = 1;
    apply(narrow);
    const LegId first = accepted("13800000001");
    invite("13800000002");
    EXPECT_EQ(sent.back().verb, "refuse");
    EXPECT_EQ(sent.back().status, 503);
    EXPECT_EQ(all<CallArrived>().size(), 1u);
    hangs_up(first);
    in(LegEnded{LegEnded::Cause::Local, LegId{2}, 503, ""});
    settle();
    accepted("13800000003");
    EXPECT_EQ(all<CallArrived>().size(), 2u);
}

TEST_F(Outside, WithoutAPortForTheTrunkTheNextIsNoBetter) {
    dials();
    in(AudioFailed{last_opened(), "no port free"});
    in(AudioFailed{last_opened(), "no port free"});
    EXPECT_EQ(sent.back().verb, "refuse");
    EXPECT_EQ(sent.back().status, 503);
    everything_is_over();
}

TEST_F(Outside, AReloadThatTakesTheTrunkAwayEndsTheDialling) {
    dials();
    const LegId leg = last_opened();
    auto without = with_trunks();
    without->trunks.erase("first");
    apply(without);
    in(AudioOpened{leg, *Address::parse("127.0.0.1:20002")});
    through("second");
}

TEST_F(Outside, RoutesFollowTheHour) {
    auto timed = with_trunks();
    auto closed = std::make_shared<ivr::Calendar>();
    closed->time_zone = "Asia/Shanghai";  // no day is open
    timed->outbound.routes = {{{"1"}, closed, {"first"}}, {{"1"}, nullptr, {"second"}}};
    apply(timed);
    dials();
    through("second");
    dials("057188886666");
    EXPECT_EQ(sent.back().status, 403) << "one at a time";
}

TEST_F(Outside, AtShutdownACallOutIsEnded) {
    const LegId agent = dials();
    through("first");
    board.end_all("shutdown", now);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "failed");
    (void)agent;
}

}  // namespace
}  // namespace hotline::call
