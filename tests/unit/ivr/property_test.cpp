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

bool traps_the_silent(const Flaw& flaw) { return flaw.fatal || flaw.text.find("for ever") != std::string::npos; }

/// Wild programs have everything wrong that can be; tame ones have only what a person may overlook.
enum class Kind { Wild, Tame };

class RandomProgram {
  public:
    RandomProgram(std::uint64_t seed, Kind kind, int depth = 1)
        : dice_(seed), kind_(kind), wild_(kind == Kind::Wild), depth_(depth), size_(1 + dice_.below(12)) {}

    std::shared_ptr<const Program> make() {
        auto program = std::make_shared<Program>();
        for (std::size_t i = 0; i < size_; ++i) program->nodes.push_back({"n" + std::to_string(i), body()});
        program->start = dice_.below(size_);
        program->languages = {"zh", "en"};
        if (wild_ && dice_.chance(5)) program->languages.clear();
        for (const char key : {'0', '*', '#', '7'})
            if (dice_.chance(4)) program->anywhere.push_back({key, "what", dice_.chance(3) ? std::nullopt : std::optional(next())});
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
        switch (dice_.below(20)) {
            case 0: return Play{some_prompts(), dice_.chance(2), next()};
            case 1: return menu();
            case 2: return collect();
            case 3: return Hours{wild_ && dice_.chance(4) ? nullptr : std::make_shared<Calendar>(), next(), next()};
            case 4: return JoinQueue{"q", some_prompts(), next(), next(), next()};
            case 5: return Goto{next()};
            case 6: return say();
            case 7: return set();
            case 8: return branch();
            case 9: return SwitchLanguage{dice_.chance(2) ? "" : "en", next()};
            case 10: return called();
            case 11: return Return{};
            case 12: return lookup();
            case 13: return Webhook{"POST", "http://h/", {{"v", value("v")}}, {{variable(), "/a"}}, 5s, next(), next(), next()};
            case 14: return Apply{"what", "book", value("w"), std::nullopt, {{"v", value("v")}}, next()};
            case 15: return Sms{std::nullopt, {{"zh", sentence("{v}")}}, next(), next()};
            case 16: return record();
            case 17: return survey();
            case 18: return transfer();
            default: return Hangup{some_prompts()};
        }
    }
    std::string variable() { return std::string(1, "vwxy"[dice_.below(4)]); }
    Say say() {
        Say say{};
        constexpr const char* kSentences[] = {
            "", "{v}", "{v:digits}", "{w:money}{x:date}", "words {time:time}", "{queue.q.waiting:number}"};
        if (!wild_ || !dice_.chance(8))
            say.text = {{"zh", sentence(kSentences[dice_.below(6)])}, {"en", sentence(kSentences[dice_.below(6)])}};
        say.barge_in = dice_.chance(2);
        say.next = next();
        if (dice_.chance(2)) say.failed = next();
        return say;
    }
    Lookup lookup() {
        Lookup lookup{};
        if (!wild_ || !dice_.chance(8)) lookup.query = std::make_shared<const Query>(Query{"q", "select $1", {"v"}});
        lookup.parameters.push_back({"v", value("v")});
        lookup.gives = {"v", "w"};
        lookup.found = next(), lookup.nothing = next(), lookup.failed = next();
        if (dice_.chance(4)) lookup.guard = Lookup::Guard{"member", value("'x'"), 3, 900s, next()};
        if (!dice_.chance(2) || (!wild_ && lookup.guard)) return lookup;
        lookup.list.emplace();
        if (!wild_ || !dice_.chance(8)) lookup.list->text = {{"zh", sentence("{item:number}{v}")}};
        lookup.list->page = wild_ ? static_cast<int>(dice_.below(9)) : 2;
        lookup.list->more = some_prompts(), lookup.list->end = some_prompts();
        if (dice_.chance(2)) lookup.list->chosen = next();
        return lookup;
    }
    Set set() {
        Set set{};
        constexpr const char* kValues[] = {"1", "'a'", "v + 1", "w", "caller", "time", "queue.q.ready - 1"};
        for (std::size_t n = dice_.below(3); n > 0; --n)
            set.assignments.push_back({variable(), dice_.chance(5) ? std::nullopt : std::optional(value(kValues[dice_.below(7)]))});
        set.next = next();
        return set;
    }
    Branch branch() {
        Branch branch{};
        constexpr const char* kConditions[] = {
            "v == 1",     "w is set",        "v > w or x == 'a'", "weekday in (sat, sun)", "not (queue.q.ready > 0)",
            "v + 1 == w", "language == 'en'"};
        for (std::size_t n = dice_.below(3); n > 0; --n) branch.cases.push_back({condition(kConditions[dice_.below(7)]), next()});
        branch.otherwise = next();
        return branch;
    }
    /// Of tame ones only such as have nothing wrong in themselves.
    CallFlow called() {
        if (wild_ && dice_.chance(8)) return {nullptr, next()};
        const int most = wild_ ? 10 : 3;
        auto inner = depth_ < most ? RandomProgram(dice_.below(1'000'000), kind_, depth_ + 1).make() : nullptr;
        bool sound = inner && inner->start < inner->nodes.size();
        if (sound && !wild_) {
            const auto flaws = check(*inner);
            sound = std::none_of(flaws.begin(), flaws.end(), traps_the_silent);
        }
        if (!sound && !wild_) {
            auto nothing = std::make_shared<Program>();
            nothing->nodes = {{"back", Return{}}};
            inner = nothing;
        }
        return {std::move(inner), next()};
    }
    Record record() {
        Record record{};
        record.what = "complaint";
        record.greeting = some_prompts();
        for (std::size_t n = dice_.below(3); n > 0; --n) record.on_silent.push_back(some_prompts());
        record.max_silent = some_limit();
        if (dice_.chance(2)) record.review.emplace().prompt = some_prompts();
        record.next = next();
        record.silent = next();
        record.discarded = next();
        record.failed = next();
        return record;
    }
    Transfer transfer() {
        Transfer transfer{};
        if (dice_.chance(2)) {
            transfer.to = "8001";
        } else if (dice_.chance(2)) {
            transfer.head_of = "q";
        }
        if (wild_ ? dice_.chance(3) : transfer.to.empty() && transfer.head_of.empty()) {
            transfer.named = value(dice_.chance(2) ? "v" : "caller");
            transfer.only.agents = true;
        }
        transfer.announcement = some_prompts();
        if (dice_.chance(2)) transfer.music = prompt("music");
        transfer.busy = next(), transfer.no_answer = next(), transfer.failed = next();
        if (dice_.chance(2)) transfer.after = next();
        return transfer;
    }
    Survey survey() {
        Survey survey{};
        survey.question = "satisfaction";
        survey.prompt = some_prompts();
        survey.answers = {{'1', "good"}};
        if (wild_ && dice_.chance(3)) survey.answers.clear();
        for (std::size_t n = dice_.below(3); n > 0; --n) survey.on_no_input.push_back(some_prompts());
        survey.max_invalid = some_limit();
        survey.max_no_input = some_limit();
        survey.next = next();
        survey.unanswered = next();
        return survey;
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
        collect.variable = variable();
        collect.masked = dice_.chance(4);
        if (dice_.chance(4)) collect.pattern = std::get<DigitPattern>(DigitPattern::parse("[12]+"));
        if (dice_.chance(4)) collect.values = {"12", "1"};
        if (dice_.chance(3)) collect.confirm = Collect::Confirm{some_prompts(), some_prompts(), '1', '2'};
        if (dice_.chance(3)) collect.person = next();
        collect.prompt = some_prompts();
        collect.min_digits = static_cast<int>(dice_.below(3));
        collect.max_digits = static_cast<int>(wild_ ? dice_.below(5) : 2 + dice_.below(3));
        collect.terminator = dice_.chance(3) ? '\0' : '#';
        collect.max_attempts = some_limit();
        for (std::size_t n = dice_.below(3); n > 0; --n) collect.on_invalid.push_back(some_prompts());
        for (std::size_t n = dice_.below(3); n > 0; --n) collect.on_no_input.push_back(some_prompts());
        collect.next = next();
        collect.failed = next();
        return collect;
    }

    Dice dice_;
    Kind kind_;
    bool wild_;
    int depth_;
    std::size_t size_;
};

/// Rows of v, w, and sometimes something else.
Reply some_reply(Dice& dice) {
    Reply reply{static_cast<Reply::Kind>(dice.below(8) < 5 ? 0 : dice.below(4)), {"v", "w"}, {}};
    if (dice.chance(8)) reply.columns.pop_back();
    for (std::size_t n = dice.below(6); n > 0; --n) {
        auto& row = reply.rows.emplace_back();
        for (std::size_t i = 0; i < (dice.chance(8) ? 1u : 2u); ++i)
            row.push_back(dice.chance(4) ? std::nullopt : std::optional(std::string(dice.chance(4) ? "\x01" : "7")));
    }
    return reply;
}

/// What the outside owes the machine for this action, when nobody presses a key.
Input answer_to(const Action& action, Dice& dice) {
    if (std::holds_alternative<SayThese>(action) || std::holds_alternative<PlayMessage>(action)) return PromptEnded{};
    const bool asks = std::holds_alternative<AskTables>(action) || std::holds_alternative<AskWeb>(action);
    if (asks) return dice.chance(4) ? Input(TimerFired{}) : Input(some_reply(dice));
    if (std::holds_alternative<Enqueue>(action)) return static_cast<QueueExit>(dice.below(3));
    if (std::holds_alternative<TransferTo>(action)) return static_cast<TransferNews>(dice.below(4));
    const bool takes = std::holds_alternative<TakeMessage>(action) || std::holds_alternative<EndMessage>(action);
    if (takes && !dice.chance(4)) return dice.chance(2) ? MessageNews::Spoken : MessageNews::Silent;
    if (std::holds_alternative<KeepMessage>(action) && !dice.chance(4)) return MessageNews::Kept;
    return takes || std::holds_alternative<KeepMessage>(action) ? Input(MessageNews::Lost) : Input(TimerFired{});
}

/// What the outside owes the machine: it must answer the action that is pending.
class Outside {
  public:
    explicit Outside(std::shared_ptr<const Program> program) : machine_(std::move(program), {"13900001234", "95000"}) {}

    void tell(const Input& input) {
        const Step step = machine_.resume(input, {Wall{}, [](const std::string&) {
                                                      return std::optional(QueueFigures{1, 2, {}});
                                                  }});
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
    Input answer(Dice& dice) const { return answer_to(*pending_, dice); }
    std::string line() const { return to_line(Step{{}, {}, false, pending_, false}); }

  private:
    Machine machine_;
    std::optional<Action> pending_;
    bool ended_ = false;
};

Input any_input(Dice& dice) {
    switch (dice.below(8)) {
        case 6: return static_cast<TransferNews>(dice.below(4));
        case 5: return some_reply(dice);
        case 0: return Started{};
        case 4: return static_cast<MessageNews>(dice.below(4));
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
            pending = machine.resume(answer_to(*pending, dice), Wall{}).action;
            ASSERT_TRUE(pending) << "stalled at " << machine.node();
        }
    }
}

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
