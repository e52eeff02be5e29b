// Callbacks: who keeps his place and is called, by whom, how often, and what the records say.
#include "trunks.h"

namespace hotline::call {
namespace {

constexpr const char* kCustomer = "13800000001";
using Mode = CallbackRules::Mode;

struct CallingBackTest : TrunksCourse {
    static std::shared_ptr<Site> with_callbacks(Mode mode = Mode::AgentFirst) {
        auto site = travel();
        TrunkRules rules;
        rules.outgoing = true;
        rules.caller_id = "95000";
        site->trunks["first"] = rules;
        site->trunks["second"] = rules;
        site->outbound.allowed = {"1", "0"};
        site->outbound.routes = {{{}, nullptr, {"first", "second"}}};
        for (auto& queue : site->acd.queues) queue.max_length = 10, queue.max_wait = 1h;
        CallbackRules callback;
        callback.mode = mode;
        callback.offer_after = 20s;
        callback.offer = {{"zh", {"callback_offer", "请按一", "zh"}}};
        callback.ringback = {"ringback", "", "zh"};
        callback.retries = 1;
        callback.retry = 300s;
        callback.expires = 1h;
        callback.ring = 30s;
        callback.confirm = 20s;
        callback.flow = confirm_flow();
        site->callbacks["service"] = callback;
        site->queue_caller_ids["service"] = "057195000";
        auto program = std::make_shared<ivr::Program>(*site->hotlines["95000"]);
        std::get<ivr::JoinQueue>(program->nodes[1].body).callback = 5;
        program->nodes.push_back({"promised", ivr::Hangup{{{{"zh", {"promised", "我们会给您回电", "zh"}}}}}});
        ivr::Callback wish;
        wish.queue = "service";
        wish.taken = 5, wish.already = 7, wish.refused = 8, wish.closed = 9, wish.failed = 4;
        program->nodes.push_back({"wish", wish});
        for (const char* what : {"already", "refused", "closed"})
            program->nodes.push_back({what, ivr::Hangup{{{{"zh", {what, what, "zh"}}}}}});
        std::get<ivr::Menu>(program->nodes[0].body).choices.push_back({'8', "callback", 6});
        site->hotlines["95000"] = program;
        return site;
    }
    /// "Press 1": to the queue; anything else is good-bye.
    static std::shared_ptr<const ivr::Program> confirm_flow() {
        auto flow = std::make_shared<ivr::Program>();
        flow->name = "callback";
        ivr::Menu menu;
        menu.name = "confirm";
        menu.greeting = {{{"zh", {"press_one", "请按一接通", "zh"}}}};
        menu.choices = {{'1', "connect", 1}};
        menu.invalid_exit = menu.no_input_exit = 2;
        menu.max_no_input = 1;
        ivr::JoinQueue join;
        join.queue = "service";
        join.full = join.timed_out = join.unavailable = 2;
        flow->nodes = {{"confirm", menu}, {"service", join}, {"bye", ivr::Hangup{}}};
        return flow;
    }
    explicit CallingBackTest(Mode mode = Mode::AgentFirst) { begin_with(with_callbacks(mode)); }
    std::shared_ptr<Site> changed() { return std::make_shared<Site>(*site); }

    /// Prompts are made and heard to their end; music plays on.
    void hears(LegId leg) {
        speech_ready();
        if (!played.empty() && played.back().leg == leg && played.back().mode == Media::PlayMode::Once)
            in(PlayEnded{leg, played.back().play});
    }
    /// He waits, is offered a callback, takes it, and hangs up.
    LegId asks(const std::string& caller = kCustomer) {
        const LegId leg = waiting(caller);
        hears(leg);
        pass(20s);
        hears(leg);
        in(DigitHeard{leg, '1'});
        hears(leg);
        settle();
        return leg;
    }
    std::size_t open_callbacks() { return board.census(now).callbacks; }
    std::size_t dialled() const { return all<Dialled>().size(); }
};

using Callbacks = CallingBackTest;

TEST_F(Callbacks, WhoHasTalkedAndWaitsOnceMoreKeepsThatPlace) {
    auto rules = changed();
    rules->surveys["service"] = confirm_flow();  // after the conversation: 1 leads to the queue
    apply(rules);
    agent_appears("8001");
    const LegId leg = waiting();
    const LegId agent = ringing("8001");
    answers(agent);
    pass(30s);
    in(AgentContacts{"8001", 0, {}});
    hangs_up(agent);
    in(DigitHeard{leg, '1'});
    ASSERT_EQ(all<Enqueued>().size(), 2u);
    const Wall asked = now.wall;
    hears(leg);
    pass(20s);
    hears(leg);
    in(DigitHeard{leg, '1'});
    ASSERT_EQ(all<CallbackRequested>().size(), 1u);
    EXPECT_EQ(last<CallbackRequested>().place_from, asked);
}

TEST_F(Callbacks, IsOfferedWhileHeWaitsAndTakenByKey) {
    const LegId leg = waiting();
    hears(leg);
    in(DigitHeard{leg, '1'});
    EXPECT_TRUE(all<CallbackRequested>().empty()) << "nobody has told him yet";
    pass(20s);
    EXPECT_EQ(prepared.back().words.front().name, "callback_offer");
    EXPECT_EQ(prepared.back().words.back().name, "music");
    hears(leg);
    in(DigitHeard{leg, '1'});
    const auto asked = last<CallbackRequested>();
    EXPECT_EQ(asked.number, kCustomer);
    EXPECT_EQ(asked.queue, "service");
    EXPECT_EQ(asked.by, "key");
    EXPECT_EQ(asked.mode, "agent_first");
    EXPECT_EQ(asked.expires_at, now.wall + std::chrono::hours(1));
    EXPECT_EQ(asked.place_from, now.wall - std::chrono::seconds(20)) << "his place is the one that he had";
    EXPECT_EQ(last<QueueLeft>().result, "callback");
    EXPECT_EQ(prepared.back().words.front().name, "promised");
    hears(leg);
    EXPECT_EQ(record().outcome, "callback") << "no abandon";
    EXPECT_EQ(board.census(now).queues.front().waiting, 1u) << "he is counted in the queue, once";
    EXPECT_EQ(open_callbacks(), 1u);
}

TEST_F(Callbacks, TheOfferIsRepeatedWithTheAnnouncements) {
    const LegId leg = waiting();
    hears(leg);
    pass(10s);
    hears(leg);
    EXPECT_EQ(prepared.back().words.size(), 2u) << "his place, and music";
    pass(10s);
    hears(leg);
    pass(20s);
    ASSERT_EQ(prepared.back().words.size(), 3u);
    EXPECT_EQ(prepared.back().words[1].name, "callback_offer");
}

TEST_F(Callbacks, WhoHasNoNumberThatIsCalledIsOfferedNone) {
    for (const char* caller : {"anonymous", "+85221234567", "8812", "95588"}) {
        const LegId leg = waiting(caller);
        hears(leg);
        const auto before = prepared.size();
        pass(25s);
        for (std::size_t i = before; i < prepared.size(); ++i)
            for (const auto& words : prepared[i].words) EXPECT_NE(words.name, "callback_offer") << caller;
        hangs_up(leg);
        settle();
    }
}

TEST_F(Callbacks, AgentFirstTheAgentTakesItHearsTheCallAndTalks) {
    asks();
    pass(100s);
    agent_appears("8001");
    const LegId agent = ringing("8001");
    EXPECT_EQ(last<CallArrived>().direction, "out");
    EXPECT_EQ(last<CallArrived>().purpose, "callback");
    EXPECT_EQ(last<CallArrived>().called, kCustomer);
    EXPECT_EQ(dialled(), 0u) << "first the agent";
    answers(agent);
    EXPECT_EQ(prepared.back().words.front().name, "ringback");
    speech_ready();
    EXPECT_EQ(played.back().leg, agent);
    EXPECT_EQ(played.back().mode, Media::PlayMode::Loop);
    const LegId customer = through("first");
    EXPECT_EQ(sent.back().number, kCustomer);
    EXPECT_EQ(sent.back().caller, "057195000") << "the queue's number";
    EXPECT_EQ(last<AgentChanged>().state, "talking") << "he is bound, and offered nobody else";
    in(LegRinging{customer, std::nullopt});
    pass(5s);
    answers(customer);
    EXPECT_TRUE(did("stop " + to_text(agent)));
    EXPECT_TRUE(did("bridge " + to_text(customer) + ' ' + to_text(agent)));
    EXPECT_TRUE(did("record " + to_text(customer)));
    EXPECT_EQ(last<CallbackTried>().result, "answered");
    EXPECT_EQ(last<CallbackTried>().agent, "8001");
    EXPECT_EQ(last<CallbackEnded>().result, "done");
    EXPECT_EQ(last<CallbackEnded>().tries, 1);
    pass(30s);
    hangs_up(customer);
    const auto ended = record();
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.direction, "out");
    EXPECT_EQ(ended.talk_ms, 30000);
    EXPECT_EQ(ended.agent, "8001");
    EXPECT_EQ(ended.hangup_by, "called");
    EXPECT_EQ(last<SegmentEnded>().talk_ms, 30000) << "dialling is no talk";
    EXPECT_EQ(last<AgentChanged>().state, "wrap_up");
    pass(10s);
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    everything_is_over();
    EXPECT_EQ(open_callbacks(), 0u);
}

TEST_F(Callbacks, ANoticeIsHeardBeforeTheyTalk) {
    auto rules = changed();
    rules->notice = {{"zh", {"recorded", "本次通话将被录音", "zh"}}};
    asks();
    apply(rules);
    agent_appears("8001");
    const LegId agent = ringing("8001");
    answers(agent);
    const LegId customer = through("first");
    answers(customer);
    EXPECT_EQ(prepared.back().words.front().name, "recorded");
    EXPECT_FALSE(did("bridge " + to_text(customer) + ' ' + to_text(agent)));
    hears(customer);
    EXPECT_TRUE(did("bridge " + to_text(customer) + ' ' + to_text(agent)));
}

TEST_F(Callbacks, TheAgentHearsEarlySoundOfTheNetwork) {
    asks();
    agent_appears("8001");
    const LegId agent = ringing("8001");
    answers(agent);
    const LegId customer = through("first");
    in(LegRinging{customer, pcma()});
    EXPECT_TRUE(did("bridge " + to_text(agent) + ' ' + to_text(customer)));
    answers(customer);
    EXPECT_EQ(last<CallbackTried>().result, "answered");
}

TEST_F(Callbacks, ItsPlaceIsBeforeThoseWhoCameLaterAndBehindThoseWhoCameBefore) {
    waiting("13800000009");
    pass(1s);
    asks();
    const LegId later = waiting("13800000008");
    pass(1s);
    agent_appears("8001");
    const LegId agent = ringing("8001");
    EXPECT_EQ(all<CallArrived>().size(), 3u) << "the first is served first, and it is no callback";
    answers(agent);
    hangs_up(agent);
    settle();
    pass(10s);
    EXPECT_EQ(all<CallArrived>().size(), 4u);
    EXPECT_EQ(last<CallArrived>().purpose, "callback");
    hangs_up(later);
}

TEST_F(Callbacks, BusyIsTriedAgainLaterAtHisPlaceAndNotMoreOftenThanAllowed) {
    asks();
    agent_appears("8001");
    answers(ringing("8001"));
    trunk_says(through("first"), 486, LegEnded::Cause::Busy);
    EXPECT_EQ(last<CallbackTried>().result, "busy");
    EXPECT_EQ(last<CallbackTried>().retry_at, now.wall + std::chrono::seconds(300));
    EXPECT_EQ(record().outcome, "rejected");
    EXPECT_EQ(last<AgentChanged>().state, "ready") << "there was no conversation to wrap up";
    const auto calls_before = all<CallArrived>().size();
    pass(299s);
    EXPECT_EQ(all<CallArrived>().size(), calls_before) << "not before its time";
    pass(1s);
    answers(ringing("8001"));
    const LegId customer = through("first");
    in(LegRinging{customer, std::nullopt});
    pass(30s);
    EXPECT_EQ(last<CallbackTried>().result, "missed");
    EXPECT_FALSE(last<CallbackTried>().retry_at);
    EXPECT_EQ(last<CallbackEnded>().result, "given_up");
    EXPECT_EQ(last<CallbackEnded>().tries, 2);
    settle();
    pass(2h);
    EXPECT_EQ(dialled(), 2u);
    EXPECT_EQ(open_callbacks(), 0u);
    everything_is_over();
}

TEST_F(Callbacks, TheNextTrunkIsTriedWithinOneTry) {
    asks();
    agent_appears("8001");
    answers(ringing("8001"));
    trunk_says(through("first"), 503, LegEnded::Cause::Unreachable);
    answers(through("second"));
    EXPECT_EQ(last<CallbackEnded>().result, "done");
    EXPECT_EQ(last<CallbackEnded>().tries, 1);
}

TEST_F(Callbacks, NobodyIsDisturbedWhileNoTrunkIsUp) {
    asks();
    for (const char* trunk : {"first", "second"}) in(TrunkState{trunk, false, {}});
    agent_appears("8001");
    pass(60s);
    EXPECT_TRUE(all<Offered>().empty());
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    in(TrunkState{"second", true, *IpAddress::parse("127.0.0.1")});
    pass(10s);
    answers(ringing("8001"));
    through("second");
    EXPECT_EQ(all<CallbackTried>().size(), 0u) << "waiting for a trunk is no try";
}

TEST_F(Callbacks, TheAgentWhoDoesNotAnswerCostsNoTry) {
    asks();
    agent_appears("8001");
    agent_appears("8002");
    ringing("8001");
    pass(15s);
    EXPECT_EQ(last<SegmentEnded>().result, "missed");
    answers(ringing("8002"));
    answers(through("first"));
    EXPECT_EQ(last<CallbackEnded>().tries, 1);
}

TEST_F(Callbacks, TheAgentWhoHangsUpWhileItRingsEndsTheTry) {
    asks();
    agent_appears("8001");
    const LegId agent = ringing("8001");
    answers(agent);
    const LegId customer = through("first");
    in(LegRinging{customer, std::nullopt});
    hangs_up(agent);
    EXPECT_EQ(sent.back().verb, "hangup");
    EXPECT_EQ(sent.back().leg, customer);
    EXPECT_EQ(last<CallbackTried>().result, "withdrawn");
    settle();
    EXPECT_EQ(open_callbacks(), 1u) << "it is tried again";
}

TEST_F(Callbacks, OneCallbackANumber) {
    asks();
    const LegId leg = accepted(kCustomer);
    in(CustomerFound{looked_up.back(), {}});
    in(DigitHeard{leg, '8'});
    EXPECT_EQ(prepared.back().words.front().name, "already");
    EXPECT_EQ(all<CallbackRequested>().size(), 1u);
    EXPECT_EQ(board.census(now).queues.front().waiting, 1u);
    hears(leg);
    agent_appears("8001");
    answers(ringing("8001"));
    through("first");
    const LegId again = accepted("+86" + std::string(kCustomer));
    in(CustomerFound{looked_up.back(), {}});
    in(DigitHeard{again, '8'});
    EXPECT_EQ(prepared.back().words.front().name, "already") << "also while it is dialled, and however it is written";
}

TEST_F(Callbacks, AMenuTakesOneForWhoHasNotWaited) {
    const LegId leg = accepted(kCustomer);
    in(CustomerFound{looked_up.back(), {}});
    in(DigitHeard{leg, '8'});
    EXPECT_EQ(prepared.back().words.front().name, "promised");
    EXPECT_EQ(last<CallbackRequested>().by, "menu");
    hears(leg);
    EXPECT_EQ(record().outcome, "callback");
    agent_appears("8001");
    answers(ringing("8001"));
    EXPECT_EQ(through("first").value > 0, true);
}

TEST_F(Callbacks, AMenuRefusesNumbersThatAreNotCalled) {
    const LegId leg = accepted("+85221234567");
    if (!looked_up.empty()) in(CustomerFound{looked_up.back(), {}});
    in(DigitHeard{leg, '8'});
    EXPECT_EQ(prepared.back().words.front().name, "refused");
    EXPECT_TRUE(all<CallbackRequested>().empty());
}

TEST_F(Callbacks, AForeignNumberMustBeOnTheListOfTheQueueToo) {
    auto rules = changed();
    rules->callbacks["service"].allowed = {"139"};
    auto program = std::make_shared<ivr::Program>(*rules->hotlines["95000"]);
    auto& wish = std::get<ivr::Callback>(program->nodes[6].body);
    wish.number = ivr::Expression::literal("13700000000");
    rules->hotlines["95000"] = program;
    apply(rules);
    const LegId leg = accepted(kCustomer);
    in(CustomerFound{looked_up.back(), {}});
    in(DigitHeard{leg, '8'});
    EXPECT_EQ(prepared.back().words.front().name, "refused");
    auto other = std::make_shared<ivr::Program>(*program);
    std::get<ivr::Callback>(other->nodes[6].body).number = ivr::Expression::literal("13900000000");
    auto more = changed();
    more->hotlines["95000"] = other;
    apply(more);
    const LegId second = accepted(kCustomer);
    in(CustomerFound{looked_up.back(), {}});
    in(DigitHeard{second, '8'});
    EXPECT_EQ(last<CallbackRequested>().number, "13900000000");
    EXPECT_EQ(last<CallbackRequested>().caller, kCustomer);
}

TEST_F(Callbacks, WhoCallsAgainHasHisPlaceBackAndIsNotCalled) {
    asks();
    const Wall asked = last<CallbackRequested>().place_from;
    waiting("13800000009");
    pass(60s);
    waiting();
    EXPECT_EQ(last<CallbackEnded>().result, "called_again");
    EXPECT_EQ(last<Enqueued>().place_from, asked);
    EXPECT_EQ(last<Enqueued>().position, 1);
    EXPECT_EQ(open_callbacks(), 0u);
    agent_appears("8001");
    answers(ringing("8001"));
    EXPECT_EQ(last<CallArrived>().direction, "in");
    EXPECT_EQ(dialled(), 0u);
}

TEST_F(Callbacks, WhoCallsAgainWhileTheAgentRingsIsOfferedInstead) {
    asks();
    agent_appears("8001");
    const LegId first = ringing("8001");
    waiting();
    EXPECT_EQ(sent[sent.size() - 1].leg, first) << "the phone that rang for the callback is cancelled";
    const LegId agent = ringing("8001");
    answers(agent);
    EXPECT_EQ(dialled(), 0u);
    settle();
    EXPECT_EQ(last<CallEnded>().outcome, "rejected") << "of the call that was not placed";
}

TEST_F(Callbacks, ATooOldOneEnds) {
    asks();
    pass(1h);
    EXPECT_EQ(last<CallbackEnded>().result, "expired");
    EXPECT_EQ(last<CallbackEnded>().tries, 0);
    agent_appears("8001");
    pass(1min);
    EXPECT_TRUE(all<Offered>().empty());
    EXPECT_EQ(board.census(now).queues.front().waiting, 0u);
}

TEST_F(Callbacks, NobodyIsCalledOutOfHours) {
    auto rules = changed();
    auto hours = std::make_shared<ivr::Calendar>();
    hours->time_zone = "UTC";
    for (auto& day : hours->week) day = {{0, 14 * 60 + 14}};  // the test begins at 14:13:20
    rules->callbacks["service"].hours = hours;
    apply(rules);
    asks();
    pass(60s);
    agent_appears("8001");
    pass(20min);
    EXPECT_TRUE(all<Offered>().empty());
    const LegId leg = accepted("13800000007");
    in(CustomerFound{looked_up.back(), {}});
    in(DigitHeard{leg, '8'});
    EXPECT_EQ(prepared.back().words.front().name, "closed") << "and nobody is promised a call";
    auto open = changed();
    open->callbacks["service"].hours = nullptr;
    apply(open);
    answers(ringing("8001"));
    answers(through("first"));
    EXPECT_EQ(last<CallbackEnded>().result, "done");
}

TEST_F(Callbacks, TheAgentsCodeForAMachineMeansOnceMore) {
    auto rules = changed();
    rules->wrapup_codes["service"] = {{{"1", "booked"}, {"9", "machine"}}, "none"};
    rules->callbacks["service"].machine_codes = {"machine"};
    apply(rules);
    asks();
    agent_appears("8001");
    const LegId agent = ringing("8001");
    answers(agent);
    const LegId customer = through("first");
    answers(customer);
    EXPECT_TRUE(all<CallbackEnded>().empty()) << "his word is waited for";
    accepted("8001", "*759", Origin::Kind::Agent);
    hangs_up(agent);
    settle();
    pass(10s);
    EXPECT_EQ(last<CallCoded>().code, "machine");
    EXPECT_EQ(last<CallbackTried>().result, "machine");
    EXPECT_TRUE(all<CallbackEnded>().empty());
    pass(300s);
    EXPECT_EQ(last<CallArrived>().purpose, "callback") << "an answering machine is no success";
}

TEST_F(Callbacks, AnotherCodeOrNoneIsASuccess) {
    auto rules = changed();
    rules->wrapup_codes["service"] = {{{"9", "machine"}}, ""};
    rules->callbacks["service"].machine_codes = {"machine"};
    apply(rules);
    asks();
    agent_appears("8001");
    const LegId agent = ringing("8001");
    answers(agent);
    answers(through("first"));
    hangs_up(agent);
    pass(10s);
    EXPECT_EQ(last<CallbackEnded>().result, "done");
}

TEST_F(Callbacks, AReloadThatTakesThemAwayCancelsThemWhenTheirTurnComes) {
    asks();
    auto rules = changed();
    rules->callbacks.clear();
    apply(rules);
    agent_appears("8001");
    EXPECT_EQ(last<CallbackEnded>().result, "cancelled");
    EXPECT_TRUE(all<Offered>().empty());
    EXPECT_EQ(last<AgentChanged>().state, "ready");
}

TEST_F(Callbacks, AStopLeavesThemOpen) {
    asks();
    agent_appears("8001");
    answers(ringing("8001"));
    in(LegRinging{through("first"), std::nullopt});
    board.drain(now);
    board.end_all("shutdown", now);
    board.round(now);
    settle();
    EXPECT_EQ(last<CallbackTried>().result, "withdrawn");
    EXPECT_TRUE(all<CallbackEnded>().empty());
    pass(10min);
    EXPECT_EQ(dialled(), 1u) << "nobody is called while the house closes";
    board.stop("test", now);
    EXPECT_TRUE(all<CallbackEnded>().empty());
}

TEST_F(Callbacks, AreTakenUpFromTheStoreOnceEach) {
    CallbacksLeftOpen::One one;
    one.callback = CallId{77}, one.asked_in = CallId{76};
    one.caller = one.number = kCustomer;
    one.queue = "service";
    one.place = now.wall - std::chrono::minutes(10);
    one.expires = now.wall + std::chrono::minutes(10);
    one.not_before = now.wall + std::chrono::seconds(60);
    one.tries = 1;
    waiting("13800000009");
    in(CallbacksLeftOpen{{one, one}});
    EXPECT_EQ(open_callbacks(), 1u);
    EXPECT_EQ(last<CallbackEnded>().result, "called_again") << "of the second: one a number";
    const auto ended = all<CallbackEnded>().size();
    agent_appears("8001");
    const LegId first = ringing("8001");
    answers(first), hangs_up(first), settle();
    pass(40s);
    EXPECT_EQ(all<CallArrived>().size(), 1u) << "the pause after the last try is kept";
    pass(20s);
    answers(ringing("8001"));
    trunk_says(through("first"), 486, LegEnded::Cause::Busy);
    EXPECT_EQ(last<CallbackTried>().tries, 2) << "tries of earlier runs count";
    EXPECT_EQ(all<CallbackEnded>().size(), ended + 1);
    EXPECT_EQ(last<CallbackEnded>().result, "given_up");
    EXPECT_EQ(last<CallbackEnded>().callback, to_text(CallId{77}));
}

TEST_F(Callbacks, AnOverflowRuleMayLeaveThemInsteadOfAWait) {
    auto rules = changed();
    rules->acd.queues.front().overflow = {
        {acd::OverflowRule::When::Waited, 60s, 0, acd::OverflowRule::Action::Leave, std::string(kCallbackTarget)}};
    apply(rules);
    const LegId leg = waiting();
    const Wall asked = now.wall;
    hears(leg);
    pass(60s);
    EXPECT_EQ(last<CallbackRequested>().by, "overflow");
    EXPECT_EQ(last<CallbackRequested>().place_from, asked);
    EXPECT_EQ(prepared.back().words.front().name, "promised");
    hears(leg);
    EXPECT_EQ(record().outcome, "callback");
}

struct CustomerFirst : CallingBackTest {
    CustomerFirst() : CallingBackTest(Mode::CustomerFirst) {}
    /// The customer's phone was answered: he hears the flow.
    LegId reached() {
        asks();
        agent_appears("8001");
        const LegId customer = through("first");
        answers(customer);
        return customer;
    }
};

TEST_F(CustomerFirst, AnAgentIsKeptWhileHeIsFetchedAndRingsWhenHeIsThere) {
    asks();
    agent_appears("8001");
    EXPECT_EQ(last<AgentChanged>().state, "ringing") << "kept for him: nobody else is offered";
    const LegId customer = through("first");
    in(LegRinging{customer, std::nullopt});
    pass(20s);
    answers(customer);
    EXPECT_TRUE(all<CallbackTried>().empty());
    EXPECT_EQ(prepared.back().words.front().name, "press_one");
    hears(customer);
    in(DigitHeard{customer, '1'});
    EXPECT_EQ(last<CallbackTried>().result, "answered");
    EXPECT_EQ(last<Enqueued>().caller, kCustomer);
    const LegId agent = ringing("8001");
    answers(agent);
    EXPECT_TRUE(did("bridge " + to_text(customer) + ' ' + to_text(agent)));
    EXPECT_EQ(last<CallbackEnded>().result, "done");
    pass(10s);
    hangs_up(agent);
    const auto ended = record();
    EXPECT_EQ(ended.outcome, "answered");
    EXPECT_EQ(ended.talk_ms, 10000);
    EXPECT_EQ(ended.direction, "out");
    pass(10s);
    everything_is_over();
}

TEST_F(CustomerFirst, AMachinePressesNothingAndIsNoSuccess) {
    const LegId customer = reached();
    hears(customer);
    pass(5s);
    EXPECT_EQ(last<CallbackTried>().result, "unconfirmed");
    EXPECT_TRUE(last<CallbackTried>().retry_at);
    EXPECT_EQ(last<AgentChanged>().state, "ready") << "and the agent has missed nothing";
    EXPECT_EQ(record().outcome, "rejected");
    EXPECT_EQ(open_callbacks(), 1u);
}

TEST_F(CustomerFirst, WhenNoAgentComesInTimeHeWaitsThereAtHisPlace) {
    const LegId customer = reached();
    waiting("13800000009");
    hears(customer);
    in(SpeechReady{prepared[prepared.size() - 1].id, {sound()}});
    in(DigitHeard{customer, '1'});
    const LegId agent = ringing("8001");
    in(LegEnded{LegEnded::Cause::Busy, agent, 486, "busy"});
    EXPECT_EQ(last<SegmentEnded>().result, "rejected");
    pass(5s);
    const LegId again = ringing("8001");
    answers(again);
    EXPECT_EQ(last<CallbackEnded>().result, "done");
    EXPECT_EQ(last<QueueLeft>().result, "answered");
}

TEST_F(CustomerFirst, WhoHangsUpInTheQueueAfterAllIsNotCalledAgain) {
    const LegId customer = reached();
    hears(customer);
    in(DigitHeard{customer, '1'});
    ringing("8001");
    hangs_up(customer);
    EXPECT_EQ(last<QueueLeft>().result, "abandoned");
    EXPECT_EQ(last<CallbackEnded>().result, "abandoned");
    EXPECT_EQ(record().outcome, "abandoned");
    EXPECT_EQ(open_callbacks(), 0u);
}

TEST_F(CustomerFirst, WhoLeavesTheLineByAKeyIsNotCalledAgain) {
    auto rules = changed();
    auto flow = std::make_shared<ivr::Program>(*rules->callbacks["service"].flow);
    std::get<ivr::JoinQueue>(flow->nodes[1].body).keys = {{'9', 2}};
    rules->callbacks["service"].flow = flow;
    apply(rules);
    const LegId customer = reached();
    hears(customer);
    in(DigitHeard{customer, '1'});
    in(LegEnded{LegEnded::Cause::Busy, ringing("8001"), 486, "busy"});
    in(DigitHeard{customer, '9'});
    EXPECT_EQ(last<QueueLeft>().why, "key");
    EXPECT_EQ(last<CallbackEnded>().result, "abandoned");
    settle();
    EXPECT_EQ(open_callbacks(), 0u);
}

TEST_F(CustomerFirst, BusyFreesTheAgentAtOnce) {
    asks();
    agent_appears("8001");
    trunk_says(through("first"), 486, LegEnded::Cause::Busy);
    EXPECT_EQ(last<CallbackTried>().result, "busy");
    EXPECT_EQ(last<AgentChanged>().state, "ready");
    waiting("13800000009");
    ringing("8001");
}

TEST_F(CustomerFirst, AnAgentWhoWaitedTooLongIsFreeAndOneIsKeptAnew) {
    auto rules = changed();
    auto flow = std::make_shared<ivr::Program>(*rules->callbacks["service"].flow);
    std::get<ivr::Menu>(flow->nodes[0].body).timeout = 100s;
    rules->callbacks["service"].flow = flow;
    apply(rules);
    const LegId customer = reached();
    hears(customer);
    EXPECT_EQ(all<Offered>().size(), 1u);
    pass(66s);  // two trunks' silence, the ringing, and the time to confirm
    EXPECT_EQ(all<Offered>().size(), 2u) << "the only agent is kept once more";
    const auto changes = all<AgentChanged>();
    ASSERT_GE(changes.size(), 2u);
    EXPECT_EQ(changes[changes.size() - 2].state, "ready") << "and was free in between";
    EXPECT_EQ(changes.back().state, "ringing");
    EXPECT_EQ(dialled(), 1u) << "and he is not dialled twice";
    in(DigitHeard{customer, '1'});
    answers(ringing("8001"));
    EXPECT_EQ(last<CallbackEnded>().result, "done");
}

}  // namespace
}  // namespace hotline::call
