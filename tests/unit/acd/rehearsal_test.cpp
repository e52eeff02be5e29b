// A rehearsed day against queueing theory with patience, and its own books.
#include "hotline/acd/rehearsal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <queue>

#include "hotline/base/random.h"

namespace hotline::acd {
namespace {

// The sanitized builds look for faults of memory; statistics need more calls than they have time for.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kRuns = 2;
#else
constexpr int kRuns = 20;
#endif
constexpr double kStudentOfRuns = kRuns == 20 ? 2.861 : 63.66;  // t(runs - 1), 99 % both sides
constexpr double kWidest = kRuns == 20 ? 1 : 100;               // an interval that covers everything would prove nothing

Rehearsal one_queue(int agents, double calls_an_hour, Duration length) {
    Rehearsal day;
    QueueConfig queue;
    queue.name = "service";
    queue.wrapup_mode = WrapUpMode::None;
    queue.max_length = 1'000'000;
    queue.max_wait = 100'000h;
    day.config.queues = {queue};
    for (int i = 0; i < agents; ++i) day.config.agents.push_back({.name = std::to_string(8001 + i), .queues = {"service"}});
    day.calls_an_hour = {{"service", calls_an_hour}};
    day.answer = Duration{0};
    day.length = length;
    return day;
}

RehearsedHour whole(const Rehearsed& day) { return day.by_queue().at(0); }

/// Erlang A (Palm 1946; M/M/n+M): the states of a centre whose callers give up, as a birth and death chain.
struct ErlangA {
    double abandoned, mean_wait_s;  // share of all callers; of all callers, answered or not
};
ErlangA erlang_a(int agents, double calls_a_second, double talk_s, double patience_s) {
    std::vector<double> weight = {1};
    for (int n = 1; n < 2000; ++n) {
        const double leaving = std::min(n, agents) / talk_s + std::max(0, n - agents) / patience_s;
        weight.push_back(weight.back() * calls_a_second / leaving);
    }
    const double all = std::accumulate(weight.begin(), weight.end(), 0.0);
    double in_line = 0;
    for (std::size_t n = static_cast<std::size_t>(agents); n < weight.size(); ++n)
        in_line += static_cast<double>(n - static_cast<std::size_t>(agents)) * weight[n] / all;
    return {in_line / patience_s / calls_a_second, in_line / calls_a_second};
}

/// → the mean and half the width of its confidence interval.
std::pair<double, double> mean_of(const std::vector<double>& runs) {
    const double mean = std::accumulate(runs.begin(), runs.end(), 0.0) / kRuns;
    double squares = 0;
    for (double one : runs) squares += (one - mean) * (one - mean);
    return {mean, kStudentOfRuns * std::sqrt(squares / (kRuns - 1) / kRuns)};
}

struct ErlangAPoint {
    int agents;
    double load;  // erlangs, also above the number of agents
};
class ErlangAAgreement : public ::testing::TestWithParam<ErlangAPoint> {};

TEST_P(ErlangAAgreement, AsManyGiveUpAndAllWaitAsLongAsTheFormulaSays) {
    const auto [agents, load] = GetParam();
    const double a_second = load / 180;
    std::vector<double> abandoned, waits;  // of each run: the share who gave up; seconds waited by all who came, on the average
    for (int i = 0; i < kRuns; ++i) {
        Rehearsal day = one_queue(agents, a_second * 3600, Duration(24h) * 10 / agents);
        day.patience = 120s;
        day.seed = static_cast<std::uint64_t>(100 + i);
        const RehearsedHour row = whole(rehearse(day));
        abandoned.push_back(static_cast<double>(row.abandoned) / row.offered);
        waits.push_back(std::chrono::duration<double>(row.waited + row.given_up).count() / row.offered);
    }
    const ErlangA theory = erlang_a(agents, a_second, 180, 120);
    const auto [share, share_half] = mean_of(abandoned);
    EXPECT_NEAR(share, theory.abandoned, share_half + 0.002) << "half width " << share_half;
    EXPECT_LT(share_half, 0.02 * kWidest);
    const auto [wait, wait_half] = mean_of(waits);
    EXPECT_NEAR(wait, theory.mean_wait_s, wait_half + 0.2) << "half width " << wait_half;
    EXPECT_LT(wait_half, 0.15 * theory.mean_wait_s * kWidest);
}

INSTANTIATE_TEST_SUITE_P(Centres, ErlangAAgreement,
                         ::testing::Values(ErlangAPoint{3, 2.5}, ErlangAPoint{10, 9.5}, ErlangAPoint{10, 14}, ErlangAPoint{40, 42}),
                         [](const auto& one) {
                             return "Agents" + std::to_string(one.param.agents) + "Load" +
                                    std::to_string(static_cast<int>(one.param.load));
                         });

TEST(Rehearsal, EveryCallerIsCountedOnce) {
    Rehearsal day = one_queue(5, 200, 8h);
    day.patience = 60s;
    day.config.queues[0].max_length = 8;
    day.config.queues[0].max_wait = 90s;
    day.config.queues[0].wrapup_mode = WrapUpMode::UntilDone;
    const Rehearsed played = rehearse(day);
    EXPECT_EQ(played.hours.size(), 8u);
    const RehearsedHour all = whole(played);
    EXPECT_NEAR(all.offered, 1600, 160);
    EXPECT_EQ(all.offered, all.answered + all.abandoned + all.overflowed);
    EXPECT_GT(all.abandoned, 0);
    EXPECT_GT(all.overflowed, 0);
    EXPECT_GT(played.occupancy, 0.9);
    EXPECT_LE(played.occupancy, 1.0);
    EXPECT_LE(all.longest, 90s + 15s);
}

TEST(Rehearsal, WhoGivesUpAtOnceCountsAgainstNobody) {
    Rehearsal day = one_queue(1, 200, 8h);
    day.patience = 4s;
    const RehearsedHour all = whole(rehearse(day));
    EXPECT_GT(all.short_abandoned, 0);
    EXPECT_GT(all.abandoned, all.short_abandoned);
    EXPECT_EQ(all.offered, all.answered + all.abandoned + all.overflowed) << "they are among those who gave up";
    const double in_time = all.in_time;
    EXPECT_DOUBLE_EQ(all.service_level(), in_time / (all.answered + all.abandoned - all.short_abandoned));
    Rehearsed twice;
    twice.hours = {all, all};
    EXPECT_EQ(twice.by_queue()[0].short_abandoned, 2 * all.short_abandoned);
}

TEST(Rehearsal, WhoIsMovedAfterTheLastHourIsCounted) {
    Rehearsal day = one_queue(1, 120, 1h);
    QueueConfig other = day.config.queues[0];
    other.name = "other";
    day.config.queues.push_back(other);
    day.config.agents.push_back({.name = "8002", .queues = {"other"}});
    day.config.queues[0].overflow = {{OverflowRule::When::Waited, 30min, 0, OverflowRule::Action::Move, "other"}};
    const Rehearsed played = rehearse(day);
    int offered = 0, left = 0;
    for (const RehearsedHour& row : played.hours) {
        offered += row.offered;
        left += row.answered + row.abandoned + row.overflowed;
    }
    const auto late = std::ranges::count_if(played.hours, [](const auto& row) { return row.hour > 0 && row.offered > 0; });
    EXPECT_GT(late, 0) << "somebody was moved after the day's end, or this proves nothing";
    EXPECT_EQ(offered, left);
}

TEST(Rehearsal, WhoWantsASkillWaitsForThoseWhoHaveIt) {
    Rehearsal day = one_queue(10, 60, 24h);
    day.patience = 60s;
    day.config.agents.front().skills = {{"english", 5}};
    const auto anybody = whole(rehearse(day));
    EXPECT_LT(anybody.abandoned, anybody.offered / 20);
    day.wishes = {{"service", {"english", 3}, 0.5}};
    const auto choosy = whole(rehearse(day));
    EXPECT_GT(choosy.abandoned, choosy.offered / 10) << "one agent for half of them";
    EXPECT_LT(choosy.abandoned, choosy.offered / 2);
    day.wishes.front().skill.level = 6;
    const auto in_vain = whole(rehearse(day));
    EXPECT_NEAR(in_vain.abandoned, in_vain.offered / 2.0, in_vain.offered / 15.0);
    EXPECT_GT(in_vain.longest, 60s) << "also of those who gave up";
}

TEST(Rehearsal, TheSameSeedIsTheSameDayAndAnotherIsAnother) {
    Rehearsal day = one_queue(5, 80, 8h);
    const auto once = whole(rehearse(day)), again = whole(rehearse(day));
    const auto figures = [](const auto& row) { return std::tuple(row.offered, row.in_time, row.answered, row.abandoned); };
    day.seed = 2;
    EXPECT_EQ(figures(once), figures(again));
    EXPECT_NE(figures(whole(rehearse(day))), figures(once));
}

// ── Pooling, against a simulation of its own ──

constexpr int kAlone = 4, kBoth = 6;  // agents of each queue alone, and of both
constexpr double kCallsAnHour = 120, kTalkSeconds = 180;

/// Two queues, plain lists, nothing of the distributor's: who has been idle longest takes, who came first is taken. → share of the
/// first queue's callers who waited 20 s at most.
double naive_service_level(std::uint64_t seed, double hours) {
    struct Clerk {
        bool serves[2];
        double idle_since = 0, busy_until = -1;  // busy_until < 0: idle
    };
    std::vector<Clerk> people;
    for (int i = 0; i < 2 * kAlone + kBoth; ++i) people.push_back({{i < kAlone || i >= 2 * kAlone, i >= kAlone}, 0, -1});
    std::vector<std::pair<double, int>> line;  // when he came, to which queue
    Random random(seed);
    const auto exponential = [&](double mean) { return -std::log1p(-random.unit()) * mean; };
    double arrival[2] = {exponential(3600 / kCallsAnHour), exponential(3600 / kCallsAnHour)}, now = 0;
    int first = 0, in_time = 0;
    while (now < hours * 3600) {
        const int queue = arrival[0] < arrival[1] ? 0 : 1;
        Clerk* ends = nullptr;
        for (Clerk& one : people)
            if (one.busy_until >= 0 && (!ends || one.busy_until < ends->busy_until)) ends = &one;
        const auto takes = [&](Clerk& person, double came, int of) {
            person.busy_until = now + exponential(kTalkSeconds);
            first += of == 0;
            in_time += of == 0 && now - came <= 20;
        };
        if (ends && ends->busy_until < arrival[queue]) {
            now = ends->busy_until;
            ends->busy_until = -1;
            ends->idle_since = now;
            const auto next = std::ranges::find_if(line, [&](const auto& caller) { return ends->serves[caller.second]; });
            if (next == line.end()) continue;
            const auto [came, of] = *next;
            line.erase(next);
            takes(*ends, came, of);
        } else {
            now = arrival[queue];
            arrival[queue] += exponential(3600 / kCallsAnHour);
            Clerk* best = nullptr;
            for (Clerk& one : people)
                if (one.busy_until < 0 && one.serves[queue] && (!best || one.idle_since < best->idle_since)) best = &one;
            if (best)
                takes(*best, now, queue);
            else
                line.emplace_back(now, queue);
        }
    }
    return static_cast<double>(in_time) / first;
}

double service_level(std::uint64_t seed, Duration length) {
    Rehearsal day = one_queue(0, kCallsAnHour, length);
    QueueConfig other = day.config.queues[0];
    other.name = "abroad";
    day.config.queues.push_back(other);
    day.calls_an_hour["abroad"] = kCallsAnHour;
    day.seed = seed;
    for (int i = 0; i < 2 * kAlone + kBoth; ++i) {
        std::vector<std::string> queues;
        if (i < kAlone || i >= 2 * kAlone) queues.push_back("service");
        if (i >= kAlone) queues.push_back("abroad");
        day.config.agents.push_back({.name = std::to_string(8001 + i), .queues = queues});
    }
    return whole(rehearse(day)).service_level();
}

TEST(Rehearsal, PoolingHelpsAsMuchAsInASimulationOfItsOwn) {
    double ours = 0, theirs = 0, squares = 0;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
        const double a = service_level(seed, 100h), b = naive_service_level(seed + 1000, 100);
        ours += a / kRuns, theirs += b / kRuns;
        squares += (a - b) * (a - b);
    }
    const double mean = ours - theirs;
    const double half = kStudentOfRuns * std::sqrt((squares / kRuns - mean * mean) / (kRuns - 1));
    EXPECT_NEAR(ours, theirs, half) << "half width " << half;
    EXPECT_LT(half, 0.03 * kWidest);

    Rehearsal apart = one_queue(kAlone + kBoth / 2, kCallsAnHour, kRuns * 50h);
    EXPECT_GT(ours * kWidest, whole(rehearse(apart)).service_level() + 0.03) << "seven and seven apart do worse";
}

/// The same people in one queue, where callers want one of two skills: the same share.
double skilled_service_level(std::uint64_t seed, double hours) {
    const SkillWish wishes[] = {{"english", 3}, {"visa", 3}};
    Config config = one_queue(2 * kAlone + kBoth, 0, 1h).config;
    for (int i = 0; i < 2 * kAlone + kBoth; ++i) {
        auto& skills = config.agents[static_cast<std::size_t>(i)].skills;
        if (i < kAlone || i >= 2 * kAlone) skills["english"] = 5;
        if (i >= kAlone) skills["visa"] = 5;
    }
    Acd acd;
    const Time began = Time{} + 1h;
    Time now = began;
    acd.configure(config, now);
    for (const AgentId agent : acd.agents()) acd.set_present(agent, true, now);
    Random random(seed);
    const auto exponential = [&](double mean) {
        return Duration(static_cast<std::int64_t>(-std::log1p(-random.unit()) * mean * 1e9));
    };
    using HangUp = std::pair<Time, AgentId>;
    std::priority_queue<HangUp, std::vector<HangUp>, std::greater<>> hang_ups;
    std::map<CallId, std::pair<Time, int>> waiting;  // when he came, and what for
    Time arrival[2] = {now + exponential(3600 / kCallsAnHour), now + exponential(3600 / kCallsAnHour)};
    std::uint64_t calls = 0;
    int first = 0, in_time = 0;
    while (now < began + Duration(static_cast<std::int64_t>(hours * 3600e9))) {
        const int what = arrival[0] < arrival[1] ? 0 : 1;
        if (hang_ups.empty() || arrival[what] < hang_ups.top().first) {
            now = std::exchange(arrival[what], arrival[what] + exponential(3600 / kCallsAnHour));
            Caller caller{CallId{++calls}, acd.queue("service"), now, 0, {}};
            caller.skills = {wishes[what]};
            EXPECT_TRUE(acd.enqueue(caller, now).ok());
            waiting[caller.call] = {now, what};
        } else {
            now = hang_ups.top().first;
            acd.on_talk_ended(hang_ups.top().second, now);
            hang_ups.pop();
        }
        for (const Offer& offer : acd.decide(now).offers) {
            acd.on_answered(offer.id, now);
            hang_ups.emplace(now + exponential(kTalkSeconds), offer.agent);
            const auto [came, wanted] = waiting.extract(offer.call).mapped();
            first += wanted == 0;
            in_time += wanted == 0 && now - came <= 20s;
        }
    }
    return static_cast<double>(in_time) / first;
}

TEST(Rehearsal, SkillsPoolAsMuchAsQueuesInASimulationOfItsOwn) {
    double ours = 0, theirs = 0, squares = 0;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
        const double a = skilled_service_level(seed, 100), b = naive_service_level(seed + 2000, 100);
        ours += a / kRuns, theirs += b / kRuns;
        squares += (a - b) * (a - b);
    }
    const double mean = ours - theirs;
    const double half = kStudentOfRuns * std::sqrt((squares / kRuns - mean * mean) / (kRuns - 1));
    EXPECT_NEAR(ours, theirs, half) << "half width " << half;
    EXPECT_LT(half, 0.03 * kWidest);
}

// ── No starvation ──

class EveryStrategy : public ::testing::TestWithParam<StrategyKind> {};

/// Three quarters of what they can do, no longest wait, and everything that could favour some for ever: priorities, tiers, orders
/// of their own, agents who serve one queue only.
TEST_P(EveryStrategy, ServesEverybodyInBoundedTime) {
    Rehearsal day = one_queue(0, 120, 24h);
    day.answer = 2s;
    day.config.queues[0].strategy = GetParam();
    for (const char* name : {"abroad", "urgent"}) {
        day.config.queues.push_back(day.config.queues[0]);
        day.config.queues.back().name = name;
        day.calls_an_hour[name] = 120;
    }
    day.config.queues[1].age_every = 30s;
    day.config.queues[2].priority = 5;
    for (int i = 0; i < 24; ++i) {
        AgentConfig agent{.name = std::to_string(8001 + i), .queues = {"service", "abroad", "urgent"}};
        if (i % 4 == 1) agent.queues = {"abroad"};
        agent.in_order = i % 3 == 0;
        if (i % 5 == 0) agent.tiers["service"] = 2;
        agent.weight = 1 + i % 7;
        day.config.agents.push_back(agent);
    }
    for (const RehearsedHour& row : rehearse(day).by_queue()) {
        EXPECT_GT(row.offered, 2000) << row.queue;
        EXPECT_EQ(row.answered, row.offered) << row.queue;
        EXPECT_LT(row.longest, 10min) << row.queue;
    }
}

INSTANTIATE_TEST_SUITE_P(All, EveryStrategy,
                         ::testing::Values(StrategyKind::LongestIdle, StrategyKind::RoundRobin, StrategyKind::FewestCalls,
                                           StrategyKind::LeastTalk, StrategyKind::SkillLevel, StrategyKind::TopDown,
                                           StrategyKind::WeightedRandom, StrategyKind::RingAll),
                         [](const auto& one) { return std::string(to_word(one.param)); });

}  // namespace
}  // namespace hotline::acd
