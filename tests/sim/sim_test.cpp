// A thousand random days on every build. A broken rule is printed with the seed that replays it:
//
//   HOTLINE_SIM_SEED=17 sim          one day, with the story of its last events
//   HOTLINE_SIM_SEEDS=100000 sim     more days
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "quiet_log.h"
#include "world.h"

namespace hotline::sim {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

volatile std::sig_atomic_t running_seed = 0;

/// A failed check of the core's own ends the process: say which day it was. Only calls that a signal handler may make.
void name_the_seed(int) {
    char line[64] = "sim: replay with HOTLINE_SIM_SEED=";
    std::size_t length = 34;
    char digits[20];
    int n = 0;
    for (long rest = running_seed; rest > 0 && n < 20; rest /= 10) digits[n++] = static_cast<char>('0' + rest % 10);
    while (n > 0) line[length++] = digits[--n];
    line[length++] = '\n';
    QuietLog::tell_the_last();
    if (::write(STDOUT_FILENO, line, length) < 0) return;
}

class Days : public ::testing::Test {
  protected:
    void SetUp() override { std::signal(SIGABRT, name_the_seed); }
    void TearDown() override { std::signal(SIGABRT, SIG_DFL); }
};

TEST_F(Days, NoRuleIsBrokenAndEverythingComesToRest) {
    std::uint64_t first = 1, last = number_from("HOTLINE_SIM_SEEDS", 1000);
    const bool replay = std::getenv("HOTLINE_SIM_SEED") != nullptr;
    if (replay) first = last = number_from("HOTLINE_SIM_SEED", 1);
    QuietLog log;
    std::size_t calls = 0, facts = 0, crossed = 0, broken = 0;
    std::uint64_t late = 0;
    std::size_t messages = 0;
    std::map<std::string, int> outcomes, dialled, handed_on, answers, seen;
    for (std::uint64_t seed = first; seed <= last && broken < 5; ++seed) {
        running_seed = static_cast<std::sig_atomic_t>(seed);
        log.begin_day();
        World world(seed, replay ? Story::Told : Story::Untold);
        if (const std::string rule = world.run(); !rule.empty()) {
            ++broken;
            ADD_FAILURE() << rule << "\n  replay with HOTLINE_SIM_SEED=" << seed << '\n' << world.story(replay ? 5000 : 200);
        }
        calls += world.ledger().calls().size();
        facts += world.ledger().size();
        crossed += world.signaling().crossed();
        late += world.census().late_events;
        for (const auto& [outcome, count] : world.ledger().outcomes()) outcomes[outcome] += count;
        for (const auto& [answer, count] : world.ledger().answers()) answers[answer] += count;
        messages += world.ledger().messages().size();
        for (const auto& [result, count] : world.ledger().dial_results()) dialled[result] += count;
        for (const auto& [result, count] : world.ledger().transfers()) handed_on[result] += count;
        for (const auto& [what, count] : world.ledger().sightings()) seen[what] += count;
    }
    std::printf("%llu days, %zu calls, %zu facts, %zu crossings, %llu late events\n",
                static_cast<unsigned long long>(last - first + 1), calls, facts, crossed, static_cast<unsigned long long>(late));
    for (const auto& [outcome, count] : outcomes) std::printf("  %-14s %d\n", outcome.c_str(), count);
    for (const auto& [result, count] : dialled) std::printf("  called outside: %-14s %d\n", result.c_str(), count);
    for (const auto& [result, count] : handed_on) std::printf("  handed on to %-18s %d\n", result.c_str(), count);
    for (const auto& [answer, count] : answers) std::printf("  surveyed: %-14s %d\n", answer.c_str(), count);
    std::printf("  voice messages %zu\n", messages);
    for (const auto& [what, count] : seen) std::printf("  %-32s %d\n", what.c_str(), count);
    if (broken > 0 || replay) return;
    // Days on which nothing happens would prove nothing.
    for (const char* answer : {"satisfied", "fair", "not_satisfied", "none"}) EXPECT_GT(answers[answer], 0) << answer;
    EXPECT_GT(messages, last - first);
    for (const char* outcome :
         {"answered", "abandoned", "self_service", "callback", "voice_message", "overflow", "rejected", "failed"}) {
        EXPECT_GT(outcomes[outcome], 0) << outcome;
    }
    for (const char* result : {"answered", "busy", "rejected", "missed", "unreachable", "silent", "withdrawn", "failed"}) {
        EXPECT_GT(dialled[result], 0) << result;
    }
    for (const char* result :
         {"agent answered", "agent busy", "agent no_answer", "agent failed", "agent withdrawn", "outside answered", "outside busy",
          "outside no_answer", "outside failed", "outside withdrawn", "nobody failed"}) {
        EXPECT_GT(handed_on[result], 0) << result;
    }
    for (const char* what : {"moved to another queue",
                             "left by key",
                             "refused: full",
                             "rung with others",
                             "rung by name",
                             "rang until another one answered",
                             "code by agent",
                             "code by default",
                             "callback by key",
                             "callback by menu",
                             "callback by overflow",
                             "called back: answered",
                             "called back: busy",
                             "called back: missed",
                             "called back: unconfirmed",
                             "called back: withdrawn",
                             "callback ended: done",
                             "callback ended: expired",
                             "callback ended: given_up",
                             "callback ended: called_again",
                             "callback ended: cancelled",
                             "callback ended: abandoned"}) {
        EXPECT_GT(seen[what], 0) << what;
    }
    if (last - first >= 999) {
        for (const char* rare : {"declined while others ring", "called back: machine"})
            EXPECT_GT(seen[rare], 0) << rare << ": looked for in a thousand days only";
    }
    EXPECT_GT(calls, 10 * (last - first + 1));
    EXPECT_GT(crossed, last - first);
    EXPECT_GT(late, last - first);
}

TEST_F(Days, ASeedReplaysTheSameDay) {
    QuietLog log;
    for (std::uint64_t seed : {3u, 33u, 333u}) {
        World once(seed), again(seed), another(seed + 1);
        once.run(), again.run(), another.run();
        EXPECT_EQ(once.ledger().digest(), again.ledger().digest()) << seed;
        EXPECT_NE(once.ledger().digest(), another.ledger().digest()) << seed;
    }
}

}  // namespace
}  // namespace hotline::sim
