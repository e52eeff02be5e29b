// A menu hands its caller on: whom it rings, what both sides hear, where the caller is afterwards, and what the record says.
#include "course.h"

namespace hotline::call {
namespace {

constexpr const char* kSomebody = "13900001234";
using News = ivr::TransferNews;

/// Keys of the menu, whose exits all say a word of their own and hang up.
constexpr char kAgent = '1', kHead = '2', kOutside = '3', kStays = '4', kOutsideStays = '5', kTyped = '6', kQueue = '0';

struct HandedOn : Course {
    HandedOn() {
        apply(with_transfers());
        for (const char* trunk : {"first", "second"}) in(TrunkState{trunk, true, *IpAddress::parse("127.0.0.1")});
        agent_appears("8001");
    }

    static ivr::Prompt words(const std::string& name) { return {{"zh", {name, name, "zh"}}}; }

    static std::shared_ptr<Site> with_transfers() {
        auto site = travel();
        TrunkRules rules;
        rules.outgoing = true;
        rules.caller_id = "95000";
        site->trunks["first"] = rules;
        rules.caller_id = "95001";
        site->trunks["second"] = rules;
        site->outbound.transfers = {{"1", "0"}, 2, 3};
        site->outbound.routes = {{{}, nullptr, {"first", "second"}}};
        site->queue_caller_ids["service"] = "057195000";
        site->heads["service"] = "8001";
        site->hotlines["95000"] = program();
        return site;
    }
    static std::shared_ptr<const ivr::Program> program() {
        enum : ivr::NodeIndex { kMenu, kA, kH, kO, kS, kOs, kDigits, kT, kQ, kBusy, kAway, kGone, kAfter };
        const auto transfer = [](const std::string& to) {
            ivr::Transfer out{};
            out.to = to;
            out.announcement = {words("please_wait")};
            out.music = words("music");
            out.ring = 20s;
            out.busy = kBusy, out.no_answer = kAway, out.failed = kGone;
            return out;
        };
        auto program = std::make_shared<ivr::Program>();
        program->name = "main";
        ivr::Menu menu;
        menu.name = "main";
        menu.greeting = {words("welcome")};
        menu.choices = {{kAgent, "agent", kA},
                        {kHead, "head", kH},
                        {kOutside, "outside", kO},
                        {kStays, "stays", kS},
                        {kTyped, "typed", kDigits},
                        {kQueue, "person", kQ},
                        {kOutsideStays, "outside stays", kOs}};
        menu.invalid_exit = menu.no_input_exit = kGone;
        auto head = transfer("");
        head.head_of = "service";
        auto stays = transfer("8001");
        stays.after = kAfter;
        auto outside_stays = transfer(kSomebody);
        outside_stays.after = kAfter;
        ivr::Collect digits;
        digits.variable = "number";
        digits.prompt = {words("type")};
        digits.next = kT, digits.failed = kGone;
        auto typed = transfer("");
        typed.named = std::get<ivr::Expression>(ivr::Expression::parse("number", ivr::Expression::Wanted::Value));
        typed.only = {true, {kSomebody}, {"0"}};
        ivr::JoinQueue queue;
        queue.queue = "service";
        queue.full = queue.unavailable = kGone;
        queue.timed_out = kO;
        program->nodes = {{"menu", menu},
                          {"agent", transfer("8001")},
                          {"head", head},
                          {"outside", transfer(kSomebody)},
                          {"stays", stays},
                          {"outside stays", outside_stays},
                          {"digits", digits},
                          {"typed", typed},
                          {"queue", queue},
                          {"busy", ivr::Hangup{{words("is_busy")}}},
                          {"away", ivr::Hangup{{words("is_away")}}},
                          {"gone", ivr::Hangup{{words("is_gone")}}},
                          {"after", ivr::Hangup{{words("and_then")}}}};
        return program;
    }

    void apply(std::shared_ptr<Site> rules) {
        site = std::move(rules);
        board.reload(site, now);
    }
    /// A caller who pressed this key in the menu.
    LegId chooses(char key, const std::string& caller = "13800000001") {
        const LegId leg = accepted(caller);
        in(CustomerFound{looked_up.back(), {}});
        in(DigitHeard{leg, key});
        return leg;
    }
    LegId last_opened() const {
        for (auto it = media.rbegin(); it != media.rend(); ++it)
            if (it->starts_with("open ")) return LegId{std::stoull(it->substr(5))};
        return {};
    }
    /// The port for the trunk is there: the leg that was dialled through it.
    LegId through(const std::string& trunk) {
        const LegId leg = last_opened();
        in(AudioOpened{leg, *Address::parse("127.0.0.1:20002")});
        EXPECT_EQ(sent.back().verb, "dial out");
        EXPECT_EQ(sent.back().agent, trunk);
        return leg;
    }
    void says_no(LegId leg, int status, LegEnded::Cause cause = LegEnded::Cause::Rejected) {
        in(LegEnded{cause, leg, status, std::to_string(status)});
    }
    /// What the caller is being told by the menu now.
    std::string hears() const { return prepared.back().words.front().name; }
    std::string state_of(const std::string& agent) const {
        std::string state;
        for (const auto& change : all<AgentChanged>())
            if (change.agent == agent) state = change.state;
        return state;
    }
    std::string bridge(LegId a, LegId b) const { return "bridge " + to_text(a) + ' ' + to_text(b); }
    std::uint64_t refused(const std::string& reason) { return board.census(now).outbound_refused[reason]; }
    Transferred result() const { return last<Transferred>(); }
    /// The caller hears the farewell out, and it is over.
    void farewell() {
        speech_ready();
        in(PlayEnded{played.back().leg, played.back().play});
        everything_is_over();
    }
};

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
    says_no(called, 486, LegEnded::Cause::Busy);
    EXPECT_TRUE(did("unbridge " + to_text(caller)));
    EXPECT_EQ(hears(), "is_busy");
    farewell();
}

TEST_F(HandedOn, WhatTheFarEndSaysLeadsOn) {
    for (const auto& [status, says] :
         {std::pair(486, "is_busy"), std::pair(600, "is_busy"), std::pair(603, "is_busy"), std::pair(480, "is_away"),
          std::pair(404, "is_gone"), std::pair(403, "is_gone"), std::pair(484, "is_gone")}) {
        chooses(kOutside, "1380000" + std::to_string(1000 + status));
        says_no(through("first"), status);
        EXPECT_EQ(hears(), says) << status;
        farewell();
        EXPECT_EQ(all<Dialled>().size(), all<DialEnded>().size());
    }
    EXPECT_EQ(all<Dialled>().size(), 7u) << "the callee's word is final: no other trunk is tried";
}

TEST_F(HandedOn, TheNextTrunkIsTriedAfterItsTrouble) {
    chooses(kOutside);
    says_no(through("first"), 503, LegEnded::Cause::Unreachable);
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
                                             says_no(through("first"), 503, LegEnded::Cause::Unreachable);
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
