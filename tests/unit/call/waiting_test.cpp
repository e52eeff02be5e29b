// What a wait brings a caller: announcements that never promise less, his old place when he comes back, an exit when nobody is
// there.
#include "course.h"

namespace hotline::call {
namespace {

class Waiting : public Course {
  protected:
    QueueSound& sound() { return site->queue_sounds["service"]; }
    acd::QueueConfig& rules() { return site->acd.queues.front(); }
    void reload() { board.reload(std::make_shared<Site>(*site), now); }
    /// The first words of each announcement to him in that time. Everybody's are made and heard to their end at once.
    std::vector<std::string> hears(LegId him, Duration time) {
        std::vector<std::string> out;
        for (Duration gone{0}; gone < time; gone += 1s) {
            pass(1s);
            for (; made < prepared.size(); ++made) {
                const auto words = prepared[made].words;
                in(SpeechReady{prepared[made].id, std::vector<SoundRef>(words.size(), Exchange::sound())});
                if (words.size() < 2) continue;
                const auto last_played = played.back();
                if (last_played.leg == him) out.push_back(words.front().text);
                in(PlayEnded{last_played.leg, last_played.play});
            }
        }
        return out;
    }
    std::size_t made = 0;
    /// Callers whom 8001 serves, one a minute, so that the rate is known.
    void serve_some(int callers) {
        agent_appears("8001");
        for (int i = 0; i < callers; ++i) {
            const LegId caller = waiting("1390000000" + std::to_string(i));
            const LegId agent = ringing("8001");
            answers(agent);
            pass(50s);
            hangs_up(caller);
            settle();
            pass(10s);
        }
    }
    /// The queue tells its wait every ten seconds, and the rate is known.
    void tells_waits(std::size_t most, Duration longest) {
        sound().announce_position = false;
        sound().announce_wait = true;
        sound().announce_first = sound().announce_every = 10s;
        rules().max_length = most;
        rules().max_wait = longest;
        reload();
        serve_some(5);
    }
};

TEST_F(Waiting, TheEstimateIsSaidInMinutesAndNeverRises) {
    tells_waits(10, 1h);
    in(AgentContacts{"8001", 1, *IpAddress::parse("127.0.0.1")});
    waiting("13800000001");  // 8001 takes him
    answers(ringing("8001"));
    waiting("13800000002");
    waiting("13800000003");
    speech_ready();
    const std::size_t before = prepared.size();
    pass(10s);
    ASSERT_GT(prepared.size(), before);
    EXPECT_EQ(prepared.back().words[0].text, "还需约两分钟");
    speech_ready();
    in(PlayEnded{played.back().leg, played.back().play});
    pass(5min);  // nobody is served: the rate sinks, what was said stays
    std::size_t said = 0;
    for (const auto& one : prepared)
        for (const auto& word : one.words) {
            said += word.text.starts_with("还需约");
            EXPECT_TRUE(!word.text.starts_with("还需约") || word.text == "还需约两分钟" || word.text == "还需约一分钟")
                << word.text;
        }
    EXPECT_GE(said, 1u);
}

TEST_F(Waiting, WhereHeIsMovedToTheEstimateRisesByOneStepATime) {
    sound().announce_position = false;
    for (const char* queue : {"service", "rescue"}) {
        auto& one = site->queue_sounds[queue];
        one.announce_position = false;
        one.announce_wait = true;
        one.announce_first = one.announce_every = 10s;
    }
    site->acd.queues.front().priority = site->acd.queues.back().priority = 0;
    for (auto& queue : site->acd.queues) queue.max_length = 100, queue.max_wait = 1h;
    rules().overflow = {{acd::OverflowRule::When::Waited, 15s, 0, acd::OverflowRule::Action::Move, "rescue"}};
    reload();
    serve_some(5);
    for (int i = 0; i < 5; ++i) {  // the other queue's rate is known, too
        const LegId caller = waiting("1370000000" + std::to_string(i), '9');
        answers(ringing("8001"));
        pass(50s);
        hangs_up(caller);
        settle();
        pass(10s);
    }
    waiting("13800000001");  // 8001 takes him
    answers(ringing("8001"));
    for (int i = 0; i < 11; ++i) waiting("136000000" + std::to_string(10 + i), '9');
    const LegId him = waiting("13800000002");
    EXPECT_EQ(hears(him, 80s), (std::vector<std::string>{"还需约两分钟", "还需约三分钟", "还需约四分钟", "还需约五分钟",
                                                         "还需约七分钟", "还需约十分钟", "还需约十五分钟"}));
}

TEST_F(Waiting, NobodyIsToldOfMoreThanAnHour) {
    tells_waits(100, 3h);
    waiting("13800000001");
    answers(ringing("8001"));
    LegId nearer{};
    for (int i = 0; i < 70; ++i) {
        const LegId one = waiting("137000000" + std::to_string(10 + i));
        if (i == 20) nearer = one;
    }
    const LegId him = waiting("13800000002");
    const auto told = hears(nearer, 15s);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_TRUE(told[0].starts_with("还需约")) << told[0];
    EXPECT_EQ(hears(him, 30s), std::vector<std::string>{}) << "a minute each";
}

TEST_F(Waiting, WhatIsNotKnownIsNotSaid) {
    sound().announce_position = false;
    sound().announce_wait = true;
    reload();
    waiting();
    speech_ready();
    const std::size_t before = prepared.size();
    pass(30s);
    EXPECT_EQ(prepared.size(), before);
}

TEST_F(Waiting, WordsOfComfortTakeTurns) {
    sound().announce_position = false;
    sound().comfort = {{{"zh", {"thanks", "感谢", "zh"}}}, {{"zh", {"web", "网站", "zh"}}}};
    sound().announce_first = sound().announce_every = 10s;
    reload();
    waiting();
    speech_ready();
    for (const char* expected : {"感谢", "网站", "感谢"}) {
        pass(10s);
        EXPECT_EQ(prepared.back().words[0].text, expected);
        speech_ready();
        in(PlayEnded{played.back().leg, played.back().play});
    }
}

TEST_F(Waiting, WhatIsDueAtATimeIsSaidInOneGo) {
    sound().comfort = {{{"zh", {"thanks", "感谢", "zh"}}}};
    sound().announce_wait = true;
    sound().announce_first = sound().announce_every = 10s;
    rules().max_length = 10;
    rules().max_wait = 1h;
    reload();
    serve_some(5);
    waiting("13800000001");
    answers(ringing("8001"));
    waiting("13800000002");
    speech_ready();
    const std::size_t before = prepared.size();
    pass(10s);
    ASSERT_EQ(prepared.size(), before + 1);
    const auto& words = prepared.back().words;
    ASSERT_EQ(words.size(), 4u);
    EXPECT_EQ(words[0].text, "您是第一位");
    EXPECT_TRUE(words[1].text == "马上" || words[1].text.starts_with("还需约")) << words[1].text;
    EXPECT_EQ(words[2].text, "感谢");
    EXPECT_EQ(words[3].name, "music");
}

TEST_F(Waiting, WhatFallsDueWhileSomethingIsSaidWaitsForTheNextTime) {
    sound().announce_first = sound().announce_every = 10s;
    reload();
    waiting();
    speech_ready();
    pass(10s);
    const std::size_t said = prepared.size();
    EXPECT_EQ(prepared.back().words[0].text, "您是第一位");
    pass(2s);  // it is still being made
    speech_ready();
    const auto playing = played.back().play;
    const std::size_t begun = played.size();
    pass(10s);
    EXPECT_EQ(prepared.size(), said) << "it is still being said";
    EXPECT_EQ(played.size(), begun);
    in(PlayEnded{played.back().leg, playing});
    pass(10s);
    EXPECT_EQ(prepared.size(), said + 1);
}

TEST_F(Waiting, AnnouncementsThatAReloadBringsReachThoseWhoWait) {
    sound().announce_position = false;
    reload();
    waiting();
    speech_ready();
    pass(20s);
    const std::size_t before = prepared.size();
    sound().announce_position = true;
    sound().announce_first = 10s;
    reload();
    pass(10s);
    ASSERT_EQ(prepared.size(), before + 1);
    EXPECT_EQ(prepared.back().words[0].text, "您是第一位");
    speech_ready();
    in(PlayEnded{played.back().leg, played.back().play});
    pass(5s);
    reload();  // what is due stays due
    pass(25s);
    EXPECT_EQ(prepared.size(), before + 2);
}

TEST_F(Waiting, WhoGivesUpAndCallsAgainSoonHasHisOldPlace) {
    rules().max_length = 10;
    site->returns_within["service"] = 60s;
    reload();
    const LegId first = waiting("13800000001");
    pass(20s);
    waiting("13800000002");
    hangs_up(first);
    settle();
    pass(59s);
    waiting("13800000001");
    EXPECT_EQ(last<Enqueued>().position, 1);
    EXPECT_EQ(last<Enqueued>().place_from, now.wall - 79s);
    agent_appears("8001");
    EXPECT_EQ(last<Offered>().wait_ms, 0) << "a place is not a wait";
    answers(ringing("8001"));
    EXPECT_EQ(last<Answered>().queue, "service");
    EXPECT_EQ(all<QueueLeft>().back().caller, "13800000001");
}

TEST_F(Waiting, APlaceIsKeptForAMinuteOfThatQueueAndForOneWhoTellsWhoHeIs) {
    rules().max_length = 10;
    site->returns_within["service"] = 60s;
    reload();
    for (const char* caller : {"13800000001", "anonymous"}) {
        const LegId leg = waiting(caller);
        pass(20s);
        hangs_up(leg);
        settle();
    }
    const LegId other = waiting("anonymous");
    EXPECT_EQ(last<Enqueued>().place_from, now.wall);
    hangs_up(other);
    settle();
    waiting("13800000001", '9');
    EXPECT_EQ(last<Enqueued>().place_from, now.wall) << "of another queue";
    pass(61s);
    waiting("13800000001");
    EXPECT_EQ(last<Enqueued>().place_from, now.wall) << "too late";
}

TEST_F(Waiting, APlaceThatHeCouldNotTakeUpIsStillHis) {
    rules().max_length = 10;
    site->returns_within["service"] = 60s;
    reload();
    const LegId first = waiting("13800000001");
    const Wall asked = now.wall;
    pass(20s);
    hangs_up(first);
    settle();
    pass(10s);
    rules().joining = acd::Needs::LoggedIn;
    reload();
    waiting("13800000001");
    EXPECT_EQ(last<QueueRefused>().why, "nobody_there");
    rules().joining = acd::Needs::Nobody;
    reload();
    pass(10s);
    const LegId third = accepted("13800000001");
    in(DigitHeard{third, '0'});  // the directory is waited for
    hangs_up(third);
    settle();
    EXPECT_EQ(all<Enqueued>().size(), 1u);
    pass(10s);
    const LegId fourth = waiting("13800000001");
    EXPECT_EQ(last<Enqueued>().place_from, asked);
    waiting("13800000001");
    EXPECT_EQ(last<Enqueued>().place_from, now.wall) << "one place, not two";
    hangs_up(fourth);
    settle();
}

TEST_F(Waiting, APlaceThatHeCouldNotTakeUpIsKeptNoLongerForThat) {
    rules().max_length = 10;
    site->returns_within["service"] = 60s;
    reload();
    hangs_up(waiting("13800000001"));
    settle();
    pass(50s);
    const LegId second = accepted("13800000001");
    in(DigitHeard{second, '0'});
    hangs_up(second);
    settle();
    pass(11s);
    waiting("13800000001");
    EXPECT_EQ(last<Enqueued>().place_from, now.wall);
}

TEST_F(Waiting, WhoIsLostInADeadZoneHasHisPlaceToo) {
    site->returns_within["service"] = 60s;
    reload();
    const LegId first = waiting("13800000001");
    const Wall asked = now.wall;
    pass(20s);
    in(AudioSilent{first, 20s});
    settle();
    EXPECT_EQ(last<QueueLeft>().result, "failed");
    waiting("13800000001");
    EXPECT_EQ(last<Enqueued>().place_from, asked);
}

class ExitKey : public Waiting {
  protected:
    /// 9 leads out of the line of "service", to its words for a full queue.
    ExitKey() {
        for (auto& [number, program] : site->hotlines) {
            auto changed = std::make_shared<ivr::Program>(*program);
            for (auto& node : changed->nodes)
                if (auto* join = std::get_if<ivr::JoinQueue>(&node.body); join && join->queue == "service")
                    join->keys = {{'9', join->full}};
            program = changed;
        }
        reload();
    }
};

TEST_F(ExitKey, LeadsOutOfTheLine) {
    const LegId him = waiting("13800000001");
    waiting("13800000002");
    in(DigitHeard{him, '8'});
    EXPECT_TRUE(all<QueueLeft>().empty());
    pass(20s);
    in(DigitHeard{him, '9'});
    const auto left = last<QueueLeft>();
    EXPECT_EQ(left.caller, "13800000001");
    EXPECT_EQ(left.result, "overflow");
    EXPECT_EQ(left.why, "key");
    EXPECT_EQ(left.to, "key:9");
    EXPECT_EQ(left.wait_ms, 20'000);
    EXPECT_EQ(board.census(now).queues.front().waiting, 1u);
    hangs_up(him);
    settle();
    EXPECT_EQ(last<CallEnded>().outcome, "overflow");
    agent_appears("8001");
    answers(ringing("8001"));
    EXPECT_EQ(last<Answered>().agent, "8001") << "the next one is served";
}

TEST_F(ExitKey, EndsNoWordsThatMustBeHeard) {
    sound().notice = {{"zh", {"recorded", "本次通话将被录音", "zh"}}};
    reload();
    const LegId him = waiting();
    speech_ready();
    in(DigitHeard{him, '9'});
    EXPECT_TRUE(all<QueueLeft>().empty());
    in(PlayEnded{him, played.back().play});
    in(DigitHeard{him, '9'});
    EXPECT_EQ(last<QueueLeft>().why, "key");
}

TEST_F(ExitKey, CountsWhileItIsStillAskedWhoKnowsHim) {
    const LegId him = accepted("13800000001");
    in(DigitHeard{him, '0'});
    in(DigitHeard{him, '9'});
    in(CustomerFound{looked_up.back(), {}});
    EXPECT_TRUE(all<Enqueued>().empty());
    hangs_up(him);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "overflow");
}

TEST_F(ExitKey, DoesNothingWhileAPhoneRingsForHim) {
    const LegId him = waiting();
    agent_appears("8001");
    const LegId agent = ringing("8001");
    in(DigitHeard{him, '9'});
    EXPECT_TRUE(all<QueueLeft>().empty());
    answers(agent);
    EXPECT_EQ(last<QueueLeft>().result, "answered");
    in(DigitHeard{him, '9'});
    EXPECT_EQ(all<QueueLeft>().size(), 1u) << "nor in a conversation";
}

TEST_F(Waiting, APhonesScreenSaysWhichQueueRings) {
    site->caller_name_prefixes["service"] = "咨询";
    reload();
    agent_appears("8001");
    waiting("13800000001");
    ringing("8001");
    EXPECT_EQ(last_dialled.caller_name, "咨询");
    EXPECT_EQ(last_dialled.caller, "13800000001");
    settle();
    agent_appears("8002");
    const LegId named = leg_ids.next();
    in(InviteArrived{named, {Origin::Kind::Trunk, "local"}, "13800000003", "王先生", "95000", pcma(), "id", {}});
    in(AudioOpened{named, *Address::parse("127.0.0.1:20000")});
    in(LegConfirmed{named, std::nullopt});
    in(DigitHeard{named, '0'});
    in(CustomerFound{looked_up.back(), {}});
    ringing("8002");
    EXPECT_EQ(last_dialled.caller_name, "咨询 王先生");
}

TEST_F(Waiting, WithoutAPrefixThePhonesScreenSaysWhoCalls) {
    agent_appears("8001");
    waiting("13800000002");
    ringing("8001");
    EXPECT_EQ(last_dialled.caller_name, "");
    EXPECT_EQ(last_dialled.caller, "13800000002");
}

TEST_F(Waiting, WhoMayNotJoinTakesTheExitForIt) {
    rules().joining = acd::Needs::LoggedIn;
    reload();
    waiting();
    EXPECT_TRUE(all<Enqueued>().empty());
    EXPECT_EQ(last<QueueRefused>().queue, "service");
    EXPECT_EQ(last<QueueRefused>().why, "nobody_there");
    EXPECT_EQ(record().outcome, "overflow");
    everything_is_over();
}

TEST_F(Waiting, WhoWaitsTakesTheExitWhenTheLastAgentLeaves) {
    rules().staying = acd::Needs::LoggedIn;
    reload();
    const auto [first, agent] = talking();
    waiting("13800000002");
    in(AgentContacts{"8001", 0, {}});
    EXPECT_EQ(all<QueueLeft>().size(), 1u) << "he still talks to the first";
    hangs_up(agent);
    pass(10s);  // wrap-up
    EXPECT_EQ(last<QueueLeft>().caller, "13800000002");
    EXPECT_EQ(last<QueueLeft>().result, "overflow");
    everything_is_over();
}

TEST_F(Waiting, WhatTheFlowWantsOfAnAgentIsOnRecordAndRelaxes) {
    auto fresh = travel();
    fresh->acd.queues.front().relax = {{10s, 2, {}, {}}};
    fresh->acd.agents[0].skills = {{"english", 1}};
    auto program = std::make_shared<ivr::Program>(*fresh->hotlines["95000"]);
    auto& join = std::get<ivr::JoinQueue>(program->nodes[1].body);
    join.skills = {{"english", 3}};
    join.priority = 2;
    fresh->hotlines["95000"] = program;
    board.reload(fresh, now);
    agent_appears("8001");
    waiting();
    const auto enqueued = last<Enqueued>();
    EXPECT_EQ(enqueued.priority, 2);
    ASSERT_EQ(enqueued.skills.size(), 1u);
    EXPECT_EQ(enqueued.skills[0].skill, "english");
    EXPECT_EQ(enqueued.skills[0].level, 3);
    EXPECT_TRUE(all<Offered>().empty());
    pass(10s);
    EXPECT_EQ(last<Offered>().relaxed, 1);
    EXPECT_EQ(last<Offered>().reason, "longest_idle");
}

TEST_F(Waiting, WhatIsKnownOfTheCallerDecidesHisPlaceAndHisAgent) {
    const auto value = [](const char* text) {
        return std::get<ivr::Expression>(ivr::Expression::parse(text, ivr::Expression::Wanted::Value));
    };
    auto fresh = travel();
    auto program = std::make_shared<ivr::Program>(*fresh->hotlines["95000"]);
    auto& join = std::get<ivr::JoinQueue>(program->nodes[1].body);
    join.priority = 1;
    join.priority_from = value("urgency");
    join.skills_from = {{"english", value("english")}, {"visa", value("visa")}, {"tickets", value("missing")}};
    const auto program_with = [&](const char* urgency, const char* english) {
        auto one = std::make_shared<ivr::Program>(*program);
        ivr::Set known;  // as a lookup gives it
        known.assignments = {{"urgency", ivr::Expression::literal(urgency)},
                             {"english", ivr::Expression::literal(english)},
                             {"visa", ivr::Expression::literal("0")}};
        known.next = 1;
        one->nodes.push_back({"known", known});
        std::get<ivr::Menu>(one->nodes[0].body).choices[0].next = static_cast<ivr::NodeIndex>(one->nodes.size() - 1);
        fresh->hotlines["95000"] = one;
        board.reload(fresh, now);
        const LegId leg = waiting();
        const auto joined = last<Enqueued>();
        hangs_up(leg);
        settle();
        std::string out = std::to_string(joined.priority);
        for (const auto& [skill, level] : joined.skills) out += ' ' + skill + ' ' + std::to_string(level);
        return out;
    };
    EXPECT_EQ(program_with("5", "3"), "5 english 3");
    EXPECT_EQ(program_with("-2", "12"), "-2 english 9");
    EXPECT_EQ(program_with("12345", "0"), "999");
    EXPECT_EQ(program_with("gold", "much"), "0");
}

/// Who of two free agents is asked shows whether the day's counts are still there: 8001 has served one caller, and has been idle
/// longer.
class Midnight : public Waiting {
  protected:
    Midnight() { zone("Asia/Shanghai"); }
    void zone(const std::string& name) {
        auto fresh = travel();
        fresh->time_zone = name;
        fresh->acd.queues.front().strategy = acd::StrategyKind::FewestCalls;
        fresh->acd.queues.front().wrapup_mode = acd::WrapUpMode::None;
        board.reload(fresh, now);
    }
    void one_served_by_8001() {
        agent_appears("8001");
        const LegId caller = waiting("13800000001");
        answers(ringing("8001"));
        hangs_up(caller);
        settle();
        agent_appears("8002");
    }
    std::string next_is() {
        const LegId caller = waiting("13800000002");
        const std::string agent = last<Offered>().agent;
        hangs_up(caller);
        settle();
        return agent;
    }
    void until(Wall wall) { pass(std::chrono::duration_cast<Duration>(wall - now.wall)); }
    static Wall utc(int month, int day, int hour) {
        return Wall(std::chrono::sys_days(std::chrono::year(2026) / month / day)) + std::chrono::hours(hour);
    }
};

TEST_F(Midnight, OfTheSiteTheDaysCountsBeginAnew) {
    one_served_by_8001();
    EXPECT_EQ(next_is(), "8002") << "none today, though 8001 has been idle longer";
    pass(24h);
    EXPECT_EQ(next_is(), "8001") << "yesterday is over: idle longest";
}

TEST_F(Midnight, ComesAlsoOnTheDayAfterTheClocksWereChanged) {
    zone("Europe/Berlin");
    until(utc(10, 24, 22));  // midnight of the day that has 25 hours
    until(utc(10, 25, 22) + 30min);
    one_served_by_8001();  // 23:30: it is the same day still
    EXPECT_EQ(next_is(), "8002");
    pass(29min);
    EXPECT_EQ(next_is(), "8002");
    pass(1min);
    EXPECT_EQ(next_is(), "8001");
}

TEST_F(Midnight, OfAnotherZoneHoldsFromTheReloadOn) {
    zone("Asia/Shanghai");
    until(utc(10, 1, 17));  // 1:00 of the second there
    one_served_by_8001();
    zone("UTC");  // 17:00 of the first: no new day
    EXPECT_EQ(next_is(), "8002");
    until(utc(10, 1, 23) + 59min);
    EXPECT_EQ(next_is(), "8002");
    pass(1min);
    EXPECT_EQ(next_is(), "8001") << "midnight in UTC, eight hours before Shanghai's";
}

TEST_F(Midnight, WhereAReloadMakesItTomorrowADayIsOver) {
    zone("UTC");
    until(utc(10, 1, 17));
    one_served_by_8001();
    EXPECT_EQ(next_is(), "8002");
    zone("Asia/Shanghai");
    board.round(now);
    EXPECT_EQ(next_is(), "8001");
}

}  // namespace
}  // namespace hotline::call
