// A menu hands its caller on to a number outside: through which trunk, what he hears, who may be called, and what the record says.
#include "handed_on.h"

namespace hotline::call {
namespace {

// ── To a number outside ──

TEST_F(HandedOn, ANumberOutsideIsCalledThroughATrunkAndIsOnRecord) {
    const LegId caller = chooses(kOutside);
    speech_ready();
    const LegId called = through("first");
    EXPECT_EQ(sent.back().number, kSomebody);
    EXPECT_EQ(sent.back().caller, "95000") << "he was in no queue: the trunk's";
    in(LegRinging{called, std::nullopt});
    EXPECT_EQ(sent.back().verb, "dial out") << "the caller is answered long since: he hears music, and no 180";
    EXPECT_FALSE(did(bridge(caller, called)));
    pass(4s);
    answers(called);
    EXPECT_TRUE(did(bridge(caller, called)));
    EXPECT_FALSE(did("record " + to_text(called))) << "the caller's own recording goes on";
    EXPECT_EQ(std::count(media.begin(), media.end(), "record " + to_text(caller)), 1);
    EXPECT_EQ(result().number, kSomebody);
    EXPECT_EQ(result().trunk, "first");
    EXPECT_EQ(result().agent, std::nullopt);
    EXPECT_EQ(last<Dialled>().agent, "");
    EXPECT_EQ(last<DialEnded>().result, "answered");
    EXPECT_EQ(last<Answered>().agent, "");
    pass(30s);
    hangs_up(called);
    const auto ended = record();
    EXPECT_EQ(ended.direction, "in");
    EXPECT_EQ(ended.caller, "13800000001");
    EXPECT_EQ(ended.called, "95000");
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.agent, std::nullopt);
    EXPECT_EQ(ended.hangup_by, "called");
    EXPECT_EQ(ended.talk_ms, 30000);
    EXPECT_EQ(ended.ring_ms, 4000);
    EXPECT_EQ(ended.wait_ms, 4000);
    const auto part = last<SegmentEnded>();
    EXPECT_EQ(part.agent, "");
    EXPECT_EQ(part.number, kSomebody);
    EXPECT_EQ(part.trunk, "first");
    EXPECT_EQ(part.talk_ms, 30000);
    std::set<std::string> measured;
    for (const auto& leg : all<LegMeasured>()) measured.insert(leg.leg);
    EXPECT_EQ(measured, (std::set<std::string>{"caller", "called"}));
}

TEST_F(HandedOn, TheQueuesNumberIsShownToWhomItsCallerIsHandedOn) {
    in(AgentContacts{"8001", 0, {}});
    waiting("13800000001", kQueue);
    pass(60s);
    through("first");
    EXPECT_EQ(sent.back().caller, "057195000");
    EXPECT_EQ(last<Dialled>().caller_id, "057195000");
}

TEST_F(HandedOn, EarlySoundTakesThePlaceOfTheMusic) {
    const LegId caller = chooses(kOutside);
    speech_ready();
    const LegId called = through("first");
    in(LegRinging{called, pcma()});
    EXPECT_TRUE(did("stop " + to_text(caller)));
    EXPECT_TRUE(did(bridge(caller, called)));
    EXPECT_NE(sent.back().verb, "early");
    in(LegRinging{called, std::nullopt});
    pass(2s);
    answers(called);
    EXPECT_EQ(std::count(media.begin(), media.end(), bridge(caller, called)), 1);
    hangs_up(caller);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().hangup_by, "caller");
}

TEST_F(HandedOn, AfterEarlySoundThatCameToNothingTheMenuIsHeardAgain) {
    const LegId caller = chooses(kOutside);
    const LegId called = through("first");
    in(LegRinging{called, pcma()});
    trunk_says(called, 486, LegEnded::Cause::Busy);
    EXPECT_TRUE(did("unbridge " + to_text(caller)));
    EXPECT_EQ(hears(), "is_busy");
    farewell();
}

TEST_F(HandedOn, WhatTheFarEndSaysLeadsOn) {
    for (const auto& [status, says] :
         {std::pair(486, "is_busy"), std::pair(600, "is_busy"), std::pair(603, "is_busy"), std::pair(480, "is_away"),
          std::pair(404, "is_gone"), std::pair(403, "is_gone"), std::pair(484, "is_gone")}) {
        chooses(kOutside, "1380000" + std::to_string(1000 + status));
        trunk_says(through("first"), status);
        EXPECT_EQ(hears(), says) << status;
        farewell();
        EXPECT_EQ(all<Dialled>().size(), all<DialEnded>().size());
    }
    EXPECT_EQ(all<Dialled>().size(), 7u) << "the callee's word is final: no other trunk is tried";
}

TEST_F(HandedOn, TheNextTrunkIsTriedAfterItsTrouble) {
    chooses(kOutside);
    trunk_says(through("first"), 503, LegEnded::Cause::Unreachable);
    const LegId second = through("second");
    pass(site->outbound.silence);
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(sent.back().leg, second);
    EXPECT_EQ(last<DialEnded>().result, "silent");
    EXPECT_TRUE(all<Transferred>().empty());
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone");
    EXPECT_EQ(result().why, "no trunk took it, the last one: silence");
    EXPECT_EQ(result().trunk, "second");
    EXPECT_EQ(refused("no_trunk"), 1u);
    farewell();
}

TEST_F(HandedOn, OutsideItRingsForSoLongAndNoLongerToo) {
    chooses(kOutside);
    const LegId called = through("first");
    in(LegRinging{called, std::nullopt});
    pass(20s - 1ms);
    EXPECT_EQ(sent.back().verb, "dial out");
    pass(1ms);
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(hears(), "is_away");
    EXPECT_EQ(last<DialEnded>().result, "missed");
    farewell();
}

TEST_F(HandedOn, WithNoTrunkThereTheMenuIsToldSoInAMoment) {
    for (const char* trunk : {"first", "second"}) in(TrunkState{trunk, false, {}});
    chooses(kOutside);
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone");
    EXPECT_TRUE(all<Dialled>().empty());
    EXPECT_EQ(result().number, kSomebody);
    EXPECT_EQ(result().trunk, std::nullopt);
    farewell();
}

TEST_F(HandedOn, AnUnusableAnswerIsNone) {
    chooses(kOutside);
    const LegId called = through("first");
    RemoteAudio nothing = pcma();
    nothing.codecs.clear();
    in(LegAnswered{called, nothing});
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(hears(), "is_gone");
    farewell();
}

TEST_F(HandedOn, TheFlowGoesOnAfterATalkOutside) {
    const LegId caller = chooses(kOutsideStays);
    const LegId called = through("first");
    in(LegRinging{called, pcma()});
    answers(called);
    pass(7s);
    in(OfferReceived{called, pcma(Direction::SendOnly)});
    EXPECT_EQ(last<Held>().by, "called");
    pass(3s);
    hangs_up(called);
    EXPECT_EQ(hears(), "and_then");
    EXPECT_TRUE(did("unbridge " + to_text(caller)));
    farewell();
    EXPECT_EQ(last<CallEnded>().hangup_by, "called");
    EXPECT_EQ(last<CallEnded>().talk_ms, 7000);
    EXPECT_EQ(last<CallEnded>().hold_ms, 3000);
    EXPECT_EQ(last<SegmentEnded>().hold_ms, 3000);
}

// ── Who may be called ──

struct Typed : HandedOn {
    LegId types(const std::string& number, const std::string& caller = "13800000001") {
        const LegId leg = chooses(kTyped, caller);
        for (const char key : number + '#') in(DigitHeard{leg, key});
        return leg;
    }
};

TEST_F(Typed, AnExtensionIsAnAgent) {
    const LegId caller = types("8001");
    answers(ringing("8001"));
    hangs_up(caller);
    everything_is_over();
}

TEST_F(Typed, OnlyTheNumbersThatTheNodeNames) {
    for (const char* number : {"13900005678", "02165551234", "0019005551234"}) {
        types(number);
        pass(100ms);
        EXPECT_EQ(hears(), "is_gone") << number;
        EXPECT_EQ(result().why, "not_allowed");
        farewell();
    }
    EXPECT_EQ(refused("not_allowed"), 3u);
    types("8099");
    pass(100ms);
    EXPECT_EQ(result().why, "neither an agent's number nor one of the numbering plan");
    farewell();
    EXPECT_TRUE(all<Dialled>().empty());
    types("0013900001234#");  // no number; and however the one that it names is written:
    pass(100ms);
    types("013900001234", "13800000002");
    through("first");
    EXPECT_EQ(sent.back().number, kSomebody);
}

TEST_F(Typed, AgentsOnlyWhereTheNodeSaysSo) {
    auto rules = with_transfers();
    auto changed = std::make_shared<ivr::Program>(*rules->hotlines.at("95000"));
    std::get<ivr::Transfer>(changed->nodes[7].body).only.agents = false;
    rules->hotlines["95000"] = changed;
    apply(rules);
    types("8001");
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone");
    EXPECT_EQ(state_of("8001"), "ready");
}

TEST_F(HandedOn, WhatTheSiteNoLongerAllowsIsNotCalled) {
    auto rules = with_transfers();
    rules->outbound.transfers.allowed = {"0"};
    apply(rules);
    chooses(kOutside);
    pass(100ms);
    EXPECT_EQ(result().why, "not_allowed");
    farewell();
    rules->outbound.transfers.allowed = {"1"};
    rules->hotlines["013900001234"] = rules->hotlines.at("95000");
    apply(rules);
    chooses(kOutside);
    pass(100ms);
    EXPECT_EQ(result().why, "own_number") << "however it is written";
    EXPECT_EQ(refused("own_number"), 1u);
    farewell();
    EXPECT_TRUE(all<Dialled>().empty());
}

TEST_F(HandedOn, SoManyAtATimeAndSoManyAnHour) {
    const LegId one = chooses(kOutside, "13800000001");
    answers(through("first"));
    const LegId two = chooses(kOutside, "13800000002");
    through("first");
    const LegId three = chooses(kOutside, "13800000003");
    pass(100ms);
    EXPECT_EQ(hears(), "is_gone");
    EXPECT_EQ(result().why, "too_many_at_once");
    EXPECT_EQ(refused("too_many_at_once"), 1u);
    for (const LegId leg : {one, two, three}) hangs_up(leg);
    everything_is_over();
    for (int i = 0; i < 2; ++i) {
        const LegId again = chooses(kOutside, "13800000001");
        through("first");
        hangs_up(again);
        everything_is_over();
    }
    chooses(kOutside, "13800000001");
    pass(100ms);
    EXPECT_EQ(result().why, "too_many_an_hour");
    farewell();
    chooses(kOutside, "13800000004");
    through("first");
    hangs_up(LegId{last_opened().value - 1});
    settle();
    pass(1h);
    chooses(kOutside, "13800000001");
    through("first");
}

TEST_F(HandedOn, ThoseWhoWithholdTheirNumberCountTogether) {
    for (const char* name : {"anonymous", "", "Restricted"}) {
        const LegId caller = accepted(name);
        in(DigitHeard{caller, kOutside});
        through("first");
        hangs_up(caller);
        everything_is_over();
    }
    const LegId caller = accepted("unknown");
    in(DigitHeard{caller, kOutside});
    pass(100ms);
    EXPECT_EQ(result().why, "too_many_an_hour");
    hangs_up(caller);
    everything_is_over();
}

}  // namespace
}  // namespace hotline::call
