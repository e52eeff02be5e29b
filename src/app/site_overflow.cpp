// What a queue does with callers whom it cannot serve in time: "hours" and "overflow" in queues.json.
//
// Rules name calendars, queues and programs: they are read when all of these are known.
#include <algorithm>
#include <array>

#include "app/site_parts.h"

namespace hotline::app {
namespace {

using Rule = acd::OverflowRule;

constexpr std::array<const char*, 4> kConditions = {"after_s", "wait_over_s", "length", "closed"};
constexpr std::array<const char*, 4> kTargets = {"widen", "move", "exit", "flow"};

class OverflowReader {
  public:
    OverflowReader(acd::QueueConfig& queue, Programs& programs, call::Site& site, Problems& problems)
        : queue_(queue), programs_(programs), site_(site), problems_(problems) {}

    void read(const Value& list) {
        if (list.type != Value::Type::Array)
            return problems_.error(list.at,
                                   wrong_type("a list of rules such as [{\"after_s\": 120, \"move\": \"service\"}]", list));
        if (list.items.size() > acd::kMostOverflow)
            problems_.error(list.at, "more than " + std::to_string(acd::kMostOverflow) + " rules. Join some.");
        for (const auto& item : list.items) {
            if (item.type == Value::Type::Object) {
                Reader rule(&item, item.at, problems_);
                read_rule(rule);
            } else {
                problems_.error(item.at, wrong_type("a rule such as {\"after_s\": 120, \"move\": \"service\"}", item));
            }
        }
    }

  private:
    void read_rule(Reader& rule) {
        Rule out;
        const bool clear = has_one(rule, kConditions, "says when") && has_one(rule, kTargets, "says where to");
        read_condition(rule, out);
        read_target(rule, out);
        rule.finish();
        if (clear) queue_.overflow.push_back(std::move(out));
    }

    bool has_one(Reader& rule, const std::array<const char*, 4>& keys, const std::string& what) {
        const auto count = std::count_if(keys.begin(), keys.end(), [&](const char* key) { return rule.has(key); });
        for (const char* key : keys) rule.any(key);  // known, whether or not it is one too many
        if (count == 1) return true;
        const std::string names = std::string(keys[0]) + ", " + keys[1] + ", " + keys[2] + " or " + keys[3];
        problems_.error(rule.place(), count == 0 ? "nothing " + what + ": add " + names + "."
                                                 : "more than one key " + what + ": keep one of " + names + ", or make two rules.");
        return false;
    }

    void read_condition(Reader& rule, Rule& out) {
        if (rule.has("after_s")) {
            out.when = Rule::When::Waited;
            out.limit = rule.seconds("after_s", out.limit, 1s, 24h);
            if (out.limit >= queue_.max_wait)
                rule.warn("after_s", "the queue's max_wait_s ends the wait before. Make one of them other.");
        } else if (rule.has("wait_over_s")) {
            out.when = Rule::When::EstimatedWait;
            out.limit = rule.seconds("wait_over_s", out.limit, 1s, 24h);
        } else if (rule.has("length")) {
            out.when = Rule::When::Length;
            out.length = rule.integer<std::size_t>("length", 0, 0, 100000);
            if (out.length >= queue_.max_length)
                rule.warn("length", "the queue takes max_length callers at most: this rule never holds. Make it smaller.");
        } else if (rule.has("closed")) {
            out.when = Rule::When::Closed;
            if (!rule.flag("closed", true)) rule.error("closed", "false says nothing here. Write true, or remove the rule.");
            if (!site_.queue_hours.contains(queue_.name))
                rule.error("closed", "this queue has no hours: it never closes. Add \"hours\", a calendar of hours.json.");
        }
    }

    void read_target(Reader& rule, Rule& out) {
        if (rule.has("widen") || rule.has("move")) {
            const char* key = rule.has("widen") ? "widen" : "move";
            out.action = rule.has("widen") ? Rule::Action::Widen : Rule::Action::Move;
            out.to = rule.text(key, "");
            check_queue(rule, key, out.to);
            if (out.action == Rule::Action::Move) check_rescue(rule, out.to);
        } else if (rule.has("exit")) {
            out.action = Rule::Action::Leave;
            out.to = rule.choice<std::string>("exit", "overflow",
                                              {{"overflow", "overflow"},
                                               {"full", "full"},
                                               {"timed_out", "timed_out"},
                                               {"unavailable", "unavailable"},
                                               {"callback", std::string(call::kCallbackTarget)}});
        } else if (rule.has("flow")) {
            out.action = Rule::Action::Leave;
            out.to = std::string(call::kFlowPrefix) + read_flow(rule);
        }
    }

    void check_queue(Reader& rule, const char* key, const std::string& name) {
        std::vector<std::string> names;
        for (const auto& queue : site_.acd.queues) names.push_back(queue.name);
        if (std::find(names.begin(), names.end(), name) == names.end())
            rule.error(key, "there is no queue \"" + name + "\"." + suggestion(name, names));
        else if (name == queue_.name)
            rule.error(key, "this is the queue that he waits in. Name another one.");
    }

    /// Rescue is what a caller asked for, not where he was sent.
    void check_rescue(Reader& rule, const std::string& name) {
        const auto to = std::ranges::find(site_.acd.queues, name, &acd::QueueConfig::name);
        if (queue_.priority < acd::kRescue && to != site_.acd.queues.end() && to->priority >= acd::kRescue)
            rule.warn("move", "\"" + name +
                                  "\" is a rescue queue: who is moved there waits behind all who asked for it. Widen by it, or "
                                  "name another queue.");
    }

    std::string read_flow(Reader& rule) {
        const std::string name = rule.text("flow", "");
        const auto found = programs_.by_name.find(name);
        if (found == programs_.by_name.end()) {
            rule.error("flow", "there is no program ivr/" + name + ".json." + suggestion(name, names_in(programs_.by_name)));
            return name;
        }
        programs_.called.insert(name);
        if (!found->second) return name;  // its mistakes are told where they are
        if (ivr::is_subroutine(*found->second))
            rule.warn("flow", "ivr/" + name + ".json has a \"return\": here the call ends at it.");
        site_.overflow_flows[name] = found->second;
        return name;
    }

    acd::QueueConfig& queue_;
    Programs& programs_;
    call::Site& site_;
    Problems& problems_;
};

}  // namespace

void read_overflow(const Value& file, const Calendars& calendars, Programs& programs, call::Site& site, Problems& problems) {
    for (const auto& entry : file.members) {
        const auto queue = std::find_if(site.acd.queues.begin(), site.acd.queues.end(),
                                        [&](const acd::QueueConfig& one) { return one.name == entry.key; });
        if (queue == site.acd.queues.end() || entry.value.type != Value::Type::Object) continue;
        if (const Value* hours = entry.value.find("hours")) {
            const auto calendar = hours->type == Value::Type::Text ? calendars.find(hours->text) : calendars.end();
            if (hours->type != Value::Type::Text)
                problems.error(hours->at, wrong_type("the name of a calendar of hours.json", *hours));
            else if (calendar == calendars.end())
                problems.error(hours->at,
                               "there is no calendar \"" + hours->text + "\"." + suggestion(hours->text, names_in(calendars)));
            else
                site.queue_hours[entry.key] = calendar->second;
        }
        if (const Value* rules = entry.value.find("overflow")) OverflowReader(*queue, programs, site, problems).read(*rules);
    }
}

}  // namespace hotline::app
