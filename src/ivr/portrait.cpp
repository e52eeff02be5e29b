#include "portrait.h"

#include <functional>
#include <map>
#include <set>
#include <string_view>

#include "hotline/ivr/local_time.h"

namespace hotline::ivr {
namespace {

constexpr std::string_view kMenuKeys = "0123456789*#";
constexpr int kMostDigits = static_cast<int>(DigitPattern::kMaxDigits);

void check_prompts(Portrait& portrait, const std::string& field, const std::vector<Prompt>& prompts, const std::string& language) {
    for (const Prompt& prompt : prompts) {
        if (prompt.empty()) portrait.fatal(field + " holds a prompt without any language; give it a text in prompts.json");
        for (const auto& [spoken, words] : prompt)
            if (words.name.empty() && words.text.empty())
                portrait.fatal(field + " holds a prompt that has neither a name nor a text in '" + spoken + "'");
        if (!prompt.empty() && !prompt.contains(language))
            portrait.warn(field + " holds a prompt ('" + prompt.begin()->second.name + "') without the program's language '" +
                          language + "': it is said in another one");
    }
}

/// How a caller can come through a called program.
struct Passage {
    bool returns = false;            // at all
    bool returns_unasked = false;    // … without waiting for a key or a queue
    bool returns_silently = false;   // … and without a word, either
    bool returns_to_silent = false;  // … when he presses nothing
    std::size_t depth = 1;           // programs below one another, this one counted
};

/// Each called program is looked through once, however often it is called.
class Passages {
  public:
    const Passage& through(const Program& program);

  private:
    std::map<const Program*, Passage> known_;
};

// ── One overload a node ──

Portrait portrait_of(const Play& play, const std::string& language) {
    Portrait p;
    p.exits = {{"goto", play.next, true, true}};
    p.makes_sound = !play.prompts.empty();
    if (play.prompts.empty()) p.warn("plays nothing; give it prompts, or use a goto");
    check_prompts(p, "prompts", play.prompts, language);
    return p;
}

void check_choices(Portrait& p, const Menu& menu) {
    p.fatal_if(menu.choices.empty(), "is a menu without keys; give it at least one, or use play");
    std::set<char> keys;
    for (const auto& choice : menu.choices) {
        const std::string key(1, choice.key);
        p.exits.push_back({"keys." + key, choice.next, false, false});
        p.fatal_if(!keys.insert(choice.key).second, "has key " + key + " twice; each key leads to one place");
        p.fatal_if(kMenuKeys.find(choice.key) == std::string_view::npos, "has '" + key + "' for a key; keys are 0-9, * and #");
        if (choice.what.empty()) p.warn("key " + key + " has no 'what': reports cannot say what was asked for");
    }
}

Portrait portrait_of(const Menu& menu, const std::string& language) {
    Portrait p;
    check_choices(p, menu);
    p.exits.push_back({"on_invalid", menu.invalid_exit, false, false});
    p.exits.push_back({"on_no_input", menu.no_input_exit, false, true});
    p.makes_sound = !menu.greeting.empty();
    if (menu.greeting.empty()) p.warn("is a menu without a greeting: the caller does not hear his choices");
    p.fatal_if(menu.timeout <= Duration::zero(), "timeout_s must be more than 0");
    p.fatal_if(menu.max_invalid < 1 || menu.max_no_input < 1, "max_invalid and max_no_input must be at least 1");
    check_prompts(p, "greeting", menu.greeting, language);
    check_prompts(p, "short_greeting", menu.short_greeting, language);
    for (const auto& prompts : menu.on_invalid) check_prompts(p, "invalid", prompts, language);
    for (const auto& prompts : menu.on_no_input) check_prompts(p, "no_input", prompts, language);
    return p;
}

void check_variable(Portrait& p, const std::string& name, const std::string& field) {
    if (is_reserved(name)) p.fatal("'" + name + "' has a meaning of its own in conditions; call the variable otherwise", field);
    if (!is_variable_name(name))
        p.fatal("'" + name + "' cannot be asked for in a condition; a name has letters, digits and _ and begins with no digit",
                field);
}

void check_entry(Portrait& p, const Collect& collect) {
    const auto out_of_length = [&](const std::string& value) {
        return static_cast<int>(value.size()) < collect.min_digits || static_cast<int>(value.size()) > collect.max_digits;
    };
    for (std::size_t i = 0; i < collect.values.size(); ++i)
        if (out_of_length(collect.values[i]))
            p.fatal("'" + collect.values[i] + "' can never be entered: it is shorter than min or longer than max",
                    "values." + std::to_string(i));
    if (collect.masked && collect.confirm) p.fatal("a masked entry is never said aloud; leave confirm out, or masked", "confirm");
    if (collect.confirm && collect.confirm->right == collect.confirm->again)
        p.fatal("right and again are one key; give each its own", "confirm");
    if (collect.confirm && collect.confirm->after.empty())
        p.warn("the caller does not hear which key confirms; give it a prompt in after", "confirm");
    if (collect.person && collect.max_digits == 1 && collect.min_digits < 2)
        p.warn("a 0 is a whole entry here, so that nobody can enter 0#; give max more digits, or leave person out", "person");
}

Portrait portrait_of(const Collect& collect, const std::string& language) {
    Portrait p;
    const bool may_be_empty = collect.min_digits == 0;
    p.exits = {{"goto", collect.next, false, may_be_empty}, {"failed", collect.failed, false, !may_be_empty}};
    if (collect.person) p.exits.push_back({"person", *collect.person, false, false});
    p.makes_sound = !collect.prompt.empty();
    if (collect.prompt.empty()) p.warn("collects without a prompt: the caller does not hear what he is asked for");
    p.fatal_if(collect.variable.empty(), "has no variable to keep the digits in");
    if (!collect.variable.empty()) check_variable(p, collect.variable, "variable");
    p.fatal_if(collect.min_digits < 0 || collect.max_digits < 1 || collect.min_digits > collect.max_digits ||
                   collect.max_digits > kMostDigits,
               "min and max do not fit: 0 <= min <= max, max from 1 to 64");
    p.fatal_if(collect.terminator != 0 && collect.terminator != '#' && collect.terminator != '*',
               "terminator must be \"#\", \"*\" or \"\"");
    p.fatal_if(collect.first_timeout <= Duration::zero() || collect.digit_timeout <= Duration::zero(),
               "its timeouts must be more than 0");
    p.fatal_if(collect.max_attempts < 1, "attempts must be at least 1");
    check_prompts(p, "prompt", collect.prompt, language);
    for (const auto& prompts : collect.on_invalid) check_prompts(p, "invalid", prompts, language);
    for (const auto& prompts : collect.on_no_input) check_prompts(p, "no_input", prompts, language);
    if (collect.confirm) {
        check_prompts(p, "confirm.before", collect.confirm->before, language);
        check_prompts(p, "confirm.after", collect.confirm->after, language);
    }
    check_entry(p, collect);
    return p;
}

void check_ranges(Portrait& p, const std::vector<Calendar::Range>& ranges) {
    for (const auto& [from, to] : ranges)
        p.fatal_if(from < 0 || to > 24 * 60 || from >= to,
                   "its calendar has a range that ends before it begins, or lies outside 00:00-24:00");
}

Portrait portrait_of(const Hours& hours, const std::string&) {
    Portrait p;
    p.exits = {{"open", hours.open, true, true}, {"closed", hours.closed, true, true}};
    p.fatal_if(!hours.calendar, "has no calendar");
    if (!hours.calendar) return p;
    p.fatal_if(!local_time(hours.calendar->time_zone, Wall{}),
               "its calendar's time zone '" + hours.calendar->time_zone + "' is unknown; use an IANA name such as Asia/Shanghai");
    for (const auto& day : hours.calendar->week) check_ranges(p, day);
    for (const auto& [date, ranges] : hours.calendar->exceptions) {
        check_ranges(p, ranges);
        const auto ymd = std::chrono::year(date.year) / date.month / date.day;
        p.fatal_if(!ymd.ok(), "its calendar has an exception on a day that does not exist");
    }
    return p;
}

Portrait portrait_of(const JoinQueue& join, const std::string& language) {
    Portrait p;
    p.exits = {{"full", join.full, true, false},
               {"timed_out", join.timed_out, false, false},
               {"unavailable", join.unavailable, true, false}};
    if (join.overflow) p.exits.push_back({"overflow", *join.overflow, true, false});
    if (join.callback) p.exits.push_back({"callback", *join.callback, false, false});
    std::set<char> keys;
    for (const auto& [key, next] : join.keys) {
        p.exits.push_back({std::string("keys.") + key, next, false, false});
        if (kMenuKeys.find(key) == std::string_view::npos || !keys.insert(key).second)
            p.fatal(std::string("has the key '") + key + "' twice, or no phone has it", std::string("keys.") + key);
    }
    p.fatal_if(join.queue.empty(), "names no queue");
    check_prompts(p, "announce", join.announcement, language);
    return p;
}

Portrait portrait_of(const Callback& callback, const std::string&) {
    Portrait p;
    p.exits = {{"taken", callback.taken, true, true},
               {"already", callback.already, true, true},
               {"refused", callback.refused, true, true},
               {"closed", callback.closed, true, true},
               {"failed", callback.failed, true, true}};
    p.fatal_if(callback.queue.empty(), "names no queue");
    return p;
}

Portrait portrait_of(const Goto& go, const std::string&) {
    Portrait p;
    p.exits = {{"goto", go.next, true, true}};
    return p;
}

Portrait portrait_of(const Hangup& hangup, const std::string& language) {
    Portrait p;
    check_prompts(p, "farewell", hangup.farewell, language);
    return p;
}

Portrait portrait_of(const Say& say, const std::string& language) {
    Portrait p;
    p.exits = {{"goto", say.next, true, true}};
    if (say.failed) p.exits.push_back({"failed", *say.failed, true, true});
    p.makes_sound = !say.failed;
    p.fatal_if(say.text.empty(), "says nothing; give it a text");
    if (!say.text.empty() && !say.text.contains(language))
        p.warn("has no text in the program's language '" + language + "': it is said in another one");
    return p;
}

Portrait portrait_of(const Set& set, const std::string&) {
    Portrait p;
    p.exits = {{"goto", set.next, true, true}};
    if (set.assignments.empty()) p.warn("sets nothing; give it values, or use a goto");
    for (const auto& assignment : set.assignments) check_variable(p, assignment.variable, "values." + assignment.variable);
    return p;
}

Portrait portrait_of(const Branch& branch, const std::string&) {
    Portrait p;
    for (std::size_t i = 0; i < branch.cases.size(); ++i)
        p.exits.push_back({"when." + std::to_string(i) + ".goto", branch.cases[i].next, true, true});
    p.exits.push_back({"else", branch.otherwise, true, true});
    if (branch.cases.empty()) p.warn("has no condition; give it one, or use a goto");
    return p;
}

Portrait portrait_of(const SwitchLanguage& to, const std::string&) {
    Portrait p;
    p.exits = {{"goto", to.next, true, true}};
    return p;
}

void check_list(Portrait& p, const Lookup::List& list, const std::string& language) {
    p.fatal_if(list.page < 1 || list.page > Lookup::List::kMostOnPage, "list.page must be 1 to 7: keys 1 to 7 choose a row");
    p.fatal_if(list.timeout <= Duration::zero(), "list.timeout_s must be more than 0");
    p.fatal_if(list.text.empty(), "reads out rows without a text; give it list.text");
    if (!list.text.empty() && !list.text.contains(language))
        p.warn("its list has no text in the program's language '" + language + "': rows are said in another one", "list");
    const std::string keys{list.next, list.repeat, list.back};
    p.fatal_if(std::set<char>(keys.begin(), keys.end()).size() < keys.size(), "next, repeat and back need a key each");
    for (const char key : keys)
        if (list.chosen && key >= '1' && key < '1' + list.page)
            p.fatal("key " + std::string(1, key) + " chooses a row here; give next, repeat and back other keys", "list");
    check_prompts(p, "list.more", list.more, language);
    check_prompts(p, "list.end", list.end, language);
    check_prompts(p, "list.cut", list.cut, language);
    if (!list.end.empty() && list.cut.empty())
        p.warn(
            "where there are more rows than max_rows nothing is said behind the last one; give it a prompt in list.cut which tells "
            "that",
            "list.end");
}

Portrait portrait_of(const Lookup& lookup, const std::string& language) {
    Portrait p;
    p.exits = {{"found", lookup.found, !lookup.list, true},
               {"nothing", lookup.nothing, true, true},
               {"failed", lookup.failed, true, true}};
    if (lookup.list && lookup.list->chosen) p.exits.push_back({"list.chosen", *lookup.list->chosen, false, false});
    if (lookup.guard) p.exits.push_back({"guard.locked", lookup.guard->locked, true, true});
    p.fatal_if(!lookup.query, "asks no query");
    p.fatal_if(lookup.max_rows < 1, "max_rows must be at least 1");
    p.fatal_if(lookup.timeout <= Duration::zero(), "timeout_s must be more than 0");
    for (std::size_t i = 0; i < lookup.gives.size(); ++i) check_variable(p, lookup.gives[i], "gives." + std::to_string(i));
    if (lookup.list) check_list(p, *lookup.list, language);
    if (lookup.guard && lookup.cache > Duration::zero())
        p.fatal("a guarded lookup is never answered from memory; leave cache_s out, or guard", "cache_s");
    if (lookup.guard && lookup.list) p.fatal("a guarded lookup finds one row, which is not read out; leave list out", "list");
    if (lookup.list && !lookup.list->chosen && !lookup.gives.empty())
        p.warn("no row of this list can be chosen: its columns never become variables. Add list.chosen, or leave gives out",
               "gives");
    return p;
}

Portrait portrait_of(const Webhook& hook, const std::string&) {
    Portrait p;
    p.exits = {{"goto", hook.next, true, true}, {"failed", hook.failed, true, true}, {"timed_out", hook.timed_out, true, true}};
    p.fatal_if(hook.url.empty(), "asks no address");
    p.fatal_if(hook.timeout <= Duration::zero(), "timeout_s must be more than 0");
    for (const auto& gift : hook.gives) check_variable(p, gift.variable, "gives." + gift.variable);
    return p;
}

Portrait portrait_of(const Apply& apply, const std::string&) {
    Portrait p;
    p.exits = {{"goto", apply.next, true, true}};
    p.fatal_if(apply.what.empty(), "asks for nothing; say in what what it is");
    return p;
}

Portrait portrait_of(const Sms& sms, const std::string& language) {
    Portrait p;
    p.exits = {{"goto", sms.next, true, true}, {"failed", sms.failed, true, true}};
    p.fatal_if(sms.text.empty(), "sends nothing; give it a text");
    if (!sms.text.empty() && !sms.text.contains(language))
        p.warn("has no text in the program's language '" + language + "': it is written in another one");
    return p;
}

/// Who rings in vain hears music meanwhile; a line that is engaged, or cannot be had, is told at once.
Portrait portrait_of(const Transfer& transfer, const std::string& language) {
    Portrait p;
    p.exits = {{"busy", transfer.busy, true, true},
               {"no_answer", transfer.no_answer, false, true},
               {"failed", transfer.failed, true, true}};
    if (transfer.after) p.exits.push_back({"after", *transfer.after, false, false});
    const int targets = !transfer.to.empty() + !transfer.head_of.empty() + transfer.named.has_value();
    p.fatal_if(targets != 1, "leads to nobody, or to several; give it either to or head_of");
    p.fatal_if(transfer.ring <= Duration::zero(), "ring_s must be more than 0");
    check_prompts(p, "announce", transfer.announcement, language);
    const auto& only = transfer.only;
    if (transfer.named && !only.agents && only.numbers.empty() && only.prefixes.empty())
        p.fatal("whom it rings is only known when he calls; say in only what that may be", "to");
    return p;
}

void check_review(Portrait& p, const Record::Review& review, const std::string& language) {
    const std::set<char> keys{review.keep, review.listen, review.again, review.discard};
    if (keys.size() < 4) p.fatal("two of its keys are one; give each its own", "review");
    if (review.prompt.empty()) p.warn("the caller does not hear what he may do with his message; give it a prompt", "review");
    check_prompts(p, "review.prompt", review.prompt, language);
}

Portrait portrait_of(const Record& record, const std::string& language) {
    Portrait p;
    p.exits = {{"goto", record.next, false, true}, {"silent", record.silent, false, true}, {"failed", record.failed, true, true}};
    if (record.review) p.exits.push_back({"discarded", record.discarded, false, false});
    p.makes_sound = record.beep || !record.greeting.empty();
    p.fatal_if(record.what.empty(), "has no what: reports cannot say what the message is about");
    p.fatal_if(record.shortest < Duration::zero() || record.longest <= record.shortest || record.silence <= Duration::zero(),
               "its times do not fit: 0 <= shortest_s < longest_s, silence_s more than 0");
    if (!record.beep && record.greeting.empty())
        p.warn("records without a word or a tone: the caller does not know that he may speak");
    check_prompts(p, "greeting", record.greeting, language);
    for (const auto& prompts : record.on_silent) check_prompts(p, "nothing_said", prompts, language);
    if (record.review) check_review(p, *record.review, language);
    return p;
}

Portrait portrait_of(const Survey& survey, const std::string& language) {
    Portrait p;
    p.exits = {{"goto", survey.next, false, false}, {"unanswered", survey.unanswered, false, true}};
    p.makes_sound = !survey.prompt.empty();
    p.fatal_if(survey.question.empty(), "has no question: reports cannot say what was answered");
    p.fatal_if(survey.answers.empty(), "has no answers; give it one at least");
    std::set<char> keys;
    for (const auto& [key, answer] : survey.answers)
        p.fatal_if(!keys.insert(key).second, std::string("has key ") + key + " twice; each key is one answer");
    if (survey.prompt.empty()) p.warn("asks nothing; give it a prompt");
    p.fatal_if(survey.max_invalid < 1 || survey.max_no_input < 1, "max_invalid and max_no_input must be at least 1");
    check_prompts(p, "prompt", survey.prompt, language);
    for (const auto& prompts : survey.on_invalid) check_prompts(p, "invalid", prompts, language);
    for (const auto& prompts : survey.on_no_input) check_prompts(p, "no_input", prompts, language);
    return p;
}

Portrait portrait_of(const CallFlow& call, Passages& passages) {
    Portrait p;
    p.fatal_if(!call.flow, "calls no program");
    if (!call.flow) return p;
    const Passage& passage = passages.through(*call.flow);
    if (passage.returns) p.exits = {{"goto", call.next, passage.returns_unasked, passage.returns_to_silent}};
    p.makes_sound = !passage.returns_silently;
    if (!passage.returns)
        p.warn("'" + call.flow->name + "' never comes back: nothing of it leads to a return, and goto is never taken", "flow");
    if (passage.depth + 1 > Program::kMaxDepth)
        p.fatal("programs call each other more than " + std::to_string(Program::kMaxDepth) + " deep; put some of them into one",
                "flow");
    return p;
}

Portrait portrait_of(const Return&, const std::string&) { return {}; }

/// Whether one can go from one of these nodes to a return by exits that count.
bool comes_through(const Program& program, const std::vector<Portrait>& portraits, std::vector<NodeIndex> open,
                   const std::function<bool(const Portrait&, const Exit&)>& counts) {
    std::set<NodeIndex> seen(open.begin(), open.end());
    while (!open.empty()) {
        const NodeIndex at = open.back();
        open.pop_back();
        if (at >= portraits.size()) continue;
        if (std::holds_alternative<Return>(program.nodes[at].body)) return true;
        for (const Exit& exit : portraits[at].exits)
            if (counts(portraits[at], exit) && seen.insert(exit.to).second) open.push_back(exit.to);
    }
    return false;
}

std::vector<Portrait> portraits_with(const Program& program, Passages& passages) {
    const auto portray = [&](const auto& body) {
        if constexpr (std::is_same_v<std::decay_t<decltype(body)>, CallFlow>) {
            return portrait_of(body, passages);
        } else {
            return portrait_of(body, program.language);
        }
    };
    std::vector<Portrait> out;
    for (const auto& node : program.nodes) out.push_back(std::visit(portray, node.body));
    return out;
}

const Passage& Passages::through(const Program& program) {
    if (const auto known = known_.find(&program); known != known_.end()) return known->second;
    const auto portraits = portraits_with(program, *this);
    Passage out;
    std::vector<NodeIndex> begins{program.start};
    for (const auto& key : program.anywhere)
        if (key.next) begins.push_back(*key.next);
    out.returns = comes_through(program, portraits, begins, [](const Portrait&, const Exit&) { return true; });
    out.returns_unasked =
        comes_through(program, portraits, {program.start}, [](const Portrait&, const Exit& exit) { return exit.asks_nothing; });
    out.returns_silently = comes_through(program, portraits, {program.start}, [](const Portrait& from, const Exit& exit) {
        return exit.asks_nothing && !from.makes_sound;
    });
    out.returns_to_silent =
        comes_through(program, portraits, {program.start}, [](const Portrait&, const Exit& exit) { return exit.when_silent; });
    for (const auto& node : program.nodes)
        if (const auto* call = std::get_if<CallFlow>(&node.body); call && call->flow)
            out.depth = std::max(out.depth, through(*call->flow).depth + 1);
    return known_[&program] = out;
}

}  // namespace

std::vector<Portrait> portraits_of(const Program& program) {
    Passages passages;
    return portraits_with(program, passages);
}

bool is_subroutine(const Program& program) {
    return std::any_of(program.nodes.begin(), program.nodes.end(),
                       [](const Node& node) { return std::holds_alternative<Return>(node.body); });
}

}  // namespace hotline::ivr
