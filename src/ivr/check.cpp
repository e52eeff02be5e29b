// What can be wrong in a program beyond what its types forbid: each node's own oddities, and those of the graph: unreachable nodes,
// circles, variables that may be unset.
#include <algorithm>
#include <functional>
#include <set>

#include "portrait.h"
#include "variables.h"

namespace hotline::ivr {
namespace {

using Follows = std::function<bool(const Portrait& from, const Exit& exit)>;

class Graph {
  public:
    explicit Graph(const Program& program) : program_(program), portraits_(portraits_of(program)) {}

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
        keys();
        unreachable();
        circles();
        for (auto& flaw : variable_flaws(program_)) flaws_.push_back(std::move(flaw));
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
            for (const auto& [text, fatal, field] : graph_.portraits()[i].oddities) flaws_.push_back({name, text, fatal, field});
            for (const Exit& exit : graph_.portraits()[i].exits)
                if (exit.to >= program_.nodes.size())
                    flaws_.push_back({name, exit.field + " leads to a node that does not exist", true, exit.field});
        }
    }

    void keys() {
        std::set<char> known;
        for (const auto& [key, what, next] : program_.anywhere) {
            const std::string name(1, key);
            if (!known.insert(key).second)
                flaws_.push_back({"", "anywhere has key " + name + " twice; each key leads to one place", true});
            if (next && *next >= program_.nodes.size())
                flaws_.push_back({"", "key " + name + " of anywhere leads to a node that does not exist", true});
        }
    }

    void unreachable() {
        const auto any = [](const Portrait&, const Exit&) { return true; };
        auto reached = graph_.reachable(program_.start, any);
        reached.insert(program_.start);
        for (const auto& key : program_.anywhere) {
            if (!key.next || *key.next >= program_.nodes.size()) continue;
            reached.insert(*key.next);
            reached.merge(graph_.reachable(*key.next, any));
        }
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
