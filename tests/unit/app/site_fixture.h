// A small, sound site in a scratch directory, that tests spoil one thing at a time.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/site_config.h"

namespace hotline::app::testing {

inline std::string make_scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "hotline-app-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp failed");
    return name;
}

class ScratchSite : public ::testing::Test {
  protected:
    void SetUp() override {
        write("site.json", R"({
  "name": "small",
  "languages": ["zh", "en"],
  "numbers": { "95000": "main" },
  "sip": { "port": 5070 }
}
)");
        write("queues.json", "{\n  \"service\": { \"ring_s\": 10 },\n  \"rescue\": { \"priority\": \"rescue\" }\n}\n");
        write("agents.json", "{\n  \"8001\": { \"password\": \"secret-1\", \"queues\": [\"service\", \"rescue\"] }\n}\n");
        write("trunks.json", "{\n  \"local\": { \"sources\": [\"127.0.0.0/8\"] }\n}\n");
        write("hours.json", "{\n  \"office\": { \"week\": { \"mon\": [\"09:00-18:00\"] } }\n}\n");
        write("prompts.json", prompts());
        write("ivr/main.json", R"({
  "start": "menu",
  "nodes": {
    "menu": {
      "type": "menu",
      "greeting": ["hello"],
      "keys": { "0": { "what": "service", "goto": "service" } },
      "on_invalid": "bye",
      "on_no_input": "bye"
    },
    "service": { "type": "queue", "queue": "service", "full": "bye", "timed_out": "bye", "unavailable": "bye" },
    "bye": { "type": "hangup", "farewell": ["goodbye"] }
  }
}
)");
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    /// `extra`: members to stand at the end, in line 3 and later.
    static std::string prompts(const std::string& extra = "") {
        std::string out = "{\n  \"hello\": { \"zh\": \"您好\", \"en\": \"Hello\" }";
        if (!extra.empty()) out += ",\n  " + extra;
        for (const char* name : {"goodbye", "busy", "music", "position_before", "position_after", "agent_logged_in",
                                 "agent_has_no_phone", "agent_logged_out", "agent_paused", "agent_resumed"})
            out += ",\n  \"" + std::string(name) + "\": { \"zh\": \"字\", \"en\": \"word\" }";
        return out + "\n}\n";
    }

    void write(const std::string& name, const std::string& text) {
        const auto path = std::filesystem::path(dir_) / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }
    /// Puts `after` in the place of `before`, which must stand in the file exactly once.
    void change(const std::string& name, const std::string& before, const std::string& after) {
        const auto path = dir_ + '/' + name;
        std::string text((std::istreambuf_iterator<char>(std::ifstream(path).rdbuf())), {});
        const auto at = text.find(before);
        ASSERT_NE(at, std::string::npos) << before;
        ASSERT_EQ(text.find(before, at + 1), std::string::npos) << before;
        write(name, text.replace(at, before.size(), after));
    }

    SiteConfig load(const std::vector<std::string>& settings = {}) {
        problems_ = Problems();
        return load_site(dir_, settings, problems_);
    }
    /// What the check says, with the scratch directory cut away; empty: no mistake.
    std::string said(const std::vector<std::string>& settings = {}) {
        load(settings);
        std::string text = problems_.to_text();
        for (auto at = text.find(dir_ + '/'); at != std::string::npos; at = text.find(dir_ + '/')) text.erase(at, dir_.size() + 1);
        return text;
    }
    bool has_errors() const { return problems_.has_errors(); }

    const std::string dir_ = make_scratch();
    Problems problems_;
};

}  // namespace hotline::app::testing
