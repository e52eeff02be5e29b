// The machine: one input, then node after node until one of them wants something.
//
//   resume(input) ─ late? ignored ─▶ Turn: step(node, what happened) ─▶ another node ─▶ step(node, Entered) … ─▶ one action
//
// A node is one overload of Turn::step. To add one: a struct in program.h's NodeBody, its overloads in portrait.cpp and graph.cpp,
// one here; the compiler asks for each.
#include "hotline/ivr/machine.h"

#include <algorithm>
#include <utility>

#include "hotline/base/check.h"
#include "message_nodes.h"
#include "outside_nodes.h"
#include "turn.h"
#include "written.h"

namespace hotline::ivr {
namespace {

constexpr std::string_view kKeys = "0123456789*#ABCD";
constexpr std::int64_t kMostPriority = 999, kMostLevel = 9;
constexpr auto kHabitWindow = std::chrono::seconds(2);
constexpr NodeIndex kNowhere = static_cast<NodeIndex>(-1);  // ends the program as a spinning one

Next way_out(const JoinQueue& join, char key) {
    const auto found = std::find_if(join.keys.begin(), join.keys.end(), [&](const auto& one) { return one.key == key; });
    return found == join.keys.end() ? kStay : Next(found->next);
}

}  // namespace

class Machine::Turn : private Surroundings, private OutsideNodes<Machine::Turn>, private MessageNodes<Machine::Turn> {
    template <class>
    friend class OutsideNodes;
    template <class>
    friend class MessageNodes;

  public:
    Turn(Machine& machine, const Moment& moment) : m_(machine), moment_(moment) {}

    Step run(const Happening& what) {
        Next next = std::holds_alternative<Entered>(what) ? Next(program().start) : happen(what);
        for (std::size_t steps = 0; next; ++steps) {
            if (steps >= kMaxSteps || *next >= program().nodes.size()) return give_up();
            here().at = *next;
            if (node().counts && !std::holds_alternative<Lookup>(node().body)) count(*node().counts);
            next = steps == kMaxSteps / 2 ? lose_patience() : happen(Entered{});
        }
        return std::move(step_);
    }

  private:
    Next happen(const Happening& what) {
        return std::visit([&](const auto& node) { return step(node, what); }, node().body);
    }

    /// So many nodes without anyone who reads keys: nobody wants the ones typed ahead, and they must not skip prompts for ever.
    Next lose_patience() {
        if (const auto next = typed_anywhere()) return *next;
        m_.typed_.clear();
        return happen(Entered{});
    }

    // ── The nodes; those that ask the outside are in outside_nodes.h, messages and surveys in message_nodes.h ──

    using MessageNodes::step;
    using OutsideNodes::step;

    Next step(const Play& play, const Happening& what) {
        if (const auto* digit = std::get_if<Digit>(&what)) {
            keep(digit->key);
            return play.barge_in ? Next(play.next) : kStay;
        }
        const bool skipped = play.barge_in && !m_.typed_.empty();
        if (std::holds_alternative<Entered>(what) && !skipped && say(play.barge_in, words({&play.prompts}))) return kStay;
        return play.next;
    }

    Next step(const Say& said, const Happening& what) {
        if (const auto* digit = std::get_if<Digit>(&what)) {
            keep(digit->key);
            return said.barge_in ? Next(said.next) : kStay;
        }
        if (!std::holds_alternative<Entered>(what)) return said.next;
        auto [utterance, whole] = sentence(said.text);
        if (!whole && said.failed) return *said.failed;
        const bool skipped = said.barge_in && !m_.typed_.empty();
        if (skipped || utterance.text.empty()) return said.next;
        return say(said.barge_in, {std::move(utterance)}) ? kStay : Next(said.next);
    }

    Next step(const Menu& menu, const Happening& what) {
        if (std::holds_alternative<Entered>(what)) return greet(menu);
        if (const auto* digit = std::get_if<Digit>(&what)) return choose(menu, digit->key);
        if (std::holds_alternative<TimerFired>(what)) return no_input(menu);
        return listen(menu.timeout);
    }

    Next step(const Collect& collect, const Happening& what) {
        if (std::holds_alternative<Entered>(what)) {
            m_.invalid_ = m_.no_input_ = 0;
            return ask(collect, {});
        }
        if (m_.confirming_) {
            if (const auto* digit = std::get_if<Digit>(&what)) return confirm(collect, digit->key);
            return std::holds_alternative<TimerFired>(what) ? unconfirmed(collect) : listen(collect.first_timeout);
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
        const auto open = open_at(*hours.calendar, moment_.wall);
        return !open || *open ? hours.open : hours.closed;
    }

    Next step(const JoinQueue& join, const Happening& what) {
        if (const auto* digit = std::get_if<Digit>(&what)) return way_out(join, digit->key);
        if (const auto* exit = std::get_if<QueueExit>(&what)) {
            switch (*exit) {
                case QueueExit::Full: return join.full;
                case QueueExit::TimedOut: return join.timed_out;
                case QueueExit::Unavailable: return join.unavailable;
                case QueueExit::Overflow: return join.overflow.value_or(join.timed_out);
                case QueueExit::Callback:
                    if (join.callback) return *join.callback;
                    want(Under::Ended, EndCall{});
                    return kStay;
            }
        }
        if (const auto next = typed_anywhere()) return *next;
        m_.typed_.clear();  // what he typed minutes ago must not choose anything afterwards
        const auto agent = told(join.agent);
        want(Under::Queued,
             Enqueue{join.queue, words({&join.announcement}), priority_of(join), skills_of(join), agent.value_or("")});
        return kStay;
    }

    template <class Node>
    int priority_of(const Node& node) {
        if (!node.priority_from) return node.priority;
        return static_cast<int>(std::clamp(number_of(*node.priority_from).value_or(0), -kMostPriority, kMostPriority));
    }

    template <class Node>
    std::vector<SkillWish> skills_of(const Node& node) {
        std::vector<SkillWish> out = node.skills;
        for (const auto& [skill, level] : node.skills_from) {
            const auto wanted = number_of(level).value_or(0);
            if (wanted >= 1) out.push_back({skill, static_cast<int>(std::min(wanted, kMostLevel))});
        }
        return out;
    }

    Next step(const Callback& callback, const Happening& what) {
        if (const auto* answer = std::get_if<CallbackAnswer>(&what)) {
            switch (*answer) {
                case CallbackAnswer::Taken: return callback.taken;
                case CallbackAnswer::Already: return callback.already;
                case CallbackAnswer::Refused: return callback.refused;
                case CallbackAnswer::Closed: return callback.closed;
                case CallbackAnswer::Failed: return callback.failed;
            }
        }
        const auto number = callback.number ? callback.number->text(*this) : std::optional(m_.party_.caller);
        if (!number) return callback.refused;
        want(Under::Requesting, RequestCallback{callback.queue, *number, priority_of(callback), skills_of(callback)});
        return kStay;
    }

    /// None: not known, or no whole number.
    std::optional<std::int64_t> number_of(const Expression& expression) const {
        const auto text = expression.text(*this);
        return text ? read_whole(*text) : std::nullopt;
    }

    Next step(const Goto& go, const Happening&) { return go.next; }

    Next step(const Set& set, const Happening&) {
        for (const auto& [variable, value] : set.assignments) {
            auto text = value ? value->text(*this) : std::nullopt;
            const bool secret = text && mentions_secret(value->variables());
            m_.masked_.erase(variable);
            m_.from_site_.erase(variable);
            m_.variables_.erase(variable);
            if (secret) m_.masked_.insert(variable);
            if (text) m_.variables_[variable] = std::move(*text);
        }
        return set.next;
    }

    Next step(const Branch& branch, const Happening&) {
        for (const auto& [condition, next] : branch.cases)
            if (condition.holds(*this).value_or(false)) return next;
        return branch.otherwise;
    }

    Next step(const SwitchLanguage& to, const Happening&) {
        const auto& known = program().languages;
        if (!to.language.empty()) {
            m_.language_ = to.language;
        } else if (!known.empty()) {
            const auto now = std::find(known.begin(), known.end(), m_.language_);
            m_.language_ = now == known.end() || now + 1 == known.end() ? known.front() : *(now + 1);
        }
        m_.chose_language_ = true;
        step_.effects.push_back(LanguageChosen{m_.language_});
        return to.next;
    }

    Next step(const CallFlow& call, const Happening&) {
        if (!call.flow || m_.place_.size() >= Program::kMaxDepth) return kNowhere;
        m_.place_.push_back({call.flow, 0});
        return call.flow->start;
    }

    Next step(const Return&, const Happening&) {
        if (m_.place_.size() == 1) {
            want(Under::Ended, EndCall{});
            return kStay;
        }
        m_.place_.pop_back();
        const auto* call = std::get_if<CallFlow>(&node().body);
        HL_CHECK(call, "a program returns to the node that called it");
        return call->next;
    }

    Next step(const Hangup& hangup, const Happening& what) {
        if (const auto* digit = std::get_if<Digit>(&what)) return anywhere(digit->key).value_or(kStay);
        if (std::holds_alternative<Entered>(what)) {
            if (const auto next = typed_anywhere()) return *next;
            if (say(false, words({&hangup.farewell}))) return kStay;
        }
        want(Under::Ended, EndCall{});
        return kStay;
    }

    // ── Keys that mean the same everywhere ──

    /// Where this key leads from anywhere. Nothing: it means nothing of that kind. (Two levels, as with add().)
    std::optional<Next> anywhere(char key) {
        for (std::size_t depth = m_.place_.size(); depth-- > 0;) {
            const auto& keys = m_.place_[depth].program->anywhere;
            const auto found = std::find_if(keys.begin(), keys.end(), [key](const auto& k) { return k.key == key; });
            if (found == keys.end()) continue;
            if (!found->next) return back();
            step_.choices.push_back({node().name, key, found->what});
            m_.place_.resize(depth + 1);
            return Next(*found->next);
        }
        return std::nullopt;
    }

    /// The next key typed ahead, where nobody else will read it.
    std::optional<Next> typed_anywhere() {
        if (m_.typed_.empty()) return std::nullopt;
        auto next = anywhere(m_.typed_.front());
        if (next) take_typed();
        return next;
    }

    /// To the menu before this one; elsewhere to the menu that led here. Where there is none, once more from here.
    Next back() {
        if (m_.trail_.size() > 1 && m_.trail_.back() == m_.place_) m_.trail_.pop_back();
        if (!m_.trail_.empty()) m_.place_ = m_.trail_.back();
        return here().at;
    }

    /// He is at a menu. Where he has come back to an earlier one, what lay between is forgotten.
    void leave_trail() {
        auto& trail = m_.trail_;
        trail.erase(std::find(trail.begin(), trail.end(), m_.place_), trail.end());
        if (trail.size() >= kMaxTrail) trail.erase(trail.begin());
        trail.push_back(m_.place_);
    }

    /// A menu, or a list to choose from, led here.
    bool was_led() const {
        const auto& trail = m_.trail_;
        return trail.size() > 1 || (!trail.empty() && trail.back() != m_.place_);
    }

    // ── Parts of a menu ──

    Next greet(const Menu& menu) {
        leave_trail();
        m_.invalid_ = m_.no_input_ = 0;
        const bool first = m_.greeted_.insert({here().program.get(), here().at}).second;
        if (!m_.typed_.empty()) return choose(menu, take_typed());
        return say(true, words({first ? &menu.greeting : &short_greeting(menu)})) ? kStay : listen(menu.timeout);
    }

    static const std::vector<Prompt>& short_greeting(const Menu& menu) {
        return menu.short_greeting.empty() ? menu.greeting : menu.short_greeting;
    }

    Next choose(const Menu& menu, char key) {
        const auto choice = std::find_if(menu.choices.begin(), menu.choices.end(), [key](const auto& c) { return c.key == key; });
        if (choice == menu.choices.end()) {
            const auto next = anywhere(key);
            return next ? *next : invalid(menu);
        }
        step_.choices.push_back({menu.name, key, choice->what});
        return choice->next;
    }

    /// What was typed behind a wrong key was meant for another menu: it is dropped.
    Next invalid(const Menu& menu) {
        m_.typed_.clear();
        if (++m_.invalid_ >= menu.max_invalid) return menu.invalid_exit;
        return again(menu, tapered(menu.on_invalid, m_.invalid_));
    }

    Next no_input(const Menu& menu) {
        if (++m_.no_input_ >= menu.max_no_input) return menu.no_input_exit;
        return again(menu, tapered(menu.on_no_input, m_.no_input_));
    }

    Next again(const Menu& menu, const std::vector<Prompt>& reproach) {
        return say(true, words({&reproach, &short_greeting(menu)})) ? kStay : listen(menu.timeout);
    }

    // ── Parts of an entry ──

    /// A new attempt. Keys typed ahead are the entry, or its beginning, and then nothing is said.
    Next ask(const Collect& collect, const std::vector<Prompt>& before) {
        m_.entered_.clear();
        m_.confirming_ = false;
        const bool typed_ahead = !m_.typed_.empty();
        while (!m_.typed_.empty())
            if (const auto next = add(collect, take_typed())) return *next;
        if (!typed_ahead && say(true, words({&before, &collect.prompt}))) return kStay;
        return listen_for_entry(collect);
    }

    Next listen_for_entry(const Collect& collect) {
        return listen(m_.entered_.empty() ? collect.first_timeout : collect.digit_timeout);
    }

    /// One key of the entry. Nothing: more may come. (Two levels: whether the entry is over, then where that leads.)
    std::optional<Next> add(const Collect& collect, char key) {
        const auto length = [this] { return static_cast<int>(m_.entered_.size()); };
        if (key == '#' && m_.entered_ == "0")
            if (const auto person = to_person(collect)) return person;
        if (key == collect.terminator) return length() >= collect.min_digits ? accept(collect) : reject(collect);
        if (key == '*') {
            if (m_.entered_.empty())
                if (const auto next = anywhere(key)) return next;
            m_.entered_.clear();  // he begins anew
        }
        if (!is_digit(key)) return std::nullopt;
        m_.entered_ += key;
        if (length() < collect.max_digits) return std::nullopt;
        expect_habit(collect.terminator);
        return accept(collect);
    }

    /// A lone 0#, since a 0 is a digit here.
    std::optional<Next> to_person(const Collect& collect) {
        if (!collect.person) return anywhere('0');
        step_.choices.push_back({node().name, '0', "person"});
        return Next(*collect.person);
    }

    Next entry_timed_out(const Collect& collect) {
        if (static_cast<int>(m_.entered_.size()) >= collect.min_digits) return accept(collect);
        return m_.entered_.empty() ? silent(collect) : reject(collect);
    }

    Next accept(const Collect& collect) {
        if (!is_right(collect, m_.entered_)) return reject(collect);
        return collect.confirm && !m_.entered_.empty() ? read_back(collect) : take(collect);
    }

    /// An empty entry, where it may be empty, is no entry to be judged.
    static bool is_right(const Collect& collect, const std::string& entry) {
        if (entry.empty()) return true;
        if (collect.pattern && !collect.pattern->matches(entry)) return false;
        return collect.values.empty() || std::find(collect.values.begin(), collect.values.end(), entry) != collect.values.end();
    }

    Next take(const Collect& collect) {
        m_.confirming_ = false;
        m_.variables_[collect.variable] = std::exchange(m_.entered_, {});
        m_.masked_.erase(collect.variable);
        m_.from_site_.erase(collect.variable);
        if (collect.masked) m_.masked_.insert(collect.variable);
        return collect.next;
    }

    Next reject(const Collect& collect) {
        m_.typed_.clear();
        return try_again(collect, m_.invalid_, collect.on_invalid);
    }

    Next silent(const Collect& collect) { return try_again(collect, m_.no_input_, collect.on_no_input); }

    Next try_again(const Collect& collect, int& count, const std::vector<std::vector<Prompt>>& reproaches) {
        m_.entered_.clear();
        ++count;
        if (m_.invalid_ + m_.no_input_ >= collect.max_attempts) return collect.failed;
        return ask(collect, tapered(reproaches, count));
    }

    Next read_back(const Collect& collect) {
        m_.confirming_ = true;
        if (!m_.typed_.empty()) return confirm(collect, take_typed());
        auto said = words({&collect.confirm->before});
        said.push_back({"", speak_digits(m_.entered_, m_.language_), m_.language_});
        for (auto& more : words({&collect.confirm->after})) said.push_back(std::move(more));
        say(true, std::move(said));
        return kStay;
    }

    Next confirm(const Collect& collect, char key) {
        if (key == collect.confirm->right) return take(collect);
        if (key == collect.confirm->again) return try_again(collect, m_.invalid_, {});
        const auto next = anywhere(key);
        return next ? *next : unconfirmed(collect);
    }

    Next unconfirmed(const Collect& collect) {
        m_.typed_.clear();
        if (++m_.invalid_ + m_.no_input_ >= collect.max_attempts) return collect.failed;
        return read_back(collect);
    }

    /// Many end every entry with the terminator, also one that was full already: that key must not answer the next question.
    void expect_habit(char terminator) {
        if (!m_.typed_.empty()) {
            if (m_.typed_.front() == terminator) take_typed();
            return;
        }
        m_.habit_ = terminator;
        m_.habit_until_ = moment_.wall + kHabitWindow;
    }

    // ── What all of them use ──

    Frame& here() { return m_.place_.back(); }
    const Program& program() const { return *m_.place_.back().program; }
    const Node& node() const { return program().nodes[m_.place_.back().at]; }

    template <class Wish>
    void want(Under under, Wish wish) {
        m_.under_ = under;
        step_.action.emplace(std::in_place_type<Wish>, std::move(wish));
    }

    /// False when there is nothing to say: then no PromptEnded would come.
    bool say(bool barge_in, std::vector<Utterance> utterances) {
        if (utterances.empty()) return false;
        want(Under::Saying, SayThese{std::move(utterances), barge_in});
        return true;
    }

    Next listen(Duration timeout) {
        want(Under::Listening, Listen{timeout});
        return kStay;
    }

    /// What there is for him: in his language, else in the program's, else in any.
    template <class Texts>
    typename Texts::const_iterator best(const Texts& texts) const {
        auto found = texts.find(m_.language_);
        if (found == texts.end()) found = texts.find(m_.place_.front().program->language);
        return found == texts.end() ? texts.begin() : found;
    }

    std::vector<Utterance> words(std::initializer_list<const std::vector<Prompt>*> lists) const {
        std::vector<Utterance> said;
        for (const auto* list : lists)
            for (const Prompt& prompt : *list)
                if (const auto found = best(prompt); found != prompt.end()) said.push_back(found->second);
        return said;
    }

    std::pair<Utterance, bool> sentence(const std::map<std::string, Sentence>& text) {
        const auto found = best(text);
        if (found == text.end()) return {{}, false};
        aloud_ = true;
        auto spoken = found->second.speak(*this, found->first);
        aloud_ = false;
        return {{"", std::move(spoken.text), found->first}, spoken.whole};
    }

    bool mentions_secret(const std::set<std::string>& names) const {
        return std::any_of(names.begin(), names.end(), [this](const auto& name) { return m_.masked_.contains(name); });
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

    // ── What conditions and sentences ask ──

    std::optional<std::string> variable(const std::string& name) const override {
        if (const auto value = of_row(name)) return *value;
        const auto found = m_.variables_.find(name);
        if (found == m_.variables_.end() || (aloud_ && m_.masked_.contains(name))) return std::nullopt;
        return found->second;
    }
    std::string caller() const override { return m_.party_.caller; }
    std::string called() const override { return m_.party_.called; }
    std::string language() const override { return m_.language_; }
    std::optional<LocalTime> local_time() const override { return ivr::local_time(program().time_zone, moment_.wall); }
    std::optional<QueueFigures> queue(const std::string& name) const override {
        return moment_.queue ? moment_.queue(name) : std::nullopt;
    }

    Machine& m_;
    const Moment& moment_;
    Step step_;
    bool aloud_ = false;  // what is asked will be said: secrets are not known then
};

Machine::Machine(std::shared_ptr<const Program> program, Party party) : party_(std::move(party)) {
    HL_CHECK(program != nullptr, "a machine runs a program");
    language_ = program->language;
    place_.push_back({std::move(program), 0});
}

Step Machine::resume(const Input& input, const Moment& moment) {
    Turn turn(*this, moment);
    if (std::holds_alternative<Started>(input)) {
        if (under_ != Under::Nothing) return {};
        return turn.run(Entered{});
    }
    if (const auto* digit = std::get_if<Digit>(&input)) {
        const bool heard = leaves_queue_by(digit->key, moment.wall) || under_ == Under::Saying || under_ == Under::Listening ||
                           under_ == Under::Asking || under_ == Under::Recording;
        if (!heard || kKeys.find(digit->key) == std::string_view::npos) return {};
        const char habit = std::exchange(habit_, '\0');
        if (habit == digit->key && moment.wall < habit_until_) return {};
        return turn.run(*digit);
    }
    if (const auto* reply = std::get_if<Reply>(&input)) return under_ == Under::Asking ? turn.run(*reply) : Step{};
    habit_ = 0;
    if (std::holds_alternative<PromptEnded>(input)) return under_ == Under::Saying ? turn.run(PromptEnded{}) : Step{};
    if (std::holds_alternative<TimerFired>(input))
        return under_ == Under::Listening || under_ == Under::Asking ? turn.run(TimerFired{}) : Step{};
    if (const auto* news = std::get_if<MessageNews>(&input)) {
        const bool settles = *news == MessageNews::Kept ? under_ == Under::Keeping : under_ == Under::Recording;
        const bool lost = *news == MessageNews::Lost && under_ == Under::Keeping;
        return settles || lost ? turn.run(*news) : Step{};
    }
    if (const auto* news = std::get_if<TransferNews>(&input)) return under_ == Under::Transferring ? turn.run(*news) : Step{};
    if (const auto* answer = std::get_if<CallbackAnswer>(&input)) return under_ == Under::Requesting ? turn.run(*answer) : Step{};
    if (under_ != Under::Queued) return {};
    if (const auto* diverted = std::get_if<Diverted>(&input)) {
        place_.assign(1, Frame{diverted->to, 0});
        trail_.clear();
        return turn.run(Entered{});
    }
    return turn.run(std::get<QueueExit>(input));
}

void Machine::enter(std::shared_ptr<const Program> program) {
    HL_CHECK(program != nullptr, "a machine runs a program");
    place_.assign(1, Frame{std::move(program), 0});
    trail_.clear();
    greeted_.clear();
    typed_.clear();
    entered_.clear();
    confirming_ = false;
    habit_ = 0;
    under_ = Under::Nothing;
}

std::optional<std::string> Machine::open_question() const {
    const auto& [program, at] = place_.back();
    const bool asked = under_ == Under::Saying || under_ == Under::Listening;
    const auto* survey = asked && at < program->nodes.size() ? std::get_if<Survey>(&program->nodes[at].body) : nullptr;
    return survey ? std::optional(survey->question) : std::nullopt;
}

void Machine::prefer(const std::string& language) {
    const auto& known = place_.front().program->languages;
    if (!chose_language_ && std::find(known.begin(), known.end(), language) != known.end()) language_ = language;
}

bool Machine::leaves_queue_by(char key, Wall now) const {
    if (habit_ == key && now < habit_until_) return false;
    const auto& [program, at] = place_.back();
    const auto* join = at < program->nodes.size() ? std::get_if<JoinQueue>(&program->nodes[at].body) : nullptr;
    return under_ == Under::Queued && join && way_out(*join, key).has_value();
}

std::string_view Machine::node() const {
    const auto& [program, at] = place_.back();
    return at < program->nodes.size() ? std::string_view(program->nodes[at].name) : std::string_view();
}

bool Machine::takes_secret() const {
    const auto& [program, at] = place_.back();
    const auto* collect = at < program->nodes.size() ? std::get_if<Collect>(&program->nodes[at].body) : nullptr;
    return collect && collect->masked && (under_ == Under::Saying || under_ == Under::Listening);
}

std::map<std::string, std::string> Machine::shown_variables() const {
    auto shown = variables_;
    for (const auto& name : masked_) shown[name] = "****";
    return shown;
}

}  // namespace hotline::ivr
