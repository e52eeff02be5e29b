// What can be wrong in a program beyond what its types forbid. Each node says where it leads and what is odd about itself; the
// graph's flaws (unreachable nodes, circles) follow from that.
#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "hotline/ivr/local_time.h"
#include "hotline/ivr/program.h"

namespace hotline::ivr {
namespace {

constexpr std::string_view kMenuKeys = "0123456789*#";
constexpr int kMostDigits = 64;

/// A way out of a node.
struct Exit {
    std::string field;
    NodeIndex to;
    bool asks_nothing;  // taken without waiting for a key or a place in a queue
    bool when_silent;   // taken by a caller who presses nothing
};

/// What a node tells about itself.
struct Portrait {
    std::vector<Exit> exits;
    bool makes_sound = false;
    std::vector<std::pair<std::string, bool>> flaws;  // text, fatal

    void fatal(std::string text) { flaws.emplace_back(std::move(text), true); }
    void warn(std::string text) { flaws.emplace_back(std::move(text), false); }
    void fatal_if(bool wrong, std::string text) {
        if (wrong) fatal(std::move(text));
    }
};

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

// ── Portraits: one overload a node ──

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

Portrait portrait_of(const Collect& collect, const std::string& language) {
    Portrait p;
    const bool may_be_empty = collect.min_digits == 0;
    p.exits = {{"goto", collect.next, false, may_be_empty}, {"failed", collect.failed, false, !may_be_empty}};
    p.makes_sound = !collect.prompt.empty();
    if (collect.prompt.empty()) p.warn("collects without a prompt: the caller does not hear what he is asked for");
    p.fatal_if(collect.variable.empty(), "has no variable to keep the digits in");
    p.fatal_if(collect.min_digits < 0 || collect.max_digits < 1 || collect.min_digits > collect.max_digits ||
                   collect.max_digits > kMostDigits,
               "min and max do not fit: 0 <= min <= max, max from 1 to 64");
    p.fatal_if(collect.terminator != 0 && collect.terminator != '#' && collect.terminator != '*',
               "terminator must be \"#\", \"*\" or \"\"");
    p.fatal_if(collect.first_timeout <= Duration::zero() || collect.digit_timeout <= Duration::zero(),
               "its timeouts must be more than 0");
    p.fatal_if(collect.max_attempts < 1, "attempts must be at least 1");
    check_prompts(p, "prompt", collect.prompt, language);
    check_prompts(p, "invalid", collect.on_invalid, language);
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
    p.fatal_if(join.queue.empty(), "names no queue");
    check_prompts(p, "announce", join.announcement, language);
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

// ── The graph ──

using Follows = std::function<bool(const Portrait& from, const Exit& exit)>;

class Graph {
  public:
    explicit Graph(const Program& program) : program_(program) {
        for (const auto& node : program.nodes)
            portraits_.push_back(std::visit([&](const auto& body) { return portrait_of(body, program.language); }, node.body));
    }

    const std::vector<Portrait>& portraits() const { return portraits_; }

    /// All that can be reached from the ends of `start`'s exits, by exits that count.
    std::set<NodeIndex> reachable(NodeIndex start, const Follows& counts) const {
        std::set<NodeIndex> seen;
        std::vector<NodeIndex> open{start};
        while (!open.empty()) {
            const NodeIndex at = open.back();
            open.pop_back();
            for (const Exit& exit : portraits_[at].exits)
                if (exit.to < portraits_.size() && counts(portraits_[at], exit) && seen.insert(exit.to).second)
                    open.push_back(exit.to);
        }
        return seen;
    }

    /// Circles of exits that count, each once, as sets of nodes.
    std::set<std::set<NodeIndex>> circles(const Follows& counts) const {
        std::vector<std::set<NodeIndex>> from;
        for (NodeIndex i = 0; i < portraits_.size(); ++i) from.push_back(reachable(i, counts));
        std::set<std::set<NodeIndex>> found;
        for (NodeIndex i = 0; i < portraits_.size(); ++i) {
            if (!from[i].contains(i)) continue;
            std::set<NodeIndex> circle;
            for (const NodeIndex other : from[i])
                if (from[other].contains(i)) circle.insert(other);
            found.insert(circle);
        }
        return found;
    }

    std::string names(const std::set<NodeIndex>& nodes) const {
        std::string text;
        for (const NodeIndex i : nodes) text += (text.empty() ? "" : ", ") + program_.nodes[i].name;
        return text;
    }

  private:
    const Program& program_;
    std::vector<Portrait> portraits_;
};

class Inspection {
  public:
    explicit Inspection(const Program& program) : program_(program), graph_(program) {}

    std::vector<Flaw> all() {
        if (program_.start >= program_.nodes.size()) {
            flaws_.push_back({"", "the program has no start node; name one in 'start'", true});
            return std::move(flaws_);
        }
        names();
        nodes();
        unreachable();
        circles();
        return std::move(flaws_);
    }

  private:
    void names() {
        std::set<std::string> names;
        for (const auto& node : program_.nodes)
            if (!names.insert(node.name).second) flaws_.push_back({node.name, "two nodes have this name; rename one", true});
    }

    void nodes() {
        for (NodeIndex i = 0; i < program_.nodes.size(); ++i) {
            const std::string& name = program_.nodes[i].name;
            for (const auto& [text, fatal] : graph_.portraits()[i].flaws) flaws_.push_back({name, text, fatal});
            for (const Exit& exit : graph_.portraits()[i].exits)
                if (exit.to >= program_.nodes.size())
                    flaws_.push_back({name, exit.field + " leads to a node that does not exist", true});
        }
    }

    void unreachable() {
        auto reached = graph_.reachable(program_.start, [](const Portrait&, const Exit&) { return true; });
        reached.insert(program_.start);
        for (NodeIndex i = 0; i < program_.nodes.size(); ++i)
            if (!reached.contains(i))
                flaws_.push_back({program_.nodes[i].name, "no other node leads here; remove it or lead there", false});
    }

    /// From the worst kind to the mildest; a circle is told once.
    void circles() {
        tell([](const Portrait& from, const Exit& exit) { return exit.asks_nothing && !from.makes_sound; },
             "goes round without a word and without asking anything; lead one of them out of the circle", true);
        tell([](const Portrait&, const Exit& exit) { return exit.asks_nothing; },
             "loops without input: whoever gets here hears it for ever; lead one of them out, to a menu or a hangup", false);
        tell([](const Portrait&, const Exit& exit) { return exit.when_silent; },
             "whoever presses nothing goes round here for ever; lead one no-input exit to a queue or a hangup", false);
    }

    void tell(const Follows& counts, const std::string& text, bool fatal) {
        for (const auto& circle : graph_.circles(counts)) {
            const bool told = std::any_of(told_.begin(), told_.end(), [&](const auto& other) {
                return std::includes(circle.begin(), circle.end(), other.begin(), other.end());
            });
            if (told) continue;
            told_.push_back(circle);
            flaws_.push_back({program_.nodes[*circle.begin()].name, text + " (" + graph_.names(circle) + ")", fatal});
        }
    }

    const Program& program_;
    const Graph graph_;
    std::vector<Flaw> flaws_;
    std::vector<std::set<NodeIndex>> told_;
};

}  // namespace

std::vector<Flaw> check(const Program& program) { return Inspection(program).all(); }

}  // namespace hotline::ivr
