// queues.json, agents.json.
#include <set>

#include "app/site_parts.h"

namespace hotline::app {
namespace {

/// Names that stand in paths, SIP headers and SQL reports: letters, digits, and . _ -
bool plain_name(const std::string& name) {
    constexpr std::size_t kLongest = 64;
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !name.empty() && name.size() <= kLongest && name.find_first_not_of(kAllowed) == std::string::npos;
}

acd::StrategyKind read_strategy(Reader& queue, acd::StrategyKind fallback) {
    using Kind = acd::StrategyKind;
    std::vector<std::pair<std::string, Kind>> words;
    for (const auto kind : {Kind::LongestIdle, Kind::RoundRobin, Kind::FewestCalls, Kind::LeastTalk, Kind::SkillLevel,
                            Kind::TopDown, Kind::WeightedRandom, Kind::RingAll})
        words.emplace_back(acd::to_word(kind), kind);
    return queue.choice("strategy", fallback, words);
}

std::vector<std::string> queue_names(const call::Site& site) {
    std::vector<std::string> out;
    for (const auto& queue : site.acd.queues) out.push_back(queue.name);
    return out;
}

/// "relax": [{"after_s": 30, "lower": 1, "drop": ["english"], "widen": ["domestic"]}]
std::vector<acd::RelaxStep> read_relax(Reader& queue) {
    constexpr std::size_t kMostSteps = 10;
    std::vector<acd::RelaxStep> out;
    const Value* list = queue.value("relax", Value::Type::Array);
    if (!list) return out;
    if (list->items.size() > kMostSteps) queue.error("relax", "more than 10 steps. Join some.");
    for (const auto& item : list->items) {
        if (item.type != Value::Type::Object) {
            queue.problems().error(item.at, wrong_type("a step such as {\"after_s\": 30, \"lower\": 1}", item));
            continue;
        }
        Reader step(&item, item.at, queue.problems());
        acd::RelaxStep read;
        if (!step.has("after_s")) step.error("after_s", "after_s is missing: when is he content with less? Add it.");
        read.after = step.seconds("after_s", 0s, 1s, 86400s);
        read.lower = step.integer("lower", 0, 0, 8);
        read.drop = step.texts("drop", {});
        read.widen = step.texts("widen", {});
        if (read.lower == 0 && read.drop.empty() && read.widen.empty())
            queue.problems().warn(item.at, "this step changes nothing. Give it lower, drop or widen.");
        if (!out.empty() && read.after <= out.back().after)
            step.error("after_s", "the step before comes later or at the same time. Order the steps by after_s.");
        step.finish();
        out.push_back(std::move(read));
    }
    return out;
}

int read_priority(Reader& queue) {
    const Value* value = queue.any("priority");
    if (!value) return 0;
    if (value->type == Value::Type::Text && value->text == "rescue") return acd::kRescue;
    if (value->type == Value::Type::Integer && value->integer >= -999 && value->integer < acd::kRescue)
        return static_cast<int>(value->integer);
    queue.error("priority", "expected a number from -999 to 999 (higher first), or \"rescue\": before all others.");
    return 0;
}

void read_distribution(Reader& queue, acd::QueueConfig& out) {
    using acd::WrapUpMode;
    constexpr Duration kDay = 24h;
    out.priority = read_priority(queue);
    out.strategy = read_strategy(queue, out.strategy);
    out.ring_most = queue.integer<std::size_t>("ring_most", out.ring_most, 1, 50);
    out.relax = read_relax(queue);
    auto age = queue.section("ageing");
    out.age_every = age.seconds("every_s", out.age_every, 0s, 3600s);
    out.age_most = age.integer("most", out.age_most, 0, 999);
    age.finish();
    const std::vector<std::pair<std::string, acd::Needs>> needs = {
        {"nobody", acd::Needs::Nobody}, {"logged_in", acd::Needs::LoggedIn}, {"ready", acd::Needs::Ready}};
    out.joining = queue.choice("joining_needs", out.joining, needs);
    out.staying = queue.choice("staying_needs", out.staying, needs);
    out.ring_time = queue.seconds("ring_s", out.ring_time, 1s, 300s);
    out.wrapup_mode = queue.choice<WrapUpMode>("wrapup_mode", out.wrapup_mode,
                                               {{"none", WrapUpMode::None},
                                                {"until_done", WrapUpMode::UntilDone},
                                                {"at_most", WrapUpMode::AtMost},
                                                {"exactly", WrapUpMode::Exactly}});
    out.wrapup = queue.seconds("wrapup_s", out.wrapup, 0s, 3600s);
    out.max_length = queue.integer<std::size_t>("max_length", out.max_length, 0, 100000);
    out.max_wait = queue.seconds("max_wait_s", out.max_wait, 1s, kDay);
    out.affinity_wait = queue.seconds("affinity_wait_s", out.affinity_wait, 0s, 3600s);
    out.affinity_backlog = queue.integer<std::size_t>("affinity_backlog", out.affinity_backlog, 0, 1000);
    out.max_missed = queue.integer("max_missed", out.max_missed, 0, 1000);
    out.missed_delay = queue.seconds("missed_delay_s", out.missed_delay, 0s, 3600s);
    out.rejected_delay = queue.seconds("rejected_delay_s", out.rejected_delay, 0s, 3600s);
    out.busy_delay = queue.seconds("busy_delay_s", out.busy_delay, 0s, 3600s);
}

/// "wrapup_codes": {"codes": {"1": "booked", "2": "asked"}, "default": "none"}
void read_codes(Reader& queue, const acd::QueueConfig& rules, call::Site& site) {
    constexpr std::size_t kMostDigits = 4;
    if (!queue.has("wrapup_codes")) return;
    auto section = queue.section("wrapup_codes");
    call::WrapUpCodes out;
    if (const Value* codes = section.required("codes", Value::Type::Object)) {
        if (codes->members.empty()) section.error("codes", "there is no code. Add some, or remove wrapup_codes.");
        for (const auto& [digits, at, name] : codes->members) {
            if (digits.empty() || digits.size() > kMostDigits || digits.find_first_not_of("0123456789") != std::string::npos)
                queue.problems().error(at, "\"" + digits + "\" cannot be dialled as a code. Use one to four digits.");
            if (name.type != Value::Type::Text || !plain_name(name.text))
                queue.problems().error(name.at, "expected a name of letters, digits and . _ - (at most 64), as reports show it.");
            else
                out.codes[digits] = name.text;
        }
    }
    out.otherwise = section.text("default", "");
    if (!out.otherwise.empty() && !plain_name(out.otherwise))
        section.error("default", "\"" + out.otherwise + "\" is no name. Use letters, digits and . _ - (at most 64).");
    section.finish();
    if (rules.wrapup_mode == acd::WrapUpMode::None)
        queue.warn("wrapup_codes", "wrapup_mode is none: agents can say a code while they talk, and no later.");
    site.wrapup_codes[rules.name] = std::move(out);
}

ivr::Utterance spoken_in(const ivr::Prompt& prompt, const std::string& language) {
    const auto it = prompt.find(language);
    return it == prompt.end() ? ivr::Utterance{} : it->second;
}

call::QueueSound read_sound(Reader& queue, const Basics& basics, const PromptBook& book) {
    call::QueueSound out;
    out.music = spoken_in(book.find(queue.text("music", "music"), queue.place("music")), basics.language);
    out.notice = read_notice(queue, "recording_notice", book);
    auto announce = queue.section("announce");
    out.announce_position = announce.flag("position", out.announce_position);
    out.announce_wait = announce.flag("wait", out.announce_wait);
    out.announce_first = announce.seconds("first_s", out.announce_first, 1s, 3600s);
    out.announce_every = announce.seconds("every_s", out.announce_every, 5s, 3600s);
    const auto phrase = [&](bool said, const char* key, const std::string& name) {
        const auto prompt = announce.text(key, name);
        if (said) out.phrases[name] = book.find(prompt, announce.place(key));
    };
    phrase(out.announce_position, "before", "position_before");
    phrase(out.announce_position, "after", "position_after");
    phrase(out.announce_wait, "wait_before", "wait_before");
    phrase(out.announce_wait, "wait_after", "wait_after");
    phrase(out.announce_wait, "wait_soon", "wait_soon");
    for (const auto& name : announce.texts("comfort", {})) out.comfort.push_back(book.find(name, announce.place("comfort")));
    announce.finish();
    return out;
}

}  // namespace

ivr::Prompt read_notice(Reader& reader, const std::string& key, const PromptBook& book) {
    const std::string name = reader.text(key, "");
    return name.empty() ? ivr::Prompt{} : book.find(name, reader.place(key));
}

namespace {

std::vector<std::string> read_agent_queues(Reader& agent, const call::Site& site) {
    auto known = queue_names(site);
    for (const auto& [group, queues] : site.queue_groups) known.push_back(group);
    std::vector<std::string> out;
    const Value* list = agent.required("queues", Value::Type::Array);
    if (!list) return out;
    for (const auto& item : list->items) {
        if (item.type != Value::Type::Text) {
            agent.problems().error(item.at, wrong_type("the name of a queue", item));
        } else if (std::find(known.begin(), known.end(), item.text) == known.end()) {
            agent.problems().error(item.at, "there is no queue \"" + item.text + "\"." + suggestion(item.text, known));
        } else if (const auto group = site.queue_groups.find(item.text); group != site.queue_groups.end()) {
            for (const auto& queue : group->second)
                if (std::find(out.begin(), out.end(), queue) == out.end()) out.push_back(queue);
        } else if (std::find(out.begin(), out.end(), item.text) != out.end()) {
            agent.problems().error(item.at, "queue \"" + item.text + "\" stands here twice. Remove one.");
        } else {
            out.push_back(item.text);
        }
    }
    return out;
}

acd::AgentConfig read_agent(const std::string& number, Reader& reader, const call::Site& site) {
    acd::AgentConfig agent{number, read_agent_queues(reader, site)};
    agent.in_order = reader.flag("queues_in_order", agent.in_order);
    agent.skills = read_levels(reader, "skills", 9);
    agent.tiers = read_levels(reader, "tiers", 99);
    agent.weight = reader.integer("weight", agent.weight, 1, 1000);
    auto own = reader.section("own_list");
    agent.own_length = own.integer<std::size_t>("length", agent.own_length, 0, 1000);
    agent.own_wait = own.seconds("wait_s", agent.own_wait, 0s, 3600s);
    own.finish();
    for (const auto& [queue, tier] : agent.tiers)
        if (std::find(agent.queues.begin(), agent.queues.end(), queue) == agent.queues.end())
            reader.error("tiers", "he does not serve queue \"" + queue + "\"." + suggestion(queue, agent.queues));
    return agent;
}

/// "head_of": ["service"]: queues and groups; each has one head.
void read_heads(const std::string& number, Reader& agent, call::Site& site) {
    auto known = queue_names(site);
    for (const auto& [group, queues] : site.queue_groups) known.push_back(group);
    const Value* list = agent.value("head_of", Value::Type::Array);
    for (std::size_t i = 0; list && i < list->items.size(); ++i) {
        const Value& item = list->items[i];
        if (item.type != Value::Type::Text) {
            agent.problems().error(item.at, wrong_type("the name of a queue or group", item));
        } else if (std::find(known.begin(), known.end(), item.text) == known.end()) {
            agent.problems().error(item.at, "there is no queue or group \"" + item.text + "\"." + suggestion(item.text, known));
        } else if (const auto [head, fresh] = site.heads.emplace(item.text, number); !fresh) {
            agent.problems().error(item.at, "\"" + item.text + "\" has a head already: " + head->second + ". Remove one.");
        }
    }
}

}  // namespace

std::map<std::string, int> read_levels(Reader& reader, const std::string& key, int highest, std::vector<const Member*>* texts) {
    std::map<std::string, int> out;
    const Value* levels = reader.value(key, Value::Type::Object);
    if (!levels) return out;
    for (const Member& member : levels->members) {
        const auto& [name, at, value] = member;
        if (!plain_name(name))
            reader.problems().error(at, "\"" + name + "\" is no name. Use letters, digits and . _ - (at most 64).");
        if (texts && value.type == Value::Type::Text) {
            texts->push_back(&member);
            continue;
        }
        if (value.type != Value::Type::Integer || value.integer < 1 || value.integer > highest) {
            reader.problems().error(value.at, "expected a whole number from 1 to " + std::to_string(highest) + ".");
            continue;
        }
        out[name] = static_cast<int>(value.integer);
    }
    return out;
}

/// What a phone's screen shows before the caller's name.
std::string read_name_prefix(Reader& queue) {
    std::string prefix = queue.text("caller_name_prefix", "");
    if (prefix.size() > 60 || valid_text(prefix) != prefix)
        queue.error("caller_name_prefix",
                    "too long for a phone's screen, or not text. Use at most 60 bytes (20 Chinese characters) on one line.");
    return prefix;
}

void check_name(const Member& entry, Problems& problems) {
    if (!plain_name(entry.key))
        problems.error(entry.at, "\"" + entry.key + "\" is no name. Use letters, digits and . _ - (at most 64).");
}

void read_queues(const Value& file, const Basics& basics, const PromptBook& book, call::Site& site, Problems& problems) {
    Reader all(&file, file.at, problems);
    for (const auto& entry : file.members) {
        check_name(entry, problems);
        auto reader = all.section(entry.key);
        acd::QueueConfig queue;
        queue.name = entry.key;
        read_distribution(reader, queue);
        read_codes(reader, queue, site);
        reader.any("hours"), reader.any("overflow"), reader.any("callback");  // when more is known: read_overflow, read_callbacks
        site.returns_within[entry.key] = reader.seconds("place_kept_s", 60s, 0s, 3600s);
        site.queue_sounds[entry.key] = read_sound(reader, basics, book);
        reader.any("survey");  // read once the programs are known: read_surveys()
        if (const auto shown = read_caller_id(reader); !shown.empty()) site.queue_caller_ids[entry.key] = shown;
        if (auto prefix = read_name_prefix(reader); !prefix.empty()) site.caller_name_prefixes[entry.key] = std::move(prefix);
        site.acd.queues.push_back(std::move(queue));
        reader.finish();
    }
}

/// What the steps of "relax" widen by must be there, and a group means all its queues: both are known once all are read.
void resolve_widened(const Value& file, call::Site& site, Problems& problems) {
    auto names = queue_names(site);
    for (const auto& [group, queues] : site.queue_groups) names.push_back(group);
    for (auto& queue : site.acd.queues)
        for (auto& step : queue.relax) {
            std::vector<std::string> widen;
            const auto add = [&](const std::string& name) {
                if (name != queue.name && std::find(widen.begin(), widen.end(), name) == widen.end()) widen.push_back(name);
            };
            for (const auto& name : step.widen) {
                const auto group = site.queue_groups.find(name);
                if (group == site.queue_groups.end()) {
                    add(name);
                } else {
                    std::ranges::for_each(group->second, add);
                }
            }
            if (widen.empty() && !step.widen.empty() && step.lower == 0 && step.drop.empty())
                problems.warn(file.find(queue.name)->at,
                              "a step of relax widens by this queue alone, and changes nothing. Name another one.");
            step.widen = std::move(widen);
        }
    for (const auto& entry : file.members) {
        const Value* steps = entry.value.find("relax");
        if (!steps) continue;
        for (const auto& step : steps->items) {
            const Value* widen = step.find("widen");
            if (!widen) continue;
            for (const auto& name : widen->items)
                if (name.type == Value::Type::Text && std::find(names.begin(), names.end(), name.text) == names.end())
                    problems.error(name.at, "there is no queue or group \"" + name.text + "\"." + suggestion(name.text, names));
        }
    }
}

void read_groups(const Value& groups, call::Site& site, Problems& problems) {
    const auto known = queue_names(site);
    for (const auto& entry : groups.members) {
        check_name(entry, problems);
        if (std::find(known.begin(), known.end(), entry.key) != known.end())
            problems.error(entry.at, "\"" + entry.key + "\" is a queue, too. Give the group a name of its own.");
        std::vector<std::string> members;
        if (entry.value.type != Value::Type::Array)
            problems.error(entry.value.at, wrong_type("a list of queues such as [\"domestic\", \"abroad\"]", entry.value));
        else if (entry.value.items.empty())
            problems.error(entry.value.at, "the group is empty. Name its queues, or remove it.");
        for (const auto& item : entry.value.items) {
            if (item.type != Value::Type::Text)
                problems.error(item.at, wrong_type("the name of a queue", item));
            else if (std::find(known.begin(), known.end(), item.text) == known.end())
                problems.error(item.at, "there is no queue \"" + item.text + "\"." + suggestion(item.text, known));
            else if (std::find(members.begin(), members.end(), item.text) == members.end())
                members.push_back(item.text);
        }
        site.queue_groups[entry.key] = std::move(members);
    }
}

void read_agents(const Value& file, call::Site& site, sip::Accounts& accounts, Problems& problems) {
    Reader all(&file, file.at, problems);
    for (const auto& entry : file.members) {
        check_name(entry, problems);
        auto reader = all.section(entry.key);
        const auto password = reader.required_text("password");
        if (!password.empty() && password == entry.key)
            reader.warn("password", "the password is the agent's own number. Choose a better one.");
        accounts.passwords[entry.key] = password;
        reader.text("name", "");  // for people who read the file, and for the desk
        site.acd.agents.push_back(read_agent(entry.key, reader, site));
        read_heads(entry.key, reader, site);
        reader.finish();
    }
}

void check_served(const Value& queues, const call::Site& site, Problems& problems) {
    std::set<std::string> served;
    for (const auto& agent : site.acd.agents) served.insert(agent.queues.begin(), agent.queues.end());
    for (const auto& queue : queues.members) {
        if (!served.contains(queue.key))
            problems.warn(queue.at, "no agent serves queue \"" + queue.key + "\". Name it in agents.json.");
    }
}

}  // namespace hotline::app
