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

ivr::Utterance spoken_in(const ivr::Prompt& prompt, const std::string& language) {
    const auto it = prompt.find(language);
    return it == prompt.end() ? ivr::Utterance{} : it->second;
}

call::QueueSound read_sound(Reader& queue, const Basics& basics, const PromptBook& book) {
    call::QueueSound out;
    out.music = spoken_in(book.find(queue.text("music", "music"), queue.place("music")), basics.language);
    auto announce = queue.section("announce");
    out.announce_position = announce.flag("position", out.announce_position);
    out.announce_first = announce.seconds("first_s", out.announce_first, 1s, 3600s);
    out.announce_every = announce.seconds("every_s", out.announce_every, 5s, 3600s);
    const auto before = announce.text("before", "position_before"), after = announce.text("after", "position_after");
    if (out.announce_position) {
        out.position_prompts["before"] = book.find(before, announce.place("before"));
        out.position_prompts["after"] = book.find(after, announce.place("after"));
    }
    announce.finish();
    return out;
}

std::vector<std::string> read_agent_queues(Reader& agent, const call::Site& site) {
    std::vector<std::string> known, out;
    for (const auto& queue : site.acd.queues) known.push_back(queue.name);
    const Value* list = agent.required("queues", Value::Type::Array);
    if (!list) return out;
    for (const auto& item : list->items) {
        if (item.type != Value::Type::Text) {
            agent.problems().error(item.at, wrong_type("the name of a queue", item));
        } else if (std::find(known.begin(), known.end(), item.text) == known.end()) {
            agent.problems().error(item.at, "there is no queue \"" + item.text + "\"." + suggestion(item.text, known));
        } else if (std::find(out.begin(), out.end(), item.text) != out.end()) {
            agent.problems().error(item.at, "queue \"" + item.text + "\" stands here twice. Remove one.");
        } else {
            out.push_back(item.text);
        }
    }
    return out;
}

}  // namespace

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
        site.queue_sounds[entry.key] = read_sound(reader, basics, book);
        if (const auto shown = read_caller_id(reader); !shown.empty()) site.queue_caller_ids[entry.key] = shown;
        site.acd.queues.push_back(std::move(queue));
        reader.finish();
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
        site.acd.agents.push_back({entry.key, read_agent_queues(reader, site)});
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
