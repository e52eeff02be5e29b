#include "app/site_config.h"

#include "app/site_parts.h"
#include "hotline/ivr/local_time.h"

namespace hotline::app {
namespace {

/// Star codes and called numbers: what a phone can dial.
bool dialable(const std::string& number) {
    constexpr std::size_t kLongest = 32;
    return !number.empty() && number.size() <= kLongest && number.find_first_not_of("0123456789*#+") == std::string::npos;
}

class SiteLoader {
  public:
    SiteLoader(const std::string& dir, const std::vector<std::string>& settings, Problems& problems)
        : problems_(problems), tree_(load_site_tree(dir, settings, problems)), reader_(&tree_.root, tree_.file("site"), problems) {}

    SiteConfig load() {
        const Basics basics = read_basics(reader_);
        site_.name = basics.name;
        site_.language = basics.language;
        site_.time_zone = basics.time_zone;
        file("prompts");
        const PromptBook book(tree_, basics, problems_);
        read_queues(file("queues"), basics, book, site_, problems_);
        if (const Value* groups = reader_.value("queue_groups", Value::Type::Object)) read_groups(*groups, site_, problems_);
        resolve_widened(file("queues"), site_, problems_);
        read_agents(file("agents"), site_, config_.sip.accounts, problems_);
        check_served(file("queues"), site_, problems_);
        config_.sip.accounts.trunks = read_trunks(file("trunks"), site_, problems_);
        const auto calendars = read_hours(file("hours"), basics, problems_);
        read_outbound(reader_.section("outbound"), config_.sip.accounts.trunks, calendars, site_);
        const Outside outside{QueryShelf(tree_.dir, problems_), read_web_hosts(), site_};
        auto programs = read_programs(file("ivr"), basics, book, calendars, queue_names(), outside, problems_);
        read_overflow(file("queues"), calendars, programs, site_, problems_);
        read_callbacks(file("queues"), book, calendars, programs, site_, problems_);
        for (const auto& [name, program] : programs.by_name)
            if (program) check_callbacks(*program, site_, tree_.file("ivr/" + name), problems_);
        outside.queries.warn_of_unused();
        config_.queries = outside.queries.all();
        config_.sample = read_sample();
        config_.programs = programs.by_name;
        config_.columns = programs.columns;
        surveys_ = read_surveys(reader_, file("queues"), programs, site_);
        read_numbers(programs);
        check_skills(programs);
        check_transfers(programs);
        read_system_prompts(book);
        read_rules(book);
        read_adapters(reader_, tree_.dir, config_);
        for (const auto& number : config_.sip.emergency_numbers) site_.outbound.emergency.push_back(number);
        book.check_commands(config_.prompts.commands, reader_.place("speech"));
        config_.store.time_zone = basics.time_zone;
        config_.tables.time_zone = basics.time_zone;
        config_.store.affinity_window = site_.affinity_window;
        config_.store.lookup_deadline = std::min(config_.store.lookup_deadline, site_.directory_wait);  // later is too late
        config_.all_prompts = book.all();
        reader_.finish();
        config_.site = std::make_shared<const call::Site>(std::move(site_));
        return std::move(config_);
    }

  private:
    const Value& file(const char* name) { return *reader_.any(name); }  // mounted by load_site_tree, whatever it holds

    std::vector<std::string> queue_names() const {
        std::vector<std::string> out;
        for (const auto& queue : site_.acd.queues) out.push_back(queue.name);
        return out;
    }

    /// Who wants what no agent knows waits in vain.
    void check_skills(const Programs& programs) {
        std::vector<std::string> known;
        for (const auto& agent : site_.acd.agents)
            for (const auto& [skill, level] : agent.skills)
                if (std::find(known.begin(), known.end(), skill) == known.end()) known.push_back(skill);
        for (const auto& [name, program] : programs.by_name) {
            if (!program) continue;
            for (const auto& node : program->nodes) {
                std::vector<std::string> wanted;
                const auto note = [&](const auto* claims) {
                    if (!claims) return;
                    for (const auto& wish : claims->skills) wanted.push_back(wish.skill);
                    for (const auto& wish : claims->skills_from) wanted.push_back(wish.skill);
                };
                note(std::get_if<ivr::JoinQueue>(&node.body));
                note(std::get_if<ivr::Callback>(&node.body));
                for (const auto& skill : wanted)
                    if (std::find(known.begin(), known.end(), skill) == known.end())
                        problems_.warn(tree_.file("ivr/" + name), "node \"" + node.name + "\" wants the skill \"" + skill +
                                                                      "\", which no agent in agents.json has." +
                                                                      suggestion(skill, known));
            }
        }
    }

    /// Our own number, called by ourselves, comes back as one more call, and so on.
    void check_transfers(const Programs& programs) {
        for (const auto& [name, program] : programs.by_name) {
            if (!program) continue;
            for (const auto& node : program->nodes) {
                const auto* transfer = std::get_if<ivr::Transfer>(&node.body);
                if (transfer && site_.hotlines.contains(transfer->to))
                    problems_.error(tree_.file("ivr/" + name), "node \"" + node.name + "\" transfers to " + transfer->to +
                                                                   ", a number of this site. Lead there by a goto or a call.");
            }
        }
    }

    void read_numbers(const Programs& programs) {
        const Value* numbers = reader_.required("numbers", Value::Type::Object);
        if (!numbers) return;
        if (numbers->members.empty()) problems_.warn(numbers->at, "no number leads to a program: nobody can call this site.");
        for (const auto& [number, at, value] : numbers->members) read_number(number, at, value, programs);
        for (const auto& [name, program] : programs.by_name) {
            if (programs.called.contains(name) || surveys_.contains(name)) continue;
            const bool used = std::any_of(numbers->members.begin(), numbers->members.end(),
                                          [&](const Member& m) { return m.value.text == name; });
            if (!used)
                problems_.warn(tree_.file("ivr/" + name),
                               "no number leads to this program, and no other calls it. Name it in site.json under numbers.");
        }
    }

    void read_number(const std::string& number, const Place& at, const Value& value, const Programs& programs) {
        if (!dialable(number)) problems_.error(at, "\"" + number + "\" cannot be dialled. Use digits, * # and +, at most 32.");
        const auto& agents = site_.acd.agents;
        if (std::any_of(agents.begin(), agents.end(), [&](const auto& agent) { return agent.name == number; }))
            problems_.error(at, "\"" + number + "\" is an agent's number, too. Change one of them.");
        if (value.type != Value::Type::Text) return problems_.error(value.at, wrong_type("the name of a program", value));
        const auto it = programs.by_name.find(value.text);
        if (it != programs.by_name.end()) {
            if (!it->second) return;
            if (ivr::is_subroutine(*it->second))
                problems_.warn(value.at,
                               "ivr/" + value.text +
                                   ".json has a \"return\": it is made to be called by other programs. Here the call ends at it.");
            site_.hotlines[number] = it->second;
            return;
        }
        std::vector<std::string> names;
        for (const auto& [name, program] : programs.by_name) names.push_back(name);
        problems_.error(value.at, "there is no program ivr/" + value.text + ".json." + suggestion(value.text, names));
    }

    std::vector<std::string> read_web_hosts() {
        auto webhooks = reader_.section("webhooks");
        auto hosts = webhooks.texts("hosts", {});
        webhooks.finish();
        return hosts;
    }

    /// A name in sql/sample.
    std::string read_sample() {
        const std::string name = reader_.text("sample", "");
        if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos)
            reader_.error("sample", "\"" + name + "\" is no name of sample data. Names have small letters, digits, - and _.");
        return name;
    }

    void read_system_prompts(const PromptBook& book) {
        for (const char* name :
             {"agent_logged_in", "agent_has_no_phone", "agent_logged_out", "agent_paused", "agent_resumed", "goodbye", "busy"})
            site_.system_prompts[name] = book.find(name, tree_.file("prompts"));
        if (site_.wrapup_codes.empty()) return;
        for (const char* name : {"agent_coded", "agent_code_unknown"})
            site_.system_prompts[name] = book.find(name, tree_.file("prompts"));
    }

    void read_rules(const PromptBook& book) {
        site_.login_by_registering = reader_.flag("agents_log_in_by_registering", site_.login_by_registering);
        read_star_codes(reader_.section("star_codes"));
        auto recording = reader_.section("recording");
        site_.record_calls = recording.flag("enabled", site_.record_calls);
        site_.notice = read_notice(recording, "notice", book);
        recording.finish();
        auto limits = reader_.section("limits");
        site_.max_calls = limits.integer<std::size_t>("max_calls", site_.max_calls, 1, 100000);
        limits.finish();
        auto affinity = reader_.section("affinity");
        site_.directory_wait = affinity.milliseconds("directory_wait_ms", site_.directory_wait, 0ms, 300ms);
        site_.affinity_window = std::chrono::hours(24 * affinity.integer("window_days", 30, 0, 3650));
        affinity.finish();
    }

    void read_star_codes(Reader codes) {
        std::map<std::string, std::string> seen;
        const auto code = [&](const char* key, std::string& out) {
            out = codes.text(key, out);
            if (!dialable(out)) codes.error(key, "\"" + out + "\" cannot be dialled. Use digits, * # and +, at most 32.");
            const auto [it, fresh] = seen.emplace(out, key);
            if (!fresh) codes.error(key, "\"" + out + "\" is the code of " + it->second + ", too. Give each its own.");
            if (site_.hotlines.contains(out))
                codes.error(key, "\"" + out + "\" is a number of this site, too. Change one of them.");
        };
        code("log_in", site_.star_codes.log_in);
        code("log_out", site_.star_codes.log_out);
        code("pause", site_.star_codes.pause);
        code("resume", site_.star_codes.resume);
        code("code", site_.star_codes.code);
        for (const auto& [other, key] : seen)
            if (key != "code" && other.starts_with(site_.star_codes.code))
                codes.error(key,
                            "\"" + other + "\" begins like star_codes.code, after which the digits of a code follow. Change one.");
        codes.finish();
    }

    Problems& problems_;
    SiteTree tree_;
    Reader reader_;
    SiteConfig config_;
    call::Site site_;
    std::set<std::string> surveys_;  // names of programs
};

}  // namespace

Basics read_basics(Reader& site) {
    Basics basics;
    basics.name = site.required_text("name");
    basics.language = site.text("language", "zh");
    basics.time_zone = site.text("time_zone", "Asia/Shanghai");
    if (!ivr::local_time(basics.time_zone, Wall{})) {
        site.error("time_zone",
                   "\"" + basics.time_zone +
                       "\" is no time zone of this machine. Use an IANA name such as Asia/Shanghai (see /usr/share/zoneinfo).");
        basics.time_zone = "UTC";  // reported once; the rest is judged by a zone that is always there
    }
    basics.languages = site.texts("languages", {basics.language});
    const auto own = std::find(basics.languages.begin(), basics.languages.end(), basics.language);
    if (own == basics.languages.end()) {
        site.error("languages", "the site's own language \"" + basics.language + "\" is missing in this list. Add it.");
        basics.languages.insert(basics.languages.begin(), basics.language);
    } else {
        std::rotate(basics.languages.begin(), own, own + 1);
    }
    return basics;
}

void SiteConfig::place_in(const std::string& data_dir) {
    media.data_dir = data_dir;
    prompts.cache_dir = data_dir + "/speech";
    journal.dir = data_dir + "/journal";
}

SiteConfig load_site(const std::string& dir, const std::vector<std::string>& settings, Problems& problems) {
    return SiteLoader(dir, settings, problems).load();
}

}  // namespace hotline::app
