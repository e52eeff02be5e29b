// The schemas are what editors show while a site is written. Here they are held against the reader, which decides.
#include <cmath>
#include <nlohmann/json.hpp>

#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

using Json = nlohmann::json;

Json schema(const std::string& name) { return Json::parse(std::ifstream("config/schema/" + name + ".schema.json")); }

struct Property {
    std::string path;
    Json schema;
};

/// Every leaf of an object's schema, with its dotted path.
void collect(const std::string& prefix, const Json& object, std::vector<Property>& out) {
    for (const auto& [key, value] : object.at("properties").items()) {
        if (key == "$schema") continue;
        if (value.contains("properties")) {
            collect(prefix + key + '.', value, out);
        } else {
            out.push_back({prefix + key, value});
        }
    }
}

std::vector<Property> properties() {
    std::vector<Property> out;
    collect("", schema("site"), out);
    collect("queues.service.", schema("queues").at("additionalProperties"), out);
    collect("trunks.local.", schema("trunks").at("additionalProperties"), out);
    return out;
}

class Schemas : public testing::ScratchSite {
  protected:
    /// What is said about this one setting alone.
    bool complains(const std::string& path, Json value, const std::string& words) {
        if (value.is_number_float() && value.get<double>() == std::floor(value.get<double>())) value = value.get<std::int64_t>();
        const std::string setting = path + '=' + value.dump();
        const std::string section = path.substr(0, path.rfind('.'));
        const bool inside = section.starts_with("queues.service.") || section == "outbound.transfers";
        load({"sip.port=5070", inside ? section + "={}" : "sip.port=5070", setting});
        const auto all = problems_.sorted();
        return std::any_of(all.begin(), all.end(), [&](const Problem& problem) {
            return problem.at.file == "--set " + setting && problem.text.find(words) != std::string::npos;
        });
    }
};

TEST_F(Schemas, NameOnlyKeysThatTheReaderKnows) {
    for (const auto& property : properties()) EXPECT_FALSE(complains(property.path, nullptr, "unknown key")) << property.path;
    EXPECT_TRUE(complains("sip.surely_unknown", nullptr, "unknown key")) << "else this test sees nothing";
}

TEST_F(Schemas, GiveTheLimitsOfTheReader) {
    int limits = 0;
    for (const auto& [path, value] : properties()) {
        if (!value.contains("minimum")) continue;
        ++limits;
        EXPECT_FALSE(complains(path, value.at("minimum"), "out of range")) << path;
        EXPECT_FALSE(complains(path, value.at("maximum"), "out of range")) << path;
        EXPECT_TRUE(complains(path, std::floor(value.at("minimum").get<double>()) - 1, "out of range")) << path;
        EXPECT_TRUE(complains(path, value.at("maximum").get<double>() + 1, "out of range")) << path;
    }
    EXPECT_GE(limits, 50);
}

TEST_F(Schemas, TellTheDefaultsOfTheReader) {
    // The site of this test writes what differs from the defaults; taken back, all that is left are the defaults.
    const std::vector<std::string> base{"sip.port=5060",
                                        "languages=[\"zh\",\"en\"]",
                                        "queues.service.ring_s=15",
                                        "queues.service.announce={}",
                                        "queues.service.ageing={}",
                                        "outbound.transfers={}",
                                        "trunks.local.address=192.0.2.1",
                                        "trunks.local.caller_id=\"95000\""};
    const auto plain = load(base);
    for (const auto& [path, value] : properties()) {
        if (!value.contains("default") || path == "languages") continue;
        auto settings = base;
        settings.push_back(path + '=' + value.at("default").dump());
        const auto same = load(settings);
        EXPECT_EQ(problems_.to_text(), "") << path;
        EXPECT_EQ(needs_restart(plain, same), "") << path;
        EXPECT_EQ(plain.site->login_by_registering, same.site->login_by_registering) << path;
        EXPECT_EQ(plain.site->record_calls, same.site->record_calls) << path;
        EXPECT_EQ(plain.site->max_calls, same.site->max_calls) << path;
        EXPECT_EQ(plain.site->directory_wait, same.site->directory_wait) << path;
        EXPECT_EQ(plain.site->language, same.site->language) << path;
        EXPECT_EQ(plain.site->time_zone, same.site->time_zone) << path;
        EXPECT_EQ(plain.sip.accounts.trunks, same.sip.accounts.trunks) << path;
        const auto ways_out = [](const SiteConfig& config) {
            const auto& o = config.site->outbound;
            const auto& t = config.site->trunks.at("local");
            return std::make_tuple(o.area_code, o.allowed, o.max_calls_per_agent, o.max_calls_per_hour, o.silence, o.ring, t.codecs,
                                   t.max_calls, t.outgoing, t.number_form, o.transfers.allowed, o.transfers.max_calls,
                                   o.transfers.max_calls_per_hour);
        };
        EXPECT_EQ(ways_out(plain), ways_out(same)) << path;
        const auto queue = [](const SiteConfig& config) {
            const auto& q = config.site->acd.queues.front();
            return std::make_tuple(q.priority, q.ring_time, q.wrapup_mode, q.wrapup, q.max_length, q.max_wait, q.affinity_wait,
                                   q.affinity_backlog, q.max_missed, q.missed_delay, q.rejected_delay, q.busy_delay, q.strategy,
                                   q.age_every, q.age_most, q.joining, q.staying, config.site->returns_within.at("service"));
        };
        EXPECT_EQ(queue(plain), queue(same)) << path;
        const auto sound = [](const SiteConfig& config) {
            const auto& s = config.site->queue_sounds.at("service");
            return std::make_tuple(s.music, s.announce_position, s.announce_wait, s.announce_first, s.announce_every, s.phrases);
        };
        EXPECT_EQ(sound(plain), sound(same)) << path;
    }
}

TEST_F(Schemas, KnowTheKeysOfEveryNode) {
    const auto definitions = schema("ivr").at("definitions");
    int kinds = 0;
    for (const auto& [name, definition] : definitions.items()) {
        if (!definition.contains("properties")) continue;
        ++kinds;
        Json node;
        for (const auto& [key, value] : definition.at("properties").items()) node[key] = nullptr;
        node["type"] = name;
        write("ivr/main.json", Json{{"start", "a"}, {"nodes", {{"a", node}}}}.dump());
        EXPECT_EQ(said().find("unknown key"), std::string::npos) << name << '\n' << said();
        EXPECT_EQ(said().find("is not known here"), std::string::npos) << name;
    }
    EXPECT_EQ(kinds, 21);
}

TEST(SampleSites, NameTheirSchemas) {
    for (const auto& [site, expected] : {std::pair("config/travel", 12), std::pair("config/fitness", 11)}) {
        int files = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(site)) {
            if (entry.path().extension() != ".json") continue;
            ++files;
            const auto json = Json::parse(std::ifstream(entry.path()), nullptr, true, true);
            const auto target = entry.path().parent_path() / json.at("$schema").get<std::string>();
            EXPECT_TRUE(std::filesystem::exists(target)) << entry.path();
        }
        EXPECT_EQ(files, expected) << site;
    }
}

}  // namespace
}  // namespace hotline::app
