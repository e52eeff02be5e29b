// The machine: one input, then node after node until one of them wants something.
//
//   resume(input) ─ late? ignored ─▶ Turn: step(node, what happened) ─▶ another node ─▶ step(node, Entered) … ─▶ one action
//
// A node is one overload of Turn::step. To add one: a struct in program.h's NodeBody, its line in check.cpp, an overload here; the
// compiler asks for each.
#include "hotline/ivr/machine.h"

#include <algorithm>
#include <utility>

#include "hotline/base/check.h"

namespace hotline::ivr {
namespace {

constexpr std::string_view kKeys = "0123456789*#ABCD";
constexpr auto kHabitWindow = std::chrono::seconds(2);

// What a node can meet.
struct Entered {};
using Happening = std::variant<Entered, Digit, PromptEnded, TimerFired, QueueExit>;

/// The node to go to, or to stay: then an action is under way.
using Next = std::optional<NodeIndex>;
constexpr Next kStay = std::nullopt;

bool is_digit(char key) { return key >= '0' && key <= '9'; }

/// The n-th list for the n-th time (from 1), the last one for all later times.
const std::vector<Prompt>& tapered(const std::vector<std::vector<Prompt>>& lists, int n) {
    static const std::vector<Prompt> kNothing;
    if (lists.empty()) return kNothing;
    return lists[std::min(static_cast<std::size_t>(n), lists.size()) - 1];
}

}  // namespace

class Machine::Turn {
  public:
    Turn(Machine& machine, Wall wall) : m_(machine), wall_(wall) {}

    Step run(const Happening& what) {
        Next next = std::holds_alternative<Entered>(what) ? Next(m_.program_->start) : happen(what);
        for (std::size_t steps = 0; next; ++steps) {
            if (steps >= kMaxSteps || *next >= m_.program_->nodes.size()) return give_up();
            // A whole round without anyone who reads keys: nobody wants the ones typed ahead, and they must not skip prompts for
            // ever.
            if (steps == m_.program_->nodes.size()) m_.typed_.clear();
            m_.at_ = *next;
            next = happen(Entered{});
        }
        return std::move(step_);
    }

  private:
    Next happen(const Happening& what) {
        return std::visit([&](const auto& node) { return step(node, what); }, m_.program_->nodes[m_.at_].body);
    }

    // ── The nodes ──

    Next step(const Play& play, const Happening& what) {
        if (const auto* digit = std::get_if<Digit>(&what)) {
            keep(digit->key);
            return play.barge_in ? Next(play.next) : kStay;
        }
        const bool skipped = play.barge_in && !m_.typed_.empty();
        if (std::holds_alternative<Entered>(what) && !skipped && say(play.barge_in, {&play.prompts})) return kStay;
        return play.next;
    }

    Next step(const Menu& menu, const Happening& what) {
        if (std::holds_alternative<Entered>(what)) return greet(menu);
        if (const auto* digit = std::get_if<Digit>(&what)) return choose(menu, digit->key);
        if (std::holds_alternative<TimerFired>(what)) return no_input(menu);
        return listen(menu.timeout);
    }

    Next step(const Collect& collect, const Happening& what) {
        if (std::holds_alternative<Entered>(what)) {
            m_.invalid_ = 0;
            return ask(collect, {});
        }
        if (const auto* digit = std::get_if<Digit>(&what)) {
            if (const auto next = add(collect, digit->key)) return *next;
            return listen_for_entry(collect);
        }
        if (std::holds_alternative<TimerFired>(what)) return entry_timed_out(collect);
        return listen_for_entry(collect);
    }

    /// An unknown time zone is a flaw that check() tells; who calls meanwhile is let in.
    Next step(const Hours& hours, const Happening&) {
        if (!hours.calendar) return hours.open;
        const auto open = open_at(*hours.calendar, wall_);
        return !open || *open ? hours.open : hours.closed;
    }

    Next step(const JoinQueue& join, const Happening& what) {
        if (const auto* exit = std::get_if<QueueExit>(&what)) {
            switch (*exit) {
                case QueueExit::Full: return join.full;
                case QueueExit::TimedOut: return join.timed_out;
                case QueueExit::Unavailable: return join.unavailable;
            }
        }
        m_.typed_.clear();  // what he typed minutes ago must not choose anything afterwards
        want(Under::Queued, Enqueue{join.queue, utterances({&join.announcement}), join.priority, join.skills});
        return kStay;
    }

    Next step(const Goto& go, const Happening&) { return go.next; }

    Next step(const Hangup& hangup, const Happening& what) {
        if (std::holds_alternative<Digit>(what)) return kStay;
        if (std::holds_alternative<Entered>(what) && say(false, {&hangup.farewell})) return kStay;
        want(Under::Ended, EndCall{});
        return kStay;
    }

    // ── Parts of a menu ──

    Next greet(const Menu& menu) {
        m_.invalid_ = m_.no_input_ = 0;
        const bool first = m_.greeted_.insert(m_.at_).second;
        if (!m_.typed_.empty()) return choose(menu, take_typed());
        return say(true, {first ? &menu.greeting : &short_greeting(menu)}) ? kStay : listen(menu.timeout);
    }

    static const std::vector<Prompt>& short_greeting(const Menu& menu) {
        return menu.short_greeting.empty() ? menu.greeting : menu.short_greeting;
    }

    Next choose(const Menu& menu, char key) {
        const auto choice = std::find_if(menu.choices.begin(), menu.choices.end(), [key](const auto& c) { return c.key == key; });
        if (choice == menu.choices.end()) return invalid(menu);
        step_.choices.push_back({menu.name, key, choice->what});
        return choice->next;
    }

    /// What was typed behind a wrong key was meant for another menu: it is dropped.
    Next invalid(const Menu& menu) {
        m_.typed_.clear();
        if (++m_.invalid_ >= menu.max_invalid) return menu.invalid_exit;
        return say(true, {&tapered(menu.on_invalid, m_.invalid_), &short_greeting(menu)}) ? kStay : listen(menu.timeout);
    }

    Next no_input(const Menu& menu) {
        if (++m_.no_input_ >= menu.max_no_input) return menu.no_input_exit;
        return say(true, {&tapered(menu.on_no_input, m_.no_input_), &short_greeting(menu)}) ? kStay : listen(menu.timeout);
    }

    // ── Parts of an entry ──

    /// A new attempt. Keys typed ahead are the entry, or its beginning, and then nothing is said.
    Next ask(const Collect& collect, const std::vector<Prompt>& before) {
        m_.entered_.clear();
        const bool typed_ahead = !m_.typed_.empty();
        while (!m_.typed_.empty())
            if (const auto next = add(collect, take_typed())) return *next;
        if (!typed_ahead && say(true, {&before, &collect.prompt})) return kStay;
        return listen_for_entry(collect);
    }

    Next listen_for_entry(const Collect& collect) {
        return listen(m_.entered_.empty() ? collect.first_timeout : collect.digit_timeout);
    }

    /// One key of the entry. Nothing: more may come. (Two levels: whether the entry is over, then where that leads.)
    std::optional<Next> add(const Collect& collect, char key) {
        const auto length = [this] { return static_cast<int>(m_.entered_.size()); };
        if (key == collect.terminator) return length() >= collect.min_digits ? accept(collect) : reject(collect);
        if (key == '*') m_.entered_.clear();  // he begins anew
        if (!is_digit(key)) return std::nullopt;
        m_.entered_ += key;
        if (length() < collect.max_digits) return std::nullopt;
        expect_habit(collect.terminator);
        return accept(collect);
    }

    Next entry_timed_out(const Collect& collect) {
        if (static_cast<int>(m_.entered_.size()) >= collect.min_digits) return accept(collect);
        return m_.entered_.empty() ? try_again(collect, {}) : reject(collect);
    }

    Next accept(const Collect& collect) {
        m_.variables_[collect.variable] = std::exchange(m_.entered_, {});
        if (collect.masked) m_.masked_.insert(collect.variable);
        return collect.next;
    }

    Next reject(const Collect& collect) {
        m_.typed_.clear();
        return try_again(collect, collect.on_invalid);
    }

    Next try_again(const Collect& collect, const std::vector<Prompt>& before) {
        m_.entered_.clear();
        if (++m_.invalid_ >= collect.max_attempts) return collect.failed;
        return ask(collect, before);
    }

    /// Many end every entry with the terminator, also one that was full already: that key must not answer the next question.
    void expect_habit(char terminator) {
        if (!m_.typed_.empty()) {
            if (m_.typed_.front() == terminator) take_typed();
            return;
        }
        m_.habit_ = terminator;
        m_.habit_until_ = wall_ + kHabitWindow;
    }

    // ── What all of them use ──

    template <class Wish>
    void want(Under under, Wish wish) {
        m_.under_ = under;
        step_.action.emplace(std::in_place_type<Wish>, std::move(wish));
    }

    /// False when there is nothing to say: then no PromptEnded would come.
    bool say(bool barge_in, std::initializer_list<const std::vector<Prompt>*> lists) {
        auto words = utterances(lists);
        if (words.empty()) return false;
        want(Under::Saying, SayThese{std::move(words), barge_in});
        return true;
    }

    Next listen(Duration timeout) {
        want(Under::Listening, Listen{timeout});
        return kStay;
    }

    /// In his language, else in the program's, else in any that there is.
    std::vector<Utterance> utterances(std::initializer_list<const std::vector<Prompt>*> lists) const {
        std::vector<Utterance> words;
        for (const auto* list : lists) {
            for (const Prompt& prompt : *list) {
                auto found = prompt.find(m_.language_);
                if (found == prompt.end()) found = prompt.find(m_.program_->language);
                if (found == prompt.end()) found = prompt.begin();
                if (found != prompt.end()) words.push_back(found->second);
            }
        }
        return words;
    }

    void keep(char key) {
        if (m_.typed_.size() < kMaxTypedAhead) m_.typed_ += key;
    }

    char take_typed() {
        const char key = m_.typed_.front();
        m_.typed_.erase(0, 1);
        return key;
    }

    Step give_up() {
        want(Under::Ended, EndCall{});
        step_.gave_up = true;
        return std::move(step_);
    }

    Machine& m_;
    const Wall wall_;
    Step step_;
};

Machine::Machine(std::shared_ptr<const Program> program) : program_(std::move(program)) {
    HL_CHECK(program_ != nullptr, "a machine runs a program");
    language_ = program_->language;
}

Step Machine::resume(const Input& input, Wall wall) {
    Turn turn(*this, wall);
    if (std::holds_alternative<Started>(input)) {
        if (under_ != Under::Nothing) return {};
        return turn.run(Entered{});
    }
    if (const auto* digit = std::get_if<Digit>(&input)) {
        if ((under_ != Under::Saying && under_ != Under::Listening) || kKeys.find(digit->key) == std::string_view::npos) return {};
        const char habit = std::exchange(habit_, '\0');
        if (habit == digit->key && wall < habit_until_) return {};
        return turn.run(*digit);
    }
    habit_ = 0;
    if (std::holds_alternative<PromptEnded>(input)) return under_ == Under::Saying ? turn.run(PromptEnded{}) : Step{};
    if (std::holds_alternative<TimerFired>(input)) return under_ == Under::Listening ? turn.run(TimerFired{}) : Step{};
    return under_ == Under::Queued ? turn.run(std::get<QueueExit>(input)) : Step{};
}

std::string_view Machine::node() const {
    return at_ < program_->nodes.size() ? std::string_view(program_->nodes[at_].name) : std::string_view();
}

std::map<std::string, std::string> Machine::shown_variables() const {
    auto shown = variables_;
    for (const auto& name : masked_) shown[name] = "****";
    return shown;
}

}  // namespace hotline::ivr
