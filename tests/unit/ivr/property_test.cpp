// Random programs × random inputs: nothing crashes, nothing stalls, every resume is bounded.
#include <gtest/gtest.h>

#include "hotline/base/random.h"
#include "hotline/ivr/machine.h"
#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

/// Dice over the tree's seeded generator.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : state_(seed * 2 + 1) {}
    std::size_t below(std::size_t limit) {  // xorshift64*: its quality is enough to choose nodes and keys
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return static_cast<std::size_t>((state_ * 2685821657736338717ULL) >> 33) % limit;
    }
    bool chance(std::size_t one_in) { return below(one_in) == 0; }

  private:
    std::uint64_t state_;
};

/// Wild programs have everything wrong that can be; tame ones have only what a person may overlook.
enum class Kind { Wild, Tame };

class RandomProgram {
  public:
    RandomProgram(std::uint64_t seed, Kind kind) : dice_(seed), wild_(kind == Kind::Wild), size_(1 + dice_.below(12)) {}

    std::shared_ptr<const Program> make() {
        auto program = std::make_shared<Program>();
        for (std::size_t i = 0; i < size_; ++i) program->nodes.push_back({"n" + std::to_string(i), body()});
        program->start = dice_.below(size_);
        return program;
    }

  private:
    NodeIndex next() { return wild_ && dice_.chance(50) ? size_ + 3 : dice_.below(size_); }
    std::vector<Prompt> some_prompts() {
        std::vector<Prompt> list;
        for (std::size_t n = dice_.below(3); n > 0; --n)
            list.push_back(wild_ && dice_.chance(8) ? Prompt{} : prompt("p" + std::to_string(n)));
        return list;
    }
    int some_limit() { return static_cast<int>(wild_ ? dice_.below(4) : 1 + dice_.below(3)); }
    NodeBody body() {
        switch (dice_.below(7)) {
            case 0: return Play{some_prompts(), dice_.chance(2), next()};
            case 1: return menu();
            case 2: return collect();
            case 3: return Hours{wild_ && dice_.chance(4) ? nullptr : std::make_shared<Calendar>(), next(), next()};
            case 4: return JoinQueue{"q", some_prompts(), next(), next(), next()};
            case 5: return Goto{next()};
            default: return Hangup{some_prompts()};
        }
    }
    Menu menu() {
        Menu menu{};
        menu.name = "m";
        menu.greeting = some_prompts();
        menu.short_greeting = some_prompts();
        menu.choices.push_back({'0', "what", next()});
        if (wild_ && dice_.chance(3)) menu.choices.clear();
        for (const char key : {'1', '2', '#'})
            if (!dice_.chance(3)) menu.choices.push_back({key, "what", next()});
        for (std::size_t n = dice_.below(3); n > 0; --n) menu.on_invalid.push_back(some_prompts());
        for (std::size_t n = dice_.below(3); n > 0; --n) menu.on_no_input.push_back(some_prompts());
        menu.max_invalid = some_limit();
        menu.max_no_input = some_limit();
        menu.invalid_exit = next();
        menu.no_input_exit = next();
        return menu;
    }
    Collect collect() {
        Collect collect{};
        collect.variable = "v";
        collect.prompt = some_prompts();
        collect.min_digits = static_cast<int>(dice_.below(3));
        collect.max_digits = static_cast<int>(wild_ ? dice_.below(5) : 2 + dice_.below(3));
        collect.terminator = dice_.chance(3) ? '\0' : '#';
        collect.max_attempts = some_limit();
        collect.on_invalid = some_prompts();
        collect.next = next();
        collect.failed = next();
        return collect;
    }

    Dice dice_;
    bool wild_;
    std::size_t size_;
};

/// What the outside owes the machine: it must answer the action that is pending.
class Outside {
  public:
    explicit Outside(std::shared_ptr<const Program> program) : machine_(std::move(program)) {}

    void tell(const Input& input) {
        const Step step = machine_.resume(input, Wall{});
        ASSERT_LE(step.choices.size(), static_cast<std::size_t>(Machine::kMaxSteps));
        if (!step.action) return;
        ASSERT_FALSE(ended_) << "an action after EndCall";
        pending_ = step.action;
        ended_ = std::holds_alternative<EndCall>(*pending_);
        if (const auto* say = std::get_if<SayThese>(&*pending_)) {
            ASSERT_FALSE(say->utterances.empty()) << "it waits for the end of nothing";
        }
        if (const auto* listen = std::get_if<Listen>(&*pending_)) {
            ASSERT_GT(listen->timeout, Duration::zero());
        }
    }
    bool started() const { return pending_.has_value(); }
    bool ended() const { return ended_; }
    bool queued() const { return pending_ && std::holds_alternative<Enqueue>(*pending_); }
    /// The input that ends the pending action when nobody presses a key.
    Input answer(Dice& dice) const {
        if (std::holds_alternative<SayThese>(*pending_)) return PromptEnded{};
        if (std::holds_alternative<Listen>(*pending_)) return TimerFired{};
        return static_cast<QueueExit>(dice.below(3));
    }
    std::string line() const { return to_line(Step{{}, pending_, false}); }

  private:
    Machine machine_;
    std::optional<Action> pending_;
    bool ended_ = false;
};

Input any_input(Dice& dice) {
    switch (dice.below(5)) {
        case 0: return Started{};
        case 1: return PromptEnded{};
        case 2: return TimerFired{};
        case 3: return static_cast<QueueExit>(dice.below(3));
        default: return Digit{"0123456789*#ABCDx"[dice.below(17)]};
    }
}

TEST(RandomPrograms, always_have_an_action_pending_under_any_inputs) {
    for (std::uint64_t seed = 1; seed <= 4000 && !::testing::Test::HasFatalFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Dice dice(seed + 77);
        Outside outside(RandomProgram(seed, Kind::Wild).make());
        outside.tell(Started{});
        ASSERT_TRUE(outside.started()) << "no action after Started";
        for (int i = 0; i < 60; ++i) outside.tell(dice.chance(2) && !outside.ended() ? outside.answer(dice) : any_input(dice));
    }
}

/// The answer that an action waits for always brings a new action: nothing waits for what never comes.
TEST(RandomPrograms, never_stall_when_the_pending_action_is_answered) {
    for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Dice dice(seed + 99);
        Machine machine(RandomProgram(seed, Kind::Wild).make());
        std::optional<Action> pending = machine.resume(Started{}, Wall{}).action;
        for (int i = 0; i < 60 && !std::holds_alternative<EndCall>(*pending); ++i) {
            if (dice.chance(3)) {
                if (auto by_key = machine.resume(Digit{"012#*"[dice.below(5)]}, Wall{}).action) pending = std::move(by_key);
                continue;
            }
            Input answer = TimerFired{};
            if (std::holds_alternative<SayThese>(*pending)) answer = PromptEnded{};
            if (std::holds_alternative<Enqueue>(*pending)) answer = static_cast<QueueExit>(dice.below(3));
            pending = machine.resume(answer, Wall{}).action;
            ASSERT_TRUE(pending) << "stalled at " << machine.node();
        }
    }
}

bool traps_the_silent(const Flaw& flaw) { return flaw.fatal || flaw.text.find("for ever") != std::string::npos; }

/// A program in which check() finds nothing at all is left in the end by a caller who presses nothing: by hang-up or in a queue.
TEST(RandomPrograms, without_flaws_come_to_an_end_for_a_silent_caller) {
    int flawless = 0;
    for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto program = RandomProgram(seed, Kind::Tame).make();
        const auto flaws = check(*program);
        if (std::any_of(flaws.begin(), flaws.end(), traps_the_silent)) continue;
        ++flawless;
        Dice dice(seed);
        Outside outside(program);
        outside.tell(Started{});
        int steps = 0;
        while (!outside.ended() && !outside.queued() && ++steps < 1000) outside.tell(outside.answer(dice));
        EXPECT_LT(steps, 1000) << outside.line();
    }
    EXPECT_GT(flawless, 200);
}

}  // namespace
}  // namespace hotline::ivr
