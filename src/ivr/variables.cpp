// A forward analysis to the fixed point: on arrival at a node those variables are sure that every way there has set. A comparison
// that holds knew its variables; a key from anywhere may come before anything is set.
#include "variables.h"

#include <algorithm>
#include <map>
#include <set>

#include "portrait.h"

namespace hotline::ivr {
namespace {

using Names = std::set<std::string>;

Names with(Names names, const Names& more) {
    names.insert(more.begin(), more.end());
    return names;
}

std::string listed(const Names& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

constexpr std::string_view kItem = "item";  // in a list's sentence: which row of the page

/// A place where a variable is read although it may be unset there.
struct Risk {
    NodeIndex node;
    std::string variable;
    std::string field;
    std::optional<std::size_t> at;
    std::string by;          // the called program that reads it; empty: the node itself
    bool or_column = false;  // of the query whose rows are told, perhaps: then column_uses() knows better
};

/// What a program does to the variables, seen from outside.
struct Effect {
    std::vector<Risk> risks;
    Names gives;  // set on every way to its return
    Names sets;   // set somewhere in it, or in what it calls
};

class Analysis {
  public:
    static Names own_sets(const Program& program) { return Flow::own_sets(program); }
    const Effect& of(const Program& program) {
        const auto [it, fresh] = effects_.try_emplace(&program);
        if (fresh) it->second = Flow(program, *this).effect();  // references into a map stay valid
        return it->second;
    }

  private:
    class Flow {
      public:
        Flow(const Program& program, Analysis& analysis)
            : program_(program), analysis_(analysis), portraits_(portraits_of(program)), sure_(program.nodes.size()) {}

        /// Without those of called programs.
        static Names own_sets(const Program& program) {
            Names out;
            const auto add = [&out](const auto& body) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(body)>, CallFlow>) sets(body, out);
            };
            for (const auto& node : program.nodes) std::visit(add, node.body);
            return out;
        }

        Effect effect() {
            arrive(program_.start, {});
            for (const auto& key : program_.anywhere)
                if (key.next) arrive(*key.next, {});
            while (!open_.empty()) {
                const NodeIndex at = *open_.begin();
                open_.erase(open_.begin());
                const Names sure = *sure_[at];  // a copy: a node may lead to itself
                std::visit([&](const auto& body) { leave(at, body, sure); }, program_.nodes[at].body);
            }
            Effect out;
            std::optional<Names> gives;
            for (NodeIndex i = 0; i < program_.nodes.size(); ++i) {
                std::visit([&](const auto& body) { sets(body, out.sets); }, program_.nodes[i].body);
                if (!sure_[i]) continue;
                std::visit([&](const auto& body) { read(i, body, *sure_[i], out.risks); }, program_.nodes[i].body);
                if (std::holds_alternative<Return>(program_.nodes[i].body)) gives = gives ? common(*gives, *sure_[i]) : *sure_[i];
            }
            out.gives = gives.value_or(Names{});
            return out;
        }

      private:
        static Names common(const Names& a, const Names& b) {
            Names out;
            std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
            return out;
        }

        void arrive(NodeIndex at, const Names& names) {
            if (at >= sure_.size()) return;
            const Names now = sure_[at] ? common(*sure_[at], names) : names;
            if (sure_[at] && now == *sure_[at]) return;
            sure_[at] = now;
            open_.insert(at);
        }

        // ── What is sure behind a node ──

        template <class Body>
        void leave(NodeIndex at, const Body&, const Names& sure) {
            for (const Exit& exit : portraits_[at].exits) arrive(exit.to, sure);
        }
        void leave(NodeIndex at, const Collect& collect, const Names& sure) {
            for (const Exit& exit : portraits_[at].exits)
                arrive(exit.to, exit.field == "goto" ? with(sure, {collect.variable}) : sure);
        }
        void leave(NodeIndex, const Set& set, const Names& sure) {
            Names names = sure;
            for (const auto& [variable, value] : set.assignments) {
                const bool known = value && value->queues().empty() && value->risks(names).empty();
                names.erase(variable);
                if (known) names.insert(variable);
            }
            arrive(set.next, names);
        }
        void leave(NodeIndex, const Branch& branch, const Names& sure) {
            for (const auto& [condition, next] : branch.cases) arrive(next, with(sure, condition.sure_when_true()));
            arrive(branch.otherwise, sure);
        }
        void leave(NodeIndex, const Say& say, const Names& sure) {
            if (!say.failed) return arrive(say.next, sure);
            arrive(*say.failed, sure);
            std::optional<Names> said;  // whichever language it was said in
            for (const auto& [language, sentence] : say.text)
                said = said ? common(*said, sentence.variables()) : sentence.variables();
            arrive(say.next, with(sure, said.value_or(Names{})));
        }
        void leave(NodeIndex at, const Lookup& lookup, const Names& sure) {
            const std::string_view gives_at = lookup.list ? "list.chosen" : "found";
            const Names given(lookup.gives.begin(), lookup.gives.end());
            for (const Exit& exit : portraits_[at].exits) arrive(exit.to, exit.field == gives_at ? with(sure, given) : sure);
        }
        void leave(NodeIndex at, const Webhook& hook, const Names& sure) {
            Names given;
            for (const auto& gift : hook.gives) given.insert(gift.variable);
            for (const Exit& exit : portraits_[at].exits) arrive(exit.to, exit.field == "goto" ? with(sure, given) : sure);
        }
        void leave(NodeIndex at, const CallFlow& call, const Names& sure) {
            const Names gives = call.flow ? analysis_.of(*call.flow).gives : Names{};
            for (const Exit& exit : portraits_[at].exits) arrive(exit.to, with(sure, gives));
        }

        // ── What is read at a node ──

        template <class Body>
        static void read(NodeIndex, const Body&, const Names&, std::vector<Risk>&) {}
        static void read(NodeIndex at, const Set& set, const Names& sure, std::vector<Risk>& out) {
            Names names = sure;
            for (const auto& [variable, value] : set.assignments) {
                if (value) note(at, value->risks(names), "values." + variable + ".of", out);
                if (value) names.insert(variable);
            }
        }
        static void read(NodeIndex at, const Branch& branch, const Names& sure, std::vector<Risk>& out) {
            for (std::size_t i = 0; i < branch.cases.size(); ++i)
                note(at, branch.cases[i].condition.risks(sure), "when." + std::to_string(i) + ".if", out);
        }
        static void read(NodeIndex at, const Say& say, const Names& sure, std::vector<Risk>& out) {
            if (say.failed) return;
            for (const auto& [language, sentence] : say.text) note(at, sentence.risks(sure), "text." + language, out);
        }
        static void read(NodeIndex at, const Lookup& lookup, const Names& sure, std::vector<Risk>& out) {
            for (const auto& [name, value] : lookup.parameters)
                for (const auto& mention : value.risks(sure)) out.push_back({at, mention.name, "query", std::nullopt, {}});
            if (lookup.guard) note(at, lookup.guard->key.risks(sure), "guard.key", out);
            if (!lookup.list || !lookup.query || !lookup.query->words) return;
            const Names known = with(with(sure, *lookup.query->words), {std::string(kItem)});
            for (const auto& [language, sentence] : lookup.list->text)
                for (const auto& mention : sentence.risks(known))
                    out.push_back({at, mention.name, "list.text." + language, mention.at, {}, true});
        }
        static void read(NodeIndex at, const Webhook& hook, const Names& sure, std::vector<Risk>& out) {
            for (const auto& [name, value] : hook.body) note(at, value.risks(sure), "body." + name + ".of", out);
        }
        static void read(NodeIndex at, const Apply& apply, const Names& sure, std::vector<Risk>& out) {
            if (apply.id) note(at, apply.id->risks(sure), "id", out);
            if (apply.name) note(at, apply.name->risks(sure), "name", out);
            for (const auto& [name, value] : apply.details) note(at, value.risks(sure), "details." + name + ".of", out);
        }
        static void read(NodeIndex at, const Transfer& transfer, const Names& sure, std::vector<Risk>& out) {
            if (transfer.named) note(at, transfer.named->risks(sure), "to.of", out);
        }
        static void read(NodeIndex at, const Callback& callback, const Names& sure, std::vector<Risk>& out) {
            if (callback.number) note(at, callback.number->risks(sure), "number", out);
        }
        static void read(NodeIndex at, const Sms& sms, const Names& sure, std::vector<Risk>& out) {
            if (sms.to) note(at, sms.to->risks(sure), "to", out);
            for (const auto& [language, text] : sms.text) note(at, text.risks(sure), "text." + language, out);
        }
        void read(NodeIndex at, const CallFlow& call, const Names& sure, std::vector<Risk>& out) {
            if (!call.flow || !is_subroutine(*call.flow)) return;  // others tell their own
            Names told;
            for (const auto& risk : analysis_.of(*call.flow).risks)
                if (!sure.contains(risk.variable) && told.insert(risk.variable).second)
                    out.push_back(
                        {at, risk.variable, "flow", std::nullopt, risk.by.empty() ? call.flow->name : risk.by, risk.or_column});
        }
        static void note(NodeIndex at, const std::vector<Mention>& mentions, const std::string& field, std::vector<Risk>& out) {
            for (const auto& mention : mentions) out.push_back({at, mention.name, field, mention.at, {}});
        }

        // ── What is set at a node ──

        template <class Body>
        static void sets(const Body&, Names&) {}
        static void sets(const Collect& collect, Names& out) { out.insert(collect.variable); }
        static void sets(const Set& set, Names& out) {
            for (const auto& assignment : set.assignments)
                if (assignment.value) out.insert(assignment.variable);
        }
        static void sets(const Lookup& lookup, Names& out) { out.insert(lookup.gives.begin(), lookup.gives.end()); }
        static void sets(const Webhook& hook, Names& out) {
            for (const auto& gift : hook.gives) out.insert(gift.variable);
        }
        void sets(const CallFlow& call, Names& out) {
            if (call.flow) out = with(out, analysis_.of(*call.flow).sets);
        }

        const Program& program_;
        Analysis& analysis_;
        const std::vector<Portrait> portraits_;
        std::vector<std::optional<Names>> sure_;  // on arrival; none: nobody comes there
        std::set<NodeIndex> open_;
    };

    std::map<const Program*, Effect> effects_;
};

/// Every program that takes part, each once.
void gather(const Program& program, std::set<const Program*>& out) {
    if (!out.insert(&program).second) return;
    for (const auto& node : program.nodes)
        if (const auto* call = std::get_if<CallFlow>(&node.body); call && call->flow) gather(*call->flow, out);
}

/// Names of variables that hold a masked entry, or something made of one.
Names secrets(const std::set<const Program*>& programs) {
    Names out;
    for (std::size_t before = 1; before != out.size();) {
        before = out.size();
        for (const Program* program : programs) {
            for (const auto& node : program->nodes) {
                if (const auto* collect = std::get_if<Collect>(&node.body); collect && collect->masked)
                    out.insert(collect->variable);
                const auto* set = std::get_if<Set>(&node.body);
                if (!set) continue;
                for (const auto& [variable, value] : set->assignments) {
                    if (!value) continue;
                    const Names read = value->variables();
                    if (std::any_of(read.begin(), read.end(), [&](const auto& name) { return out.contains(name); }))
                        out.insert(variable);
                }
            }
        }
    }
    return out;
}

/// Where something masked would come to be heard, written down, or kept.
struct Leaks {
    const Node& node;
    const Names& masked;
    std::vector<Flaw>& out;

    template <class Text>
    void tell(const Text& text, const std::string& field, const std::string& where, bool fatal = true) const {
        for (const auto& [name, at] : text.risks({}))
            if (masked.contains(name))
                out.push_back({node.name, "'" + name + "' is masked, or made of something masked: " + where, fatal, field, at});
    }
    void tell(const std::optional<Expression>& value, const std::string& field, const std::string& where) const {
        if (value) tell(*value, field, where);
    }
    void sentences(const std::map<std::string, Sentence>& text, const std::string& field, const std::string& where) const {
        for (const auto& [language, sentence] : text) tell(sentence, field + '.' + language, where);
    }
    void counts() const {
        if (!node.counts) return;
        tell(node.counts->id, "counts.id", kReported);
        tell(node.counts->name, "counts.name", kReported);
    }

    template <class Body>
    void operator()(const Body&) const {
        counts();
    }
    void operator()(const Say& say) const {
        counts();
        sentences(say.text, "text", kSaid);
    }
    void operator()(const JoinQueue& join) const {
        counts();
        tell(join.agent, "agent", kReported);
    }
    void operator()(const Apply& apply) const {
        counts();
        tell(apply.id, "id", kReported);
        tell(apply.name, "name", kReported);
        for (const auto& [name, value] : apply.details) tell(value, "details." + name + ".of", kReported);
    }
    void operator()(const Sms& sms) const {
        counts();
        tell(sms.to, "to", kSent);
        sentences(sms.text, "text", kSent);
    }
    void operator()(const Transfer& transfer) const {
        counts();
        if (transfer.named) tell(*transfer.named, "to.of", kReported);
    }
    void operator()(const Callback& callback) const {
        counts();
        if (callback.number) tell(*callback.number, "number", kReported);
    }
    void operator()(const Webhook& hook) const {
        counts();
        for (const auto& [name, value] : hook.body) {
            const std::string field = "body." + name + ".of";
            if (hook.method == "GET") {
                tell(value, field, "with GET it stands in the address, which is written down on the way; use POST");
            } else if (!hook.url.starts_with("https://")) {
                tell(value, field, "everybody on the way can read it; ask an https:// address", false);
            }
        }
    }
    void operator()(const Lookup& lookup) const {
        counts();
        if (lookup.guard)
            tell(lookup.guard->key, "guard.key", "what is locked is written down; guard what is claimed, not the secret");
        const auto* columns = lookup.query && lookup.query->words ? &*lookup.query->words : nullptr;
        if (lookup.list)
            for (const auto& [language, sentence] : lookup.list->text)
                for (const auto& [name, at] : sentence.risks(columns ? *columns : Names{}))
                    if (masked.contains(name))
                        out.push_back({node.name, "'" + name + "' is masked, or made of something masked: " + kSaid, true,
                                       "list.text." + language, at});
        for (const auto& [name, value] : lookup.parameters)
            for (const auto& mention : value.risks({}))
                if (masked.contains(mention.name)) looks_up(lookup, mention.name);
    }
    void looks_up(const Lookup& lookup, const std::string& name) const {
        if (lookup.cache > Duration::zero())
            out.push_back(
                {node.name, "'" + name + "' is masked: what it finds is kept for nobody; leave cache_s out", true, "cache_s"});
        if (!lookup.guard)
            out.push_back({node.name, "whoever guesses '" + name + "' may try as often as he likes; give the lookup a guard", false,
                           "query"});
    }

    static constexpr const char *kSaid = "it is never said aloud; leave it out",
                                *kReported = "it would stand in reports; leave it out", *kSent = "it is never sent; leave it out";
};
/// Variables that a lookup or a web answer fills, and nothing else: no caller chooses what they hold.
Names told_by_site(const std::set<const Program*>& programs) {
    Names told, others;
    for (const Program* program : programs) {
        for (const auto& node : program->nodes) {
            if (const auto* lookup = std::get_if<Lookup>(&node.body)) told.insert(lookup->gives.begin(), lookup->gives.end());
            if (const auto* hook = std::get_if<Webhook>(&node.body))
                for (const auto& gift : hook->gives) told.insert(gift.variable);
            if (const auto* collect = std::get_if<Collect>(&node.body)) others.insert(collect->variable);
            if (const auto* set = std::get_if<Set>(&node.body))
                for (const auto& assignment : set->assignments) others.insert(assignment.variable);
        }
    }
    for (const auto& name : others) told.erase(name);
    return told;
}

/// By a beginning of numbers nobody may call but those whom the site names itself. (The machine sees to that in any case.)
std::optional<Flaw> open_to_callers(const Node& node, const Names& site_tells) {
    const auto* transfer = std::get_if<Transfer>(&node.body);
    if (!transfer || !transfer->named || transfer->only.prefixes.empty()) return std::nullopt;
    const Names read = transfer->named->variables();
    if (read.size() == 1 && site_tells.contains(*read.begin())) return std::nullopt;
    return Flaw{
        node.name,
        "the caller has a hand in what this rings, and '" + transfer->only.prefixes.front() +
            "' is the beginning of many numbers: he could call whom he likes at your cost. Write whole numbers, or take the "
            "number from a lookup, as a variable that nothing else sets",
        true, "only"};
}

}  // namespace

std::vector<Flaw> variable_flaws(const Program& program) {
    Analysis analysis;
    const Effect& effect = analysis.of(program);
    std::vector<Flaw> flaws;
    if (!is_subroutine(program)) {
        for (const auto& [node, variable, field, at, by, or_column] : effect.risks) {
            if (or_column && !effect.sets.contains(variable)) continue;
            const std::string reader = by.empty() ? "'" + variable + "'" : "'" + by + "' reads '" + variable + "', which";
            std::string text = reader + (by.empty() ? ", which is read here, may be unset" : " may be unset here") +
                               ": set it on every way that leads here, or ask '" + variable + " is set' before";
            if (!effect.sets.contains(variable)) {
                text = reader + " is set nowhere. Set it, or correct its name";
                if (!effect.sets.empty()) text += "; there are " + listed(effect.sets);
            }
            flaws.push_back({program.nodes[node].name, std::move(text), false, field, at});
        }
    }
    std::set<const Program*> programs;
    gather(program, programs);
    for (auto& flaw : check_secrets(program, secrets(programs))) flaws.push_back(std::move(flaw));
    const Names site_tells = told_by_site(programs);
    for (const auto& node : program.nodes)
        if (auto flaw = open_to_callers(node, site_tells)) flaws.push_back(std::move(*flaw));
    return flaws;
}

std::set<std::string> variables_set(const Program& program) { return Analysis::own_sets(program); }

std::set<std::string> masked_variables(const std::vector<std::shared_ptr<const Program>>& programs) {
    std::set<const Program*> all;
    for (const auto& program : programs)
        if (program) gather(*program, all);
    return secrets(all);
}

std::vector<ColumnUse> column_uses(const Program& program) {
    std::vector<ColumnUse> out;
    for (const auto& node : program.nodes) {
        const auto* lookup = std::get_if<Lookup>(&node.body);
        if (!lookup || !lookup->query) continue;
        for (std::size_t i = 0; i < lookup->gives.size(); ++i)
            out.push_back({node.name, "gives." + std::to_string(i), std::nullopt, lookup->gives[i], lookup->query, false});
        if (!lookup->list) continue;
        for (const auto& [language, sentence] : lookup->list->text)
            for (const auto& [name, at] : sentence.risks({std::string(kItem)}))
                out.push_back({node.name, "list.text." + language, at, name, lookup->query, true});
    }
    return out;
}

std::vector<Flaw> check_secrets(const Program& program, const std::set<std::string>& names) {
    std::vector<Flaw> out;
    for (const auto& node : program.nodes) std::visit(Leaks{node, names, out}, node.body);
    return out;
}

}  // namespace hotline::ivr
