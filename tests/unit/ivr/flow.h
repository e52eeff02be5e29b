// Builds programs by node names and talks to a machine in short words.
#pragma once
#include <initializer_list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "hotline/ivr/machine.h"
#include "hotline/ivr/program.h"

namespace hotline::ivr {

using Names = std::vector<std::string>;

inline Prompt prompt(const std::string& name) { return {{"zh", {name, name + " 。", "zh"}}, {"en", {name, name + ".", "en"}}}; }
inline std::vector<Prompt> prompts(const Names& names) {
    std::vector<Prompt> list;
    for (const auto& name : names) list.push_back(prompt(name));
    return list;
}

inline Expression expression(std::string_view text, Expression::Wanted wanted) {
    auto parsed = Expression::parse(text, wanted);
    if (const auto* slip = std::get_if<Slip>(&parsed)) throw std::invalid_argument(std::string(text) + ": " + slip->text);
    return std::move(std::get<Expression>(parsed));
}
inline Expression condition(std::string_view text) { return expression(text, Expression::Wanted::Condition); }
inline Expression value(std::string_view text) { return expression(text, Expression::Wanted::Value); }
inline Sentence sentence(std::string_view text) { return std::get<Sentence>(Sentence::parse(text)); }

/// Nodes lead to each other by name; a name that no node has becomes an index out of range.
class Flow {
  public:
    /// An index that build() replaces by that of the node so named, whether it exists already or not.
    NodeIndex to(const std::string& name) {
        const auto found = std::find(names_.begin(), names_.end(), name);
        if (found != names_.end()) return static_cast<NodeIndex>(found - names_.begin());
        names_.push_back(name);
        return names_.size() - 1;
    }
    Flow& add(const std::string& name, NodeBody body) {
        const NodeIndex index = to(name);
        bodies_.insert_or_assign(index, std::move(body));
        return *this;
    }
    Flow& play(const std::string& name, const Names& says, const std::string& next, bool barge_in = true) {
        to(name);
        return add(name, Play{prompts(says), barge_in, to(next)});
    }
    Flow& hangup(const std::string& name, const Names& says = {}) { return add(name, Hangup{prompts(says)}); }
    Flow& go(const std::string& name, const std::string& next) {
        to(name);
        return add(name, Goto{to(next)});
    }
    Flow& queue(const std::string& name, const std::string& queue, const std::string& full, const std::string& timed_out,
                const std::string& unavailable) {
        to(name);
        return add(name, JoinQueue{queue, prompts({"please_wait"}), to(full), to(timed_out), to(unavailable)});
    }
    /// A menu with the usual prompts; change it by at<Menu>().
    Flow& menu(const std::string& name, const std::map<char, std::string>& keys, const std::string& invalid_exit,
               const std::string& no_input_exit) {
        to(name);
        Menu menu{};
        menu.name = name;
        menu.greeting = prompts({name + "_long"});
        menu.short_greeting = prompts({name + "_short"});
        for (const auto& [key, next] : keys) menu.choices.push_back({key, "to_" + next, to(next)});
        menu.on_invalid = {prompts({"invalid_1"}), prompts({"invalid_2"})};
        menu.on_no_input = {prompts({"silent_1"}), prompts({"silent_2"})};
        menu.invalid_exit = to(invalid_exit);
        menu.no_input_exit = to(no_input_exit);
        return add(name, std::move(menu));
    }
    Flow& collect(const std::string& name, const std::string& next, const std::string& failed) {
        to(name);
        Collect collect{};
        collect.variable = name;
        collect.prompt = prompts({name + "_prompt"});
        collect.min_digits = 2;
        collect.max_digits = 4;
        collect.on_invalid = {prompts({"wrong"})};
        collect.next = to(next);
        collect.failed = to(failed);
        return add(name, std::move(collect));
    }
    Flow& say(const std::string& name, const std::string& zh, const std::string& en, const std::string& next) {
        to(name);
        Say say{};
        say.text = {{"zh", sentence(zh)}, {"en", sentence(en)}};
        say.next = to(next);
        return add(name, std::move(say));
    }
    /// Each variable takes the value of an expression; an empty one unsets it.
    Flow& set(const std::string& name, const std::vector<std::pair<std::string, std::string>>& values, const std::string& next) {
        to(name);
        Set set{};
        for (const auto& [variable, text] : values)
            set.assignments.push_back({variable, text.empty() ? std::nullopt : std::optional(value(text))});
        set.next = to(next);
        return add(name, std::move(set));
    }
    Flow& branch(const std::string& name, const std::vector<std::pair<std::string, std::string>>& cases,
                 const std::string& otherwise) {
        to(name);
        Branch branch{};
        for (const auto& [text, next] : cases) branch.cases.push_back({condition(text), to(next)});
        branch.otherwise = to(otherwise);
        return add(name, std::move(branch));
    }
    Flow& call(const std::string& name, const Flow& flow, const std::string& next) {
        to(name);
        return add(name, CallFlow{std::make_shared<const Program>(flow.program()), to(next)});
    }
    /// A lookup of :order_no that gives step and owed; its exits are nodes "found", "nothing", "failed". Change it by at<Lookup>().
    Flow& lookup(const std::string& name) {
        to(name);
        Lookup lookup{};
        lookup.query = std::make_shared<const Query>(Query{name, "select $1", {"order_no"}});
        lookup.parameters.push_back({"order_no", value("order_no")});
        lookup.gives = {"step", "owed"};
        lookup.found = to("found"), lookup.nothing = to("nothing"), lookup.failed = to("failed");
        return add(name, std::move(lookup));
    }
    /// Its exits are nodes "busy", "no_answer", "failed". Change it by at<Transfer>().
    Flow& transfer(const std::string& name, const std::string& whom) {
        to(name);
        Transfer transfer{};
        transfer.to = whom;
        transfer.announcement = prompts({"please_wait"});
        transfer.music = prompt("music");
        transfer.busy = to("busy"), transfer.no_answer = to("no_answer"), transfer.failed = to("failed");
        return add(name, std::move(transfer));
    }
    Flow& language(const std::string& name, const std::string& language, const std::string& next) {
        to(name);
        return add(name, SwitchLanguage{language, to(next)});
    }
    /// A key from anywhere; no node: back.
    Flow& anywhere(char key, const std::string& next = {}) {
        anywhere_.push_back({key, "to_" + next, next.empty() ? std::nullopt : std::optional(to(next))});
        return *this;
    }
    Flow& named(const std::string& name) {
        name_ = name;
        return *this;
    }
    template <class Body>
    Body& at(const std::string& name) {
        return std::get<Body>(bodies_.at(to(name)));
    }

    /// The first name mentioned is the start.
    Program program() const {
        Program program;
        program.name = name_;
        program.languages = {"zh", "en"};
        program.anywhere = anywhere_;
        for (NodeIndex i = 0; i < names_.size() && bodies_.contains(i); ++i) program.nodes.push_back({names_[i], bodies_.at(i)});
        return program;
    }

  private:
    std::string name_ = "main";
    std::vector<std::string> names_;
    std::vector<AnywhereKey> anywhere_;
    std::map<NodeIndex, NodeBody> bodies_;
};

/// What is left behind: "<told route 7 黄山> ".
inline std::string to_word(const Effect& effect) {
    const auto object = [](const auto& of) { return ' ' + of.id.value_or("-") + ' ' + of.name.value_or("-"); };
    if (const auto* served = std::get_if<Served>(&effect)) return "<told " + served->what + object(*served) + "> ";
    if (const auto* application = std::get_if<Application>(&effect)) {
        std::string out = "<" + application->action + ' ' + application->what + object(*application);
        for (const auto& [name, value] : application->details) out += ' ' + name + '=' + value;
        return out + "> ";
    }
    if (const auto* sms = std::get_if<ShortMessage>(&effect))
        return "<sms " + sms->to + ' ' + sms->language + ": " + sms->text + "> ";
    return "<language " + std::get<LanguageChosen>(effect).language + "> ";
}

/// What the machine wants, as one line: "say a b", "say! a" (no key ends it), "listen 5000", "queue service (a)", "end", "-"
/// (nothing new), "transfer 8001 (a)"; of messages "record complaint", "end message", "play message", "keep message". A choice that
/// was counted stands before it: "[menu 1 to_x] …"; so do answers, "{satisfaction fair}", and "drop", when what was spoken is not
/// wanted.
inline std::string to_line(const Step& step) {
    std::string line;
    for (const auto& choice : step.choices) line += "[" + choice.menu + " " + choice.key + " " + choice.what + "] ";
    for (const auto& [question, answer] : step.answers) line += '{' + question + ' ' + answer.value_or("-") + "} ";
    if (step.drops_message) line += "drop ";
    for (const auto& effect : step.effects) line += to_word(effect);
    if (!step.action) return line + "-";
    if (const auto* take = std::get_if<TakeMessage>(&*step.action)) return line + "record " + take->what;
    if (std::holds_alternative<EndMessage>(*step.action)) return line + "end message";
    if (std::holds_alternative<PlayMessage>(*step.action)) return line + "play message";
    if (std::holds_alternative<KeepMessage>(*step.action)) return line + "keep message";
    const auto words = [](const std::vector<Utterance>& utterances) {
        std::string text;
        for (const auto& utterance : utterances)
            text += (text.empty() ? "" : " ") + (utterance.name.empty() ? utterance.text : utterance.name);
        return text;
    };
    if (const auto* say = std::get_if<SayThese>(&*step.action))
        return line + (say->barge_in ? "say " : "say! ") + words(say->utterances);
    if (const auto* listen = std::get_if<Listen>(&*step.action)) return line + "listen " + std::to_string(to_ms(listen->timeout));
    if (const auto* join = std::get_if<Enqueue>(&*step.action))
        return line + "queue " + join->queue + " (" + words(join->announcement) + ")";
    if (const auto* wish = std::get_if<TransferTo>(&*step.action))
        return line + "transfer " + (wish->head_of.empty() ? wish->to : "head of " + wish->head_of) + " (" +
               words(wish->announcement) + ")";
    if (const auto* ask = std::get_if<AskTables>(&*step.action)) {
        line += "ask " + ask->query->name + " (";
        for (std::size_t i = 0; i < ask->values.size(); ++i) line += (i ? ", " : "") + ask->values[i].value_or("NULL");
        return line + ")";
    }
    if (const auto* ask = std::get_if<AskWeb>(&*step.action)) {
        line += ask->method + ' ' + ask->url;
        for (const auto& [name, value] : ask->body) line += ' ' + name + '=' + value.value_or("null");
        return line;
    }
    return line + (step.gave_up ? "give up" : "end");
}

/// A caller at a machine.
class Caller {
  public:
    explicit Caller(const Flow& flow) : Caller(flow.program()) {}
    explicit Caller(Program program) : machine_(std::make_shared<const Program>(std::move(program)), {"13900001234", "95000"}) {}

    std::string calls() { return tell(Started{}); }
    std::string presses(char key) { return tell(Digit{key}); }
    /// Each line of what the keys led to.
    std::string types(std::string_view keys) {
        std::string last;
        for (const char key : keys) last = presses(key);
        return last;
    }
    std::string hears_it_out() { return tell(PromptEnded{}); }
    std::string waits() { return tell(TimerFired{}); }
    std::string leaves_queue(QueueExit exit) { return tell(exit); }
    /// Rows of the columns step and owed; NULL is "∅".
    std::string is_told(const std::vector<std::vector<std::string>>& rows, std::vector<std::string> columns = {"step", "owed"}) {
        Reply reply{Reply::Kind::Found, std::move(columns), {}};
        for (const auto& row : rows) {
            auto& out = reply.rows.emplace_back();
            for (const auto& value : row) out.push_back(value == "∅" ? std::nullopt : std::optional(value));
        }
        return tell(reply);
    }
    std::string tell(const Input& input) {
        const auto ask = [this](const std::string& name) {
            const auto found = queues_.find(name);
            return found == queues_.end() ? std::nullopt : std::optional(found->second);
        };
        return to_line(machine_.resume(input, {wall_, ask}));
    }
    Caller& queue(const std::string& name, QueueFigures figures) {
        queues_[name] = figures;
        return *this;
    }
    /// The value of a variable; "(unset)".
    std::string variable(const std::string& name) const {
        const auto found = machine_.variables().find(name);
        return found == machine_.variables().end() ? "(unset)" : found->second;
    }

    Caller& at(Wall wall) {
        wall_ = wall;
        return *this;
    }
    Caller& later(std::chrono::microseconds by) {
        wall_ += by;
        return *this;
    }
    const Machine& machine() const { return machine_; }
    bool leaves_by(char key) const { return machine_.leaves_queue_by(key, wall_); }

  private:
    Machine machine_;
    std::map<std::string, QueueFigures> queues_;
    Wall wall_{std::chrono::sys_days(std::chrono::year(2026) / 9 / 1)};
};

}  // namespace hotline::ivr
