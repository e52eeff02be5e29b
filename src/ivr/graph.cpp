// A program as a picture, in the language of Graphviz (https://graphviz.org/doc/info/lang.html).
#include <algorithm>

#include "portrait.h"

namespace hotline::ivr {
namespace {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out + '"';
}

struct Shape {
    std::string_view name, shape;
};
Shape shape_of(const Play&) { return {"play", "box"}; }
Shape shape_of(const Say&) { return {"say", "box"}; }
Shape shape_of(const Menu&) { return {"menu", "house"}; }
Shape shape_of(const Collect&) { return {"collect", "house"}; }
Shape shape_of(const Hours&) { return {"hours", "diamond"}; }
Shape shape_of(const Branch&) { return {"branch", "diamond"}; }
Shape shape_of(const JoinQueue&) { return {"queue", "doubleoctagon"}; }
Shape shape_of(const Callback&) { return {"callback", "doubleoctagon"}; }
Shape shape_of(const Goto&) { return {"goto", "plain"}; }
Shape shape_of(const Set&) { return {"set", "box"}; }
Shape shape_of(const SwitchLanguage&) { return {"language", "box"}; }
Shape shape_of(const CallFlow&) { return {"call", "component"}; }
Shape shape_of(const Return&) { return {"return", "ellipse"}; }
Shape shape_of(const Hangup&) { return {"hangup", "ellipse"}; }
Shape shape_of(const Lookup&) { return {"lookup", "cylinder"}; }
Shape shape_of(const Webhook&) { return {"http", "cds"}; }
Shape shape_of(const Apply&) { return {"apply", "note"}; }
Shape shape_of(const Sms&) { return {"sms", "note"}; }
Shape shape_of(const Transfer&) { return {"transfer", "octagon"}; }
Shape shape_of(const Record&) { return {"record", "cds"}; }
Shape shape_of(const Survey&) { return {"survey", "house"}; }

template <class Body>
std::string detail_of(const Body&) {
    return {};
}
std::string detail_of(const JoinQueue& join) { return join.queue; }
std::string detail_of(const Callback& callback) { return callback.queue; }
std::string detail_of(const Collect& collect) { return collect.variable; }
std::string detail_of(const SwitchLanguage& to) { return to.language; }
std::string detail_of(const Lookup& lookup) { return lookup.query ? lookup.query->name : ""; }
std::string detail_of(const Webhook& hook) { return hook.method + ' ' + hook.url; }
std::string detail_of(const Apply& apply) { return apply.action + ' ' + apply.what; }
std::string detail_of(const Transfer& transfer) {
    if (!transfer.head_of.empty()) return "head of " + transfer.head_of;
    return transfer.named ? "…" : transfer.to;
}
std::string detail_of(const Record& record) { return record.what; }
std::string detail_of(const Survey& survey) { return survey.question; }
std::string detail_of(const CallFlow& call) { return call.flow ? call.flow->name : ""; }

template <class Body>
std::string label_of(const Body&, const Exit& exit) {
    return exit.field == "goto" ? "" : exit.field;
}
std::string label_of(const Menu& menu, const Exit& exit) {
    const auto choice = std::find_if(menu.choices.begin(), menu.choices.end(),
                                     [&](const auto& c) { return exit.field == "keys." + std::string(1, c.key); });
    return choice == menu.choices.end() ? exit.field : std::string(1, choice->key) + ' ' + choice->what;
}

/// Not the node's name, which may be any word, also one of ours.
std::string id_of(NodeIndex index) { return "n" + std::to_string(index); }

std::string box(NodeIndex index, const Node& node) {
    const auto [name, shape] = std::visit([](const auto& body) { return shape_of(body); }, node.body);
    const std::string detail = std::visit([](const auto& body) { return detail_of(body); }, node.body);
    const std::string words = std::string(name) + (detail.empty() ? "" : ' ' + detail);
    const std::string label = quoted(node.name);  // \n is the line's end to dot: put in behind the quoting
    return "  " + id_of(index) + " [shape=" + std::string(shape) + ", label=" + label.substr(0, label.size() - 1) + "\\n" +
           quoted(words).substr(1) + "];\n";
}

}  // namespace

std::string graphviz(const Program& program) {
    const auto portraits = portraits_of(program);
    const auto arrow = [&](const std::string& from, NodeIndex to, const std::string& label) {
        if (to >= program.nodes.size()) return std::string();
        return "  " + from + " -> " + id_of(to) + (label.empty() ? "" : " [label=" + quoted(label) + ']') + ";\n";
    };
    std::string out = "digraph " + quoted(program.name) + " {\n  start [shape=point, label=\"\"];\n";
    for (NodeIndex i = 0; i < program.nodes.size(); ++i) out += box(i, program.nodes[i]);
    out += arrow("start", program.start, "");
    for (NodeIndex i = 0; i < program.nodes.size(); ++i)
        for (const Exit& exit : portraits[i].exits) {
            const auto label = std::visit([&](const auto& body) { return label_of(body, exit); }, program.nodes[i].body);
            out += arrow(id_of(i), exit.to, label);
        }
    if (!program.anywhere.empty()) out += "  anywhere [shape=plaintext, label=\"from anywhere\"];\n";
    for (const auto& [key, what, next] : program.anywhere)
        if (next) out += arrow("anywhere", *next, std::string(1, key) + ' ' + what);
    return out + "}\n";
}

}  // namespace hotline::ivr
