// "callback" in queues.json: who is called back, when, how often and by whom first.
//
// It names calendars, programs and wrap-up codes: it is read when these are known.
#include <algorithm>
#include <functional>

#include "app/site_parts.h"

namespace hotline::app {
namespace {

using Mode = call::CallbackRules::Mode;

/// A caller can come through it to a queue node: else nobody is ever connected.
bool leads_to_a_queue(const ivr::Program& program) {
    return std::ranges::any_of(program.nodes, [](const ivr::Node& node) {
        const auto* call = std::get_if<ivr::CallFlow>(&node.body);
        return std::holds_alternative<ivr::JoinQueue>(node.body) || (call && call->flow && leads_to_a_queue(*call->flow));
    });
}

class CallbackReader {
  public:
    CallbackReader(const std::string& queue, const PromptBook& book, const Calendars& calendars, Programs& programs,
                   call::Site& site)
        : queue_(queue), book_(book), calendars_(calendars), programs_(programs), site_(site) {}

    void read(Reader reader) {
        call::CallbackRules out;
        out.mode =
            reader.choice<Mode>("mode", out.mode, {{"agent_first", Mode::AgentFirst}, {"customer_first", Mode::CustomerFirst}});
        const Duration after = reader.seconds("offer_after_s", *out.offer_after, 0s, 86400s);
        out.offer_after = after > Duration{0} ? std::optional(after) : std::nullopt;
        std::vector<std::pair<std::string, char>> keys;
        for (const char key : std::string_view("0123456789*#")) keys.emplace_back(std::string(1, key), key);
        out.key = reader.choice<char>("key", out.key, keys);
        const std::string words = reader.text("offer", "callback_offer");
        if (out.offer_after) out.offer = book_.find(words, reader.place("offer"));
        out.retries = reader.integer("retries", out.retries, 0, 20);
        out.retry = reader.seconds("retry_s", out.retry, 1s, 86400s);
        out.expires = reader.seconds("expires_s", out.expires, 60s, 604800s);
        out.ring = reader.seconds("ring_s", out.ring, 5s, 300s);
        out.confirm = reader.seconds("confirm_s", out.confirm, 1s, 300s);
        out.hours = hours(reader);
        out.flow = flow(reader, out.mode);
        out.ringback = tone(reader, out.mode);
        out.allowed = read_prefixes(reader, "allowed");
        out.machine_codes = codes(reader, out.mode);
        if (out.expires <= out.retry) reader.warn("expires_s", "it is over before the second try. Make it longer than retry_s.");
        if (site_.outbound.allowed.empty() || site_.outbound.routes.empty())
            reader.problems().error(reader.place(),
                                    "nobody can be called back: site.json allows no number under outbound.allowed, or "
                                    "has no route. Allow some, or remove callback.");
        reader.finish();
        site_.callbacks[queue_] = std::move(out);
    }

  private:
    std::shared_ptr<const ivr::Calendar> hours(Reader& reader) {
        const std::string name = reader.text("hours", "");
        if (name.empty()) return nullptr;
        if (const auto found = calendars_.find(name); found != calendars_.end()) return found->second;
        reader.error("hours", "there is no calendar \"" + name + "\"." + suggestion(name, names_in(calendars_)));
        return nullptr;
    }

    std::shared_ptr<const ivr::Program> flow(Reader& reader, Mode mode) {
        const std::string name = reader.text("flow", "");
        if (mode == Mode::AgentFirst) {
            if (!name.empty()) reader.warn("flow", "the agent is first: the customer hears him, and no flow. Leave it out.");
            return nullptr;
        }
        if (name.empty()) {
            reader.error("flow",
                         "flow is missing: who answers must say that he is no machine. Name a program that asks him for a "
                         "key and leads to a queue node.");
            return nullptr;
        }
        const auto found = programs_.by_name.find(name);
        if (found == programs_.by_name.end()) {
            reader.error("flow", "there is no program ivr/" + name + ".json." + suggestion(name, names_in(programs_.by_name)));
            return nullptr;
        }
        programs_.called.insert(name);
        if (found->second && !leads_to_a_queue(*found->second))
            reader.error("flow", "ivr/" + name + ".json has no queue node: nobody would ever be connected. Lead there by a key.");
        return found->second;
    }

    ivr::Utterance tone(Reader& reader, Mode mode) {
        const std::string name = reader.text("ringback", "ringback");
        if (mode == Mode::CustomerFirst) return {};
        const auto prompt = book_.find(name, reader.place("ringback"));
        const auto words = prompt.find(site_.language);
        return words == prompt.end() ? ivr::Utterance{} : words->second;
    }

    std::set<std::string> codes(Reader& reader, Mode mode) {
        const auto names = reader.texts("machine_codes", {});
        if (names.empty()) return {};
        if (mode == Mode::CustomerFirst)
            reader.warn("machine_codes", "the customer is first: a machine never reaches an agent. Leave it out.");
        std::vector<std::string> known;
        if (const auto rules = site_.wrapup_codes.find(queue_); rules != site_.wrapup_codes.end())
            for (const auto& [digits, name] : rules->second.codes) known.push_back(name);
        for (const auto& name : names)
            if (std::ranges::find(known, name) == known.end())
                reader.error("machine_codes", "the queue has no wrap-up code \"" + name + "\"." + suggestion(name, known));
        return {names.begin(), names.end()};
    }

    const std::string& queue_;
    const PromptBook& book_;
    const Calendars& calendars_;
    Programs& programs_;
    call::Site& site_;
};

}  // namespace

void read_callbacks(const Value& file, const PromptBook& book, const Calendars& calendars, Programs& programs, call::Site& site,
                    Problems& problems) {
    for (const auto& entry : file.members) {
        if (entry.value.type != Value::Type::Object) continue;
        if (const Value* written = entry.value.find("callback")) {
            if (written->type == Value::Type::Object)
                CallbackReader(entry.key, book, calendars, programs, site).read(Reader(written, written->at, problems));
            else
                problems.error(written->at, wrong_type("an object such as {\"mode\": \"agent_first\"}", *written));
            continue;
        }
        for (const auto& queue : site.acd.queues)
            for (const auto& rule : queue.overflow)
                if (queue.name == entry.key && rule.to == call::kCallbackTarget)
                    problems.error(entry.at,
                                   "a rule of overflow has the exit \"callback\", but this queue calls nobody back. Give it "
                                   "\"callback\", or another exit.");
    }
}

namespace {

/// Where who joins this queue may hear an offer: there, and where its rules move him.
std::set<std::string> reached_from(const std::string& queue, const call::Site& site) {
    std::set<std::string> reached;
    std::vector<std::string> next = {queue};
    while (!next.empty()) {
        const std::string name = next.back();
        next.pop_back();
        const auto found = std::ranges::find(site.acd.queues, name, &acd::QueueConfig::name);
        if (found == site.acd.queues.end() || !reached.insert(name).second) continue;
        for (const auto& rule : found->overflow)
            if (rule.action == acd::OverflowRule::Action::Move) next.push_back(rule.to);
    }
    return reached;
}

/// One key cannot do both.
void check_exit_keys(const ivr::JoinQueue& join, const std::string& node, const call::Site& site, const Place& at,
                     Problems& problems) {
    for (const std::string& queue : reached_from(join.queue, site)) {
        const auto rules = site.callbacks.find(queue);
        if (rules == site.callbacks.end() || !rules->second.offer_after) continue;
        const char key = rules->second.key;
        if (std::ranges::any_of(join.keys, [&](const auto& one) { return one.key == key; }))
            problems.error(at, "node \"" + node + "\": key " + key + " takes the offer of queue \"" + queue +
                                   "\" to call back. Lead out of the line by another key.");
    }
}

}  // namespace

void check_callbacks(const ivr::Program& program, const call::Site& site, const Place& at, Problems& problems) {
    // Who is called back is not offered it once more.
    const bool of_callback = std::ranges::any_of(
        site.callbacks, [&](const auto& entry) { return entry.second.flow && entry.second.flow->name == program.name; });
    for (const auto& node : program.nodes) {
        const auto* join = of_callback ? nullptr : std::get_if<ivr::JoinQueue>(&node.body);
        const auto rules = join ? site.callbacks.find(join->queue) : site.callbacks.end();
        if (join) check_exit_keys(*join, node.name, site, at, problems);
        if (rules != site.callbacks.end() && rules->second.offer_after && !join->callback)
            problems.warn(at, "node \"" + node.name + "\": queue \"" + join->queue +
                                  "\" offers to call back, and who takes that hears nothing more. Lead him on by \"callback\".");
        const auto* wish = std::get_if<ivr::Callback>(&node.body);
        if (wish && !wish->queue.empty() && !site.callbacks.contains(wish->queue))
            problems.error(at, "node \"" + node.name + "\": queue \"" + wish->queue +
                                   "\" calls nobody back. Give it \"callback\" in queues.json.");
    }
}

}  // namespace hotline::app
