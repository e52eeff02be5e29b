// The node that hands the caller on. Whom it rings is held against the agents, the heads and the numbers that menus may call, so
// that nothing of that is found out by a caller.
#include "app/program_compiler.h"

namespace hotline::app {
namespace {

constexpr const char* kAgents = "agents";

std::vector<std::string> agents_of(const call::Site& site) {
    std::vector<std::string> out;
    for (const auto& agent : site.acd.agents) out.push_back(agent.name);
    return out;
}

bool has_route(const call::OutboundRules& rules, const call::Number& number) {
    return std::ranges::any_of(rules.routes, [&](const call::Route& route) {
        return !route.trunks.empty() && (route.prefixes.empty() || call::is_among(route.prefixes, number));
    });
}

/// Some of the numbers that begin with `prefix` may be called.
bool is_open(const std::vector<std::string>& allowed, const std::string& prefix) {
    return std::ranges::any_of(allowed, [&](const auto& one) { return one.starts_with(prefix) || prefix.starts_with(one); });
}

}  // namespace

ivr::NodeBody ProgramCompiler::transfer(const std::string&, Reader& reader) {
    ivr::Transfer out{};
    target(reader, out);
    out.announcement = prompts(reader, "announce");
    out.music = words_.book.find(reader.text("music", "music"), reader.place("music"));
    out.ring = reader.seconds("ring_s", out.ring, 5s, 300s);
    const bool all = reader.has("busy") && reader.has("no_answer") && reader.has("failed");
    const auto otherwise = all ? optional_next(reader, "else") : next(reader, "else");
    if (all && otherwise) reader.warn("else", "busy, no_answer and failed are all written: this is never taken. Leave it out.");
    const auto exit = [&](const char* key) { return optional_next(reader, key).value_or(otherwise.value_or(0)); };
    out.busy = exit("busy");
    out.no_answer = exit("no_answer");
    out.failed = exit("failed");
    out.after = optional_next(reader, "after");
    return out;
}

/// "to": a number, or {"of": "an expression"} with "only"; or "head_of".
void ProgramCompiler::target(Reader& reader, ivr::Transfer& out) {
    const call::Site& site = words_.outside.site;
    const Value* to = reader.any("to");
    out.head_of = reader.text("head_of", "");
    if ((to != nullptr) == !out.head_of.empty())
        reader.error(to ? "head_of" : "to", "whom does it ring? Write either \"to\" or \"head_of\".");
    if (!out.head_of.empty() && !site.heads.contains(out.head_of)) {
        std::vector<std::string> known;
        for (const auto& [name, agent] : site.heads) known.push_back(name);
        reader.error("head_of", "no agent is head of \"" + out.head_of + "\". Write \"head_of\": [\"" + out.head_of +
                                    "\"] at one of them in agents.json." + suggestion(out.head_of, known));
    }
    only(reader, out);
    const bool known_late = to && to->type == Value::Type::Object;
    if (reader.has("only") && !known_late)
        reader.error("only", "it limits a \"to\" that is worked out while he calls. Leave it out.");
    if (!to) return;
    if (known_late) {
        out.named = value_of({"to", to->at, *to});
        if (!reader.has("only"))
            reader.error("to",
                         "whom it rings is only known when he calls. Say in \"only\" what that may be: [\"agents\"], or numbers "
                         "outside, such as [\"057188886666\"].");
        return;
    }
    if (to->type != Value::Type::Text)
        return problems_.error(to->at, wrong_type("a number in quotes, or {\"of\": \"an expression\"}", *to));
    out.to = to->text;
    const auto agents = agents_of(site);
    if (std::ranges::find(agents, out.to) == agents.end()) check_number(out.to, to->at);
}

void ProgramCompiler::only(Reader& reader, ivr::Transfer& out) {
    const auto& allowed = words_.outside.site.outbound.transfers.allowed;
    const Value* list = reader.value("only", Value::Type::Array);
    for (std::size_t i = 0; list && i < list->items.size(); ++i) {
        const Value& item = list->items[i];
        if (item.type == Value::Type::Text && item.text == kAgents) {
            out.only.agents = true;
        } else if (item.type == Value::Type::Text && call::read_number(item.text, words_.outside.site.outbound.area_code)) {
            check_number(item.text, item.at);
            out.only.numbers.push_back(item.text);
        } else if (item.type == Value::Type::Text && call::is_number_prefix(item.text)) {
            if (!is_open(allowed, item.text))
                problems_.error(item.at, "menus may call no number that begins with " + item.text +
                                             ". Add it to outbound.transfers.allowed in site.json.");
            out.only.prefixes.push_back(item.text);
        } else {
            problems_.error(item.at, "expected \"agents\", a number outside, or the beginning of numbers (\"0571\", \"+852\").");
        }
    }
}

/// Somebody outside, whom a menu may call, and whom a trunk leads to.
void ProgramCompiler::check_number(const std::string& text, const Place& at) {
    const call::Site& site = words_.outside.site;
    const auto number = call::read_number(text, site.outbound.area_code);
    if (!number)
        return problems_.error(at, "\"" + text + "\" is neither an agent's number nor one of the telephone network." +
                                       suggestion(text, agents_of(site)));
    if (!call::is_among(site.outbound.transfers.allowed, *number))
        return problems_.error(
            at, "menus may not call " + number->national + ". Add its beginning to outbound.transfers.allowed in site.json.");
    if (!has_route(site.outbound, *number))
        problems_.error(at, "no trunk leads to " + number->national + ". See outbound.routes in site.json, and trunks.json.");
}

}  // namespace hotline::app
