#include <gmock/gmock.h>

#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

using testing::ScratchSite;

/// The sites that tests spoil; each test says the exact words, with the place.
class SiteCheck : public ScratchSite {};

TEST_F(SiteCheck, ASoundSiteHasNothingToSay) { EXPECT_EQ(said(), ""); }

TEST_F(SiteCheck, NamesAMisspeltKeyWithTheOneThatWasMeant) {
    write("queues.json", "{\n  \"service\": { \"rings_s\": 10 },\n  \"rescue\": {}\n}\n");
    EXPECT_EQ(said(), "queues.json:2:16: unknown key \"rings_s\". Did you mean \"ring_s\"?\n");
}

TEST_F(SiteCheck, NamesAWrongTypeAndAValueOutOfRange) {
    write("queues.json",
          "{\n  \"service\": { \"ring_s\": \"long\", \"max_length\": -1, \"max_missed\": 1.5 },\n  \"rescue\": { \"ring_s\": 0.5 "
          "}\n}\n");
    EXPECT_EQ(said(),
              "queues.json:2:26: expected a number, but this is text in quotes.\n"
              "queues.json:2:48: -1 is out of range. Give a value from 0 to 100000.\n"
              "queues.json:2:66: expected a whole number, but this is a number.\n"
              "queues.json:3:25: 0.5 is out of range. Give a value from 1 to 300.\n");
}

TEST_F(SiteCheck, APhonesScreenHasRoomForAShortName) {
    const auto with = [&](const std::string& prefix) {
        write("queues.json", "{\n  \"service\": { \"caller_name_prefix\": \"" + prefix + "\" },\n  \"rescue\": {}\n}\n");
        return load().site;
    };
    EXPECT_EQ(with("咨询")->caller_name_prefixes.at("service"), "咨询");
    EXPECT_EQ(said(), "");
    EXPECT_TRUE(with("")->caller_name_prefixes.empty());
    for (const std::string& wrong : {std::string(61, 'a'), std::string("two\\nlines")}) {
        with(wrong);
        EXPECT_THAT(said(), ::testing::HasSubstr("queues.json:2:38: too long for a phone's screen, or not text."));
    }
}

TEST_F(SiteCheck, ReadsHowAQueueDistributes) {
    write("queues.json",
          "{\n  \"service\": { \"strategy\": \"skill_level\", \"relax\": [ { \"after_s\": 20, \"lower\": 2, \"drop\": [\"visa\"], "
          "\"widen\": [\"rescue\"] } ],\n    \"ageing\": { \"every_s\": 30, \"most\": 5 }, \"joining_needs\": \"logged_in\", "
          "\"staying_needs\": \"ready\", \"place_kept_s\": 90 },\n  \"rescue\": {}\n}\n");
    write("agents.json",
          "{ \"8001\": { \"password\": \"a-1\", \"queues\": [\"service\", \"rescue\"], \"skills\": { \"english\": 7 }, "
          "\"tiers\": { \"rescue\": 2 }, \"queues_in_order\": true, \"weight\": 3 } }\n");
    const auto config = load();
    EXPECT_EQ(said(), "");
    const auto& queue = config.site->acd.queues.at(0);
    EXPECT_EQ(queue.strategy, acd::StrategyKind::SkillLevel);
    ASSERT_EQ(queue.relax.size(), 1u);
    EXPECT_EQ(queue.relax[0].after, 20s);
    EXPECT_EQ(queue.relax[0].lower, 2);
    EXPECT_EQ(queue.relax[0].drop, std::vector<std::string>{"visa"});
    EXPECT_EQ(queue.relax[0].widen, std::vector<std::string>{"rescue"});
    EXPECT_EQ(queue.age_every, 30s);
    EXPECT_EQ(queue.age_most, 5);
    EXPECT_EQ(queue.joining, acd::Needs::LoggedIn);
    EXPECT_EQ(queue.staying, acd::Needs::Ready);
    EXPECT_EQ(config.site->returns_within.at("service"), 90s);
    const auto& agent = config.site->acd.agents.at(0);
    EXPECT_EQ(agent.skills, (std::map<std::string, int>{{"english", 7}}));
    EXPECT_EQ(agent.tiers, (std::map<std::string, int>{{"rescue", 2}}));
    EXPECT_TRUE(agent.in_order);
    EXPECT_EQ(agent.weight, 3);
}

TEST_F(SiteCheck, WarnsOfASkillThatNobodyHas) {
    change("agents.json", "\"rescue\"]", "\"rescue\"], \"skills\": { \"english\": 3 }");
    change("ivr/main.json", "\"queue\": \"service\"", "\"queue\": \"service\", \"skills\": { \"english\": 9 }");
    EXPECT_EQ(said(), "") << "the level is another matter: it may relax";
    change("ivr/main.json", "\"english\"", "\"englich\"");
    EXPECT_EQ(
        said(),
        "ivr/main.json:1:1: warning: node \"service\" wants the skill \"englich\", which no agent in agents.json has. Did you mean "
        "\"english\"?\n");
}

TEST_F(SiteCheck, PriorityAndLevelsMayBeExpressions) {
    change("agents.json", "\"rescue\"]", "\"rescue\"], \"skills\": { \"english\": 3 }");
    change("ivr/main.json", "\"queue\": \"service\"",
           "\"queue\": \"service\", \"priority\": \"urgency\", \"skills\": { \"english\": \"level\" }");
    EXPECT_EQ(said(), "");
    change("ivr/main.json", "\"english\"", "\"englich\"");
    EXPECT_NE(said().find("wants the skill \"englich\""), std::string::npos) << said();
    change("ivr/main.json", "\"urgency\"", "\"urgency +\"");
    EXPECT_NE(said().find("a value is missing here"), std::string::npos) << said();
    EXPECT_TRUE(has_errors());
}

TEST_F(SiteCheck, NamesWhatIsWrongWithSkillsAndSteps) {
    write("queues.json",
          "{\n  \"service\": { \"strategy\": \"longest\",\n    \"relax\": [ { \"after_s\": 20, \"widen\": [\"rescu\"] },\n"
          "      { \"after_s\": 10, \"lower\": 9 },\n      { \"after_s\": 30 } ] },\n  \"rescue\": {}\n}\n");
    write("agents.json",
          "{\n  \"8001\": { \"password\": \"a-1\", \"queues\": [\"service\", \"rescue\"],\n    \"skills\": { \"english\": 10 },\n"
          "    \"tiers\": { \"servise\": 1 } }\n}\n");
    EXPECT_EQ(said(),
              "agents.json:3:28: expected a whole number from 1 to 9.\n"
              "agents.json:4:14: he does not serve queue \"servise\". Did you mean \"service\"?\n"
              "queues.json:2:28: \"longest\" is not known here. Known here: longest_idle, round_robin, fewest_calls, least_talk, "
              "skill_level, top_down, weighted_random, ring_all.\n"
              "queues.json:3:43: there is no queue or group \"rescu\". Did you mean \"rescue\"?\n"
              "queues.json:4:7: warning: this step changes nothing. Give it lower, drop or widen.\n"
              "queues.json:4:20: the step before comes later or at the same time. Order the steps by after_s.\n"
              "queues.json:4:33: 9 is out of range. Give a value from 0 to 8.\n"
              "queues.json:5:7: warning: this step changes nothing. Give it lower, drop or widen.\n");
}

TEST_F(SiteCheck, ReportsEveryMistakeOfAllFilesInOneRun) {
    change("agents.json", "\"rescue\"]", "\"rescu\"]");
    change("site.json", "\"main\"", "\"mian\"");
    change("ivr/main.json", "\"goto\": \"service\"", "\"goto\": \"sevrice\"");
    EXPECT_EQ(
        said(),
        "agents.json:2:59: there is no queue \"rescu\". Did you mean \"rescue\"?\n"
        "ivr/main.json:1:1: warning: no number leads to this program, and no other calls it. Name it in site.json under numbers.\n"
        "ivr/main.json:7:51: there is no node \"sevrice\" in this program. Did you mean \"service\"?\n"
        "queues.json:3:3: warning: no agent serves queue \"rescue\". Name it in agents.json.\n"
        "site.json:4:25: there is no program ivr/mian.json. Did you mean \"main\"?\n");
    EXPECT_TRUE(has_errors());
}

TEST_F(SiteCheck, ASyntaxErrorIsToldWithItsPlace) {
    write("trunks.json", "{\n  \"local\": { \"sources\": [\"127.0.0.0/8\" }\n}\n");
    EXPECT_EQ(said().substr(0, 67), "trunks.json:2:40: syntax error while parsing array - unexpected '}'");
}

TEST_F(SiteCheck, AKeyThatComesTwiceIsAMistake) {
    write("agents.json",
          "{\n  \"8001\": { \"password\": \"a-1\", \"queues\": [\"service\", \"rescue\"] },\n  \"8001\": { \"password\": \"b-2\", "
          "\"queues\": [] }\n}\n");
    EXPECT_EQ(said(), "agents.json:3:3: \"8001\" stands here for the second time; the first is in line 2. Remove one of them.\n");
}

TEST_F(SiteCheck, AMissingFileIsAMistakeAndAStrangeOneAWarning) {
    std::filesystem::rename(dir_ + "/trunks.json", dir_ + "/trunk.json");
    EXPECT_EQ(said(),
              "trunk.json:1:1: warning: the file is not read. Did you mean \"trunks.json\"?\n"
              "trunks.json:1:1: the file is missing. Create it; {} is enough to begin with.\n");
}

TEST_F(SiteCheck, AFileMustHoldAnObject) {
    write("trunks.json", "[]\n");
    EXPECT_EQ(said(), "trunks.json:1:1: the file must hold one object { }, but this is a list [ ].\n");
}

TEST_F(SiteCheck, AnEmptyDirectoryIsNoSite) {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directory(dir_);
    const auto text = said();
    EXPECT_NE(text.find("site.json:1:1: cannot be read (No such file or directory). Check its name and its rights.\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("ivr/main.json:1:1: there is no IVR program. Create this file; docs/ivr.md says what stands in it.\n"),
              std::string::npos)
        << text;
}

TEST_F(SiteCheck, APromptNeedsATextInEveryLanguageOfTheSite) {
    write("prompts.json", prompts("\"late\": { \"zh\": \"晚\" }"));
    EXPECT_EQ(
        said(),
        "prompts.json:3:11: the text of \"late\" in language \"en\" is missing. Write it here, or record prompts/en/late.wav.\n");
}

TEST_F(SiteCheck, APromptInAForeignLanguageIsNotRead) {
    write("prompts.json", prompts("\"late\": { \"zh\": \"晚\", \"en\": \"late\", \"fr\": \"tard\" }"));
    EXPECT_EQ(said(), "prompts.json:3:38: unknown key \"fr\". Known here: zh, en.\n");
}

TEST_F(SiteCheck, ARecordingReplacesAText) {
    write("prompts.json", prompts("\"late\": {}"));
    std::filesystem::create_directories(dir_ + "/prompts");
    std::filesystem::copy_file("config/travel/prompts/music.wav", dir_ + "/prompts/late.wav");
    EXPECT_EQ(said(), "");
}

TEST_F(SiteCheck, ARecordingMustBeReadable) {
    write("prompts/zh/hello.wav", "this is no sound");
    const auto text = said();
    EXPECT_EQ(text.substr(0, 22), "prompts/zh/hello.wav: ") << text;
    EXPECT_TRUE(has_errors());
}

/// A WAV file of a second; `claimed`: how many bytes of sound it says it has.
std::string wav(int rate, int channels, std::uint32_t bytes, std::uint32_t claimed) {
    const auto number = [](std::uint32_t value, int size) {
        std::string out;
        for (int i = 0; i < size; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
        return out;
    };
    const auto r = static_cast<std::uint32_t>(rate), c = static_cast<std::uint32_t>(channels);
    return "RIFF" + number(36 + bytes, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(c, 2) + number(r, 4) +
           number(r * c * 2, 4) + number(c * 2, 2) + number(16, 2) + "data" + number(claimed, 4) + std::string(bytes, '\x10');
}

TEST_F(SiteCheck, StereoAndOtherRatesAreConverted) {
    for (const auto& [rate, channels] : {std::pair{44100, 1}, {8000, 2}, {48000, 2}}) {
        const auto bytes = static_cast<std::uint32_t>(rate * channels * 2);
        write("prompts/zh/hello.wav", wav(rate, channels, bytes, bytes));
        EXPECT_EQ(said(), "") << rate << ' ' << channels;
    }
}

TEST_F(SiteCheck, ARecordingThatIsEmptyCutOffOrOfAnotherFormIsRefusedWithItsCure) {
    const std::pair<std::string, const char*> spoilt[] = {
        {"", "is empty; record it again or remove it"},
        {wav(8000, 1, 0, 0), "holds no sound; record it again or remove the file"},
        {wav(8000, 1, 8000, 16000), "is cut off: it holds less sound than it says; copy it again"},
        {wav(8000, 1, 16000, 16000).substr(0, 30), "cannot be read as sound"},
        {wav(8000, 3, 48000, 48000), "has 3 channels; mix it down to one"},
        {wav(96000, 1, 192000, 192000), "has 96000 samples a second; resample it to 8000"}};
    for (const auto& [bytes, words] : spoilt) {
        write("prompts/zh/hello.wav", bytes);
        EXPECT_THAT(said(), ::testing::StartsWith("prompts/zh/hello.wav: ")) << words;
        EXPECT_THAT(said(), ::testing::HasSubstr(words));
        EXPECT_TRUE(has_errors());
    }
}

TEST_F(SiteCheck, APromptWithNeitherTextNorRecordingIsMissing) {
    write("prompts.json", prompts("\"late\": { \"zh\": \"晚\" }"));
    EXPECT_THAT(said(), ::testing::HasSubstr("in language \"en\" is missing. Write it here, or record prompts/en/late.wav."));
    EXPECT_TRUE(has_errors());
}

TEST_F(SiteCheck, ASurveyIsAFlowOfTheSiteOrOfAQueue) {
    write("ivr/ask.json", R"({ "start": "q", "nodes": {
  "q": { "type": "survey", "question": "satisfaction", "prompt": ["hello"], "answers": { "1": "good" }, "goto": "bye", "unanswered": "bye" },
  "bye": { "type": "hangup" } } })");
    EXPECT_THAT(said(), ::testing::HasSubstr("no number leads to this program, and no other calls it"));
    auto site = load({"survey=ask", "queues.rescue.survey="}).site;
    EXPECT_EQ(problems_.to_text(), "");
    EXPECT_TRUE(site->surveys.contains("service"));
    EXPECT_FALSE(site->surveys.contains("rescue")) << "a queue may have none";
    site = load({"queues.rescue.survey=ask"}).site;
    EXPECT_TRUE(site->surveys.contains("rescue"));
    EXPECT_FALSE(site->surveys.contains("service"));
    EXPECT_THAT(said({"survey=aks"}), ::testing::HasSubstr("there is no program ivr/aks.json. Did you mean \"ask\"?"));
    EXPECT_THAT(said({"queues.service.survey=3"}), ::testing::HasSubstr("expected the name of a program"));
}

TEST_F(SiteCheck, ANoticeIsAPromptOfTheSiteOrOfAQueue) {
    const auto site = load({"recording.notice=hello", "queues.service.recording_notice=goodbye"}).site;
    EXPECT_EQ(problems_.to_text(), "");
    EXPECT_EQ(site->notice.at("en").name, "hello");
    EXPECT_EQ(site->queue_sounds.at("service").notice.at("zh").name, "goodbye");
    EXPECT_TRUE(site->queue_sounds.at("rescue").notice.empty());
    EXPECT_THAT(said({"recording.notice=helo"}), ::testing::HasSubstr("there is no prompt \"helo\""));
}

TEST_F(SiteCheck, ARecordingThatNobodySaysIsAWarning) {
    std::filesystem::create_directories(dir_ + "/prompts/en");
    std::filesystem::copy_file("config/travel/prompts/music.wav", dir_ + "/prompts/en/helo.wav");
    EXPECT_EQ(said(), "prompts/en/helo.wav: warning: no prompt in prompts.json has this name. Did you mean \"hello\"?\n");
}

TEST_F(SiteCheck, TheSystemsOwnPromptsMustBeThere) {
    write("prompts.json", "{ \"hello\": { \"zh\": \"您好\", \"en\": \"Hello\" } }\n");
    const auto text = said();
    EXPECT_NE(text.find("prompts.json:1:1: there is no prompt \"agent_logged_in\" in prompts.json. Known here: hello.\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("queues.json:2:14: there is no prompt \"music\" in prompts.json."), std::string::npos) << text;
}

TEST_F(SiteCheck, ProgramsNameOnlyWhatThereIs) {
    change("ivr/main.json", "\"queue\": \"service\"", "\"queue\": \"servise\"");
    change("ivr/main.json", "\"greeting\": [\"hello\"]", "\"greeting\": [\"helo\", 5]");
    change("ivr/main.json", "\"type\": \"hangup\"", "\"type\": \"hang\"");
    EXPECT_EQ(said(),
              "ivr/main.json:6:20: there is no prompt \"helo\" in prompts.json. Did you mean \"hello\"?\n"
              "ivr/main.json:6:28: expected the name of a prompt, but this is a whole number.\n"
              "ivr/main.json:11:44: there is no queue \"servise\" in queues.json. Did you mean \"service\"?\n"
              "ivr/main.json:12:22: \"hang\" is not known here. Did you mean \"hangup\"?\n");
}

TEST_F(SiteCheck, AMenuNeedsItsExitsAndRealKeys) {
    change("ivr/main.json", "      \"on_invalid\": \"bye\",\n", "");
    change("ivr/main.json", "\"0\": {", "\"00\": {");
    EXPECT_EQ(said(),
              "ivr/main.json:4:13: \"on_invalid\" is missing. Add it: text in quotes.\n"
              "ivr/main.json:7:17: \"00\" is no key of a phone. Keys are 0 to 9, * and #.\n");
}

TEST_F(SiteCheck, FlawsOfTheFlowStandAtTheirNode) {
    change("ivr/main.json", "\"bye\": {", "\"lost\": { \"type\": \"hangup\" },\n    \"bye\": {");
    const auto text = said();
    EXPECT_EQ(text.substr(0, 28), "ivr/main.json:12:5: warning:") << text;
    EXPECT_FALSE(has_errors());
}

TEST_F(SiteCheck, AProgramThatSpinsIsRefused) {
    change("ivr/main.json", "\"start\": \"menu\"", "\"start\": \"a\"");
    change("ivr/main.json", "\"bye\": {",
           "\"a\": { \"type\": \"goto\", \"goto\": \"b\" },\n    \"b\": { \"type\": \"goto\", \"goto\": \"a\" },\n    \"bye\": {");
    said();
    EXPECT_TRUE(has_errors());
}

TEST_F(SiteCheck, HoursAreRangesOnDays) {
    write("hours.json", R"({
  "office": {
    "time_zone": "Asia/Shangai",
    "week": { "mon": ["9-18"], "tue": ["18:00-09:00"], "wed": ["09:00-12:00", "11:00-13:00"], "wendesday": [] },
    "exceptions": { "2026-02-30": [], "2026-10-01": "closed" }
  }
}
)");
    const std::string range =
        "expected a range such as \"09:00-18:00\" that ends after it begins. What passes midnight is two ranges on two days.\n";
    EXPECT_EQ(said(),
              "hours.json:3:18: \"Asia/Shangai\" is no time zone of this machine. Use an IANA name such as Asia/Shanghai.\n"
              "hours.json:4:23: " +
                  range + "hours.json:4:40: " + range +
                  "hours.json:4:79: \"11:00-13:00\" overlaps with a range before it. Join them.\n"
                  "hours.json:4:95: unknown key \"wendesday\". Known here: mon, tue, wed, thu, fri, sat, sun.\n"
                  "hours.json:5:21: \"2026-02-30\" is no date. Write it as \"2026-10-01\".\n"
                  "hours.json:5:53: expected a list of ranges such as [\"09:00-18:00\"], but this is text in quotes.\n");
}

TEST_F(SiteCheck, TheTimeZoneMustExist) {
    change("site.json", "\"name\": \"small\",", "\"name\": \"small\", \"time_zone\": \"Mars/Olympus\",");
    EXPECT_EQ(said(),
              "site.json:2:33: \"Mars/Olympus\" is no time zone of this machine. Use an IANA name such as Asia/Shanghai (see "
              "/usr/share/zoneinfo).\n");
}

TEST_F(SiteCheck, TrunksDoNotOverlap) {
    write("trunks.json",
          "{\n  \"local\": { \"sources\": [\"127.0.0.0/8\", \"::1\"] },\n  \"telco\": { \"sources\": [\"192.0.2.0/24\", "
          "\"127.0.0.1\", \"name.example\"] }\n}\n");
    EXPECT_EQ(
        said(),
        "trunks.json:3:42: \"127.0.0.1\" overlaps with line 2 in trunk \"local\": whose call would it be? Make the networks "
        "disjoint.\n"
        "trunks.json:3:55: expected a network in quotes, such as \"192.0.2.0/24\" or \"2001:db8::1\". Names are not resolved.\n");
}

TEST_F(SiteCheck, ATrunkThatIsEverybodyIsAWarning) {
    write("trunks.json", "{\n  \"open\": { \"sources\": [\"0.0.0.0/0\"] }\n}\n");
    EXPECT_EQ(
        said(),
        "trunks.json:2:25: warning: this is every address there is: strangers could place calls. Name the provider's networks.\n");
}

TEST_F(SiteCheck, AgentsHavePasswordsOfTheirOwn) {
    write("agents.json",
          "{\n  \"8001\": { \"password\": \"\", \"queues\": [\"service\", \"rescue\"] },\n  \"8002\": { \"password\": \"8002\", "
          "\"queues\": [] },\n  \"80 3\": { \"queues\": [] }\n}\n");
    EXPECT_EQ(said(),
              "agents.json:2:25: \"password\" is empty. Write something between the quotes.\n"
              "agents.json:3:25: warning: the password is the agent's own number. Choose a better one.\n"
              "agents.json:4:3: \"80 3\" is no name. Use letters, digits and . _ - (at most 64).\n"
              "agents.json:4:11: \"password\" is missing. Add it: text in quotes.\n");
}

TEST_F(SiteCheck, ANumberBelongsToOneThing) {
    change("site.json", "\"95000\": \"main\"", "\"95000\": \"main\", \"8001\": \"main\", \"nine five\": \"main\"");
    change("site.json", "\"sip\"", "\"star_codes\": { \"log_in\": \"95000\", \"pause\": \"*72\" },\n  \"sip\"");
    EXPECT_EQ(said(),
              "site.json:4:33: \"8001\" is an agent's number, too. Change one of them.\n"
              "site.json:4:49: \"nine five\" cannot be dialled. Use digits, * # and +, at most 32.\n"
              "site.json:5:29: \"95000\" is a number of this site, too. Change one of them.\n"
              "site.json:5:47: \"*72\" is the code of log_out, too. Give each its own.\n");
}

TEST_F(SiteCheck, AdaptersKnowTheirLimits) {
    change("site.json", "{ \"port\": 5070 }", R"({
    "port": 70000, "listen": ["localhost", "0.0.0.0", "0.0.0.0"], "advertised": "0.0.0.0", "t1x64_ms": 1,
    "register_min_s": 600, "register_max_s": 60, "session_expires_s": 30
  },
  "media": { "port_min": 30000, "port_max": 20000 },
  "journal": { "max_mb": 10, "segment_mb": 16 },
  "speech": { "commands": { "zh": ["say", "{text}"] } },
  "log": { "level": "loud" },
  "queues": {},
  "colour": "blue")");
    EXPECT_EQ(
        said(),
        "site.json:6:13: 70000 is out of range. Give a value from 0 to 65535.\n"
        "site.json:6:31: expected an IP address in quotes, such as \"0.0.0.0\" or \"::\". Names are not resolved.\n"
        "site.json:6:55: \"0.0.0.0\" stands here twice. Remove one.\n"
        "site.json:6:81: 0.0.0.0 cannot be reached by anybody. Give the address that phones see, or leave it out.\n"
        "site.json:6:104: 1 is out of range. Give a value from 500 to 64000.\n"
        "site.json:7:23: register_min_s is above register_max_s: no registration could be accepted. Make it smaller.\n"
        "site.json:7:71: session_expires_s is below min_se_s, which RFC 4028 forbids. Raise it, or give 0 for no session timer.\n"
        "site.json:9:45: port_max must be above port_min: every leg takes two ports.\n"
        "site.json:10:26: max_mb must hold two segments of segment_mb at least.\n"
        "site.json:11:35: the command needs {text}, what to say, and {out}, the WAV file to write, among its arguments.\n"
        "site.json:12:21: \"loud\" is not known here. Known here: debug, info, warn, error.\n"
        "site.json:13:13: \"queues\" does not belong into site.json. Move it to queues.json.\n"
        "site.json:14:3: unknown key \"colour\".\n");
}

TEST_F(SiteCheck, WhatCannotBeSaid) {
    change("site.json", "[\"zh\", \"en\"]", "[\"zh\", \"en\", \"fr\"]");
    change("site.json", "\"sip\"",
           "\"speech\": { \"commands\": { \"en\": [\"no-such-program\", \"{out}\", \"{text}\"] } },\n  \"sip\"");
    const std::string two = "\" }", three = "\", \"fr\": \"mot\" }";
    std::string texts = prompts();
    for (auto at = texts.find(two); at != std::string::npos; at = texts.find(two, at + three.size()))
        texts.replace(at, two.size(), three);
    write("prompts.json", texts);
    EXPECT_EQ(said(),
              "site.json:5:13: nothing can be said in language \"fr\": commands has no program for it, and not every prompt is "
              "recorded. Add "
              "one to speech.commands, such as [\"espeak-ng\", \"-v\", \"fr\", \"-w\", \"{out}\", \"{text}\"].\n"
              "site.json:5:13: warning: the program \"no-such-program\" for language \"en\" is not found here: callers would hear "
              "nothing. "
              "Install it, or correct speech.commands.\n");
}

TEST_F(SiteCheck, SilenceMayBeAnAnswer) {
    change("ivr/main.json", "\"keys\": {", "\"keys\": { \"1\": { \"what\": \"order\", \"goto\": \"order\" },");
    change("ivr/main.json", "\"bye\": {",
           "\"order\": { \"type\": \"collect\", \"variable\": \"order\", \"prompt\": [\"hello\"], \"min\": 0, \"max\": 8, "
           "\"goto\": \"bye\", \"failed\": \"bye\" },\n    \"bye\": {");
    EXPECT_EQ(said(), "");
}

/// Settings of the command line: the dotted path names any value.
class Settings : public ScratchSite {};

TEST_F(Settings, ReplaceWhatIsWrittenAndWhatIsDefault) {
    const auto config = load({"sip.port=25060", "http.port=0", "queues.service.ring_s=3", "queues.service.wrapup_s=0",
                              "agents.8001.password=x", "trunks.local.sources=[\"10.0.0.0/8\"]", "numbers.95001=main",
                              "ivr.main.nodes.menu.timeout_s=2.5", "hours.office.week.mon.0=08:00-12:00"});
    ASSERT_EQ(problems_.to_text(), "");
    EXPECT_EQ(config.sip.listen.front().port, 25060);
    EXPECT_EQ(config.http.listen.port, 0);
    EXPECT_EQ(config.site->acd.queues.front().ring_time, 3s);
    EXPECT_EQ(config.sip.accounts.passwords.at("8001"), "x");
    EXPECT_EQ(config.sip.accounts.trunks.front().sources, std::vector{*Network::parse("10.0.0.0/8")});
    EXPECT_TRUE(config.site->hotlines.contains("95001"));
    const auto& menu = std::get<ivr::Menu>(config.site->hotlines.at("95000")->nodes.front().body);
    EXPECT_EQ(menu.timeout, 2500ms);
}

TEST_F(Settings, LaterOnesWin) { EXPECT_EQ(load({"sip.port=1", "sip.port=2"}).sip.listen.front().port, 2); }

TEST_F(Settings, AMisspeltPathNamesTheNearest) {
    EXPECT_EQ(said({"sip.prot=1"}), "--set sip.prot=1: unknown key \"prot\". Did you mean \"port\"?\n");
    EXPECT_EQ(said({"spi.port=1"}), "--set spi.port=1: there is no spi. Did you mean \"sip\"?\n");
    EXPECT_EQ(said({"queues.servce.wrapup_s=0"}),
              "--set queues.servce.wrapup_s=0: there is no queues.servce. Did you mean \"queues.service\"?\n");
    EXPECT_EQ(said({"sip.port.number=1"}), "--set sip.port.number=1: sip.port is a whole number and has nothing inside.\n");
    EXPECT_EQ(said({"hours.office.week.mon.7=x"}),
              "--set hours.office.week.mon.7=x: the list hours.office.week.mon has no element 7; the first is 0.\n");
    EXPECT_EQ(said({"sip.port"}), "--set sip.port: is not path=value, as in --set sip.port=25060.\n");
    EXPECT_EQ(said({"=1"}), "--set =1: is not path=value, as in --set sip.port=25060.\n");
}

TEST_F(Settings, AreCheckedLikeFiles) {
    EXPECT_EQ(said({"sip.port=hello"}), "--set sip.port=hello: expected a whole number, but this is text in quotes.\n");
    EXPECT_EQ(said({"agents.8001.queues=[\"x\"]"}).substr(0, 57), "--set agents.8001.queues=[\"x\"]: there is no queue \"x\". Kn");
    EXPECT_EQ(said({"sip=5"}), "--set sip=5: expected an object { }, but this is a whole number.\n");
    EXPECT_EQ(said({"queues=5"}).substr(0, 69), "--set queues=5: expected an object { }, but this is a whole number.\na");
}

/// What a sound site becomes.
class SiteValues : public ScratchSite {};

TEST_F(SiteValues, ReachTheModules) {
    change("site.json", "{ \"port\": 5070 }",
           "{ \"port\": 5070, \"listen\": [\"127.0.0.1\"], \"t1x64_ms\": 2000 }, \"recording\": { \"enabled\": false }, "
           "\"journal\": { \"max_mb\": 64 },"
           " \"affinity\": { \"directory_wait_ms\": 200, \"window_days\": 7 }, \"limits\": { \"max_calls\": 50 }, \"log\": { "
           "\"format\": \"json\" }");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    EXPECT_EQ(config.sip.listen, std::vector{*Address::parse("127.0.0.1:5070")});
    EXPECT_EQ(config.sip.t1x64, 2s);
    EXPECT_EQ(config.media.addresses, std::vector{*IpAddress::parse("127.0.0.1")});
    EXPECT_EQ(config.journal.max_bytes, 64u << 20);
    EXPECT_EQ(config.site->directory_wait, 200ms);
    EXPECT_EQ(config.site->affinity_window, 24h * 7);
    EXPECT_EQ(config.store.affinity_window, 24h * 7);
    EXPECT_EQ(config.site->max_calls, 50u);
    EXPECT_FALSE(config.site->record_calls);
    EXPECT_EQ(config.log.format, log::Format::Json);
    EXPECT_EQ(config.site->acd.queues.back().priority, acd::kRescue);
    EXPECT_EQ(config.site->acd.agents.front().queues, (std::vector<std::string>{"service", "rescue"}));
    EXPECT_EQ(config.prompts.prompts_dir, dir_ + "/prompts");
}

TEST_F(SiteValues, TheSitesOwnLanguageComesFirst) {
    change("site.json", "\"languages\": [\"zh\", \"en\"]", "\"language\": \"en\", \"languages\": [\"zh\", \"en\"]");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    EXPECT_EQ(config.site->language, "en");
    EXPECT_EQ(config.site->hotlines.at("95000")->language, "en");
    EXPECT_EQ(config.site->queue_sounds.at("service").music.language, "en");
}

TEST_F(SiteValues, AProgramMayHaveALanguageOfItsOwn) {
    change("ivr/main.json", "\"start\"", "\"language\": \"en\", \"start\"");
    EXPECT_EQ(load().site->hotlines.at("95000")->language, "en");
    EXPECT_EQ(said({"ivr.main.language=fr"}),
              "--set ivr.main.language=fr: \"fr\" is no language of this site. Known here: zh, en.\n");
}

TEST_F(SiteValues, EveryPromptAndSentenceIsKnownForWarming) {
    change("ivr/main.json", "\"start\": \"menu\"", "\"start\": \"note\"");
    change("ivr/main.json", "\"bye\": {",
           "\"note\": { \"type\": \"say\", \"text\": { \"zh\": \"请注意\", \"en\": \"Please note\" }, \"goto\": \"menu\" },\n    "
           "\"bye\": {");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    const auto known = [&](const ivr::Utterance& wanted) {
        return std::count(config.all_prompts.begin(), config.all_prompts.end(), wanted);
    };
    EXPECT_EQ(known({"hello", "您好", "zh"}), 1);
    EXPECT_EQ(known({"", "Please note", "en"}), 1);
}

TEST_F(SiteValues, WhatNeedsARestartIsNamed) {
    const auto running = load();
    EXPECT_EQ(needs_restart(running, load({"queues.service.ring_s=3", "agents.8001.password=other-1", "limits.max_calls=7"})), "");
    EXPECT_EQ(needs_restart(running, load({"sip.port=1", "http.port=9"})), "sip, http");
    EXPECT_EQ(needs_restart(running, load({"media.threads=2", "journal.max_mb=100", "log.level=debug"})), "media, journal, log");
}

TEST(TravelSite, IsCleanAndHasItsFixedNames) {
    Problems problems;
    const auto config = load_site("config/travel", {}, problems);
    ASSERT_EQ(problems.to_text(), "");
    const auto& site = *config.site;
    EXPECT_EQ(site.star_codes.log_in, "*71");
    EXPECT_EQ(site.star_codes.resume, "*74");
    EXPECT_TRUE(site.login_by_registering);
    EXPECT_EQ(config.media.rtp_silence, 60s);
    EXPECT_EQ(site.acd.agents.size(), 6u);
    for (const auto& agent : site.acd.agents) {
        EXPECT_EQ(config.sip.accounts.passwords.at(agent.name), "demo-" + agent.name);
        EXPECT_EQ(agent.queues, (std::vector<std::string>{"service", "domestic", "abroad", "rescue"}));
    }
    EXPECT_EQ(config.media.rtp_silence, 60s);
    EXPECT_EQ(site.directory_wait, 300ms);
    EXPECT_EQ(site.star_codes.log_out, "*72");
    EXPECT_EQ(site.star_codes.pause, "*73");
    ASSERT_EQ(config.sip.accounts.trunks.size(), 1u);
    EXPECT_EQ(config.sip.accounts.trunks[0].name, "local");
    EXPECT_TRUE(config.sip.accounts.trunks[0].sources[0].contains(*IpAddress::parse("127.99.0.1")));
    for (const auto& queue : site.acd.queues) {
        if (queue.name == "rescue") {
            EXPECT_EQ(queue.max_wait, 24h) << "nobody in distress is sent to the end of another queue";
        }
        EXPECT_EQ(queue.ring_time, 15s);
        EXPECT_EQ(queue.priority == acd::kRescue, queue.name == "rescue");
    }
    const auto& program = *site.hotlines.at("95000");
    const auto menu = std::find_if(program.nodes.begin(), program.nodes.end(),
                                   [](const auto& node) { return std::holds_alternative<ivr::Menu>(node.body); });
    ASSERT_NE(menu, program.nodes.end());
    const std::map<char, std::string> keys{{'0', "service"},      {'1', "domestic"}, {'2', "abroad"},    {'3', "opening_hours"},
                                           {'4', "order_status"}, {'5', "routes"},   {'6', "complaint"}, {'7', "safety"},
                                           {'8', "more"},         {'9', "rescue"},   {'#', "language"}};
    const std::string to_a_queue = "0129";
    for (const auto& choice : std::get<ivr::Menu>(menu->body).choices) {
        EXPECT_EQ(choice.what, keys.at(choice.key));
        const auto& next = program.nodes[choice.next].body;
        if (choice.key == '6') {
            EXPECT_EQ(std::get<ivr::Record>(next).what, choice.what);
        } else if (to_a_queue.find(choice.key) != std::string::npos) {
            EXPECT_EQ(std::get<ivr::JoinQueue>(next).queue, choice.what);
        } else if (choice.key == '3') {
            EXPECT_EQ(&program.nodes[std::get<ivr::Play>(next).next], &*menu) << "spoken, then back";
        }
    }
    EXPECT_EQ(std::get<ivr::Menu>(menu->body).choices.size(), keys.size());
    for (const auto& queue : site.acd.queues) {
        const auto& question = std::get<ivr::Survey>(site.surveys.at(queue.name)->nodes.at(0).body);
        EXPECT_EQ(question.question, "satisfaction");
        std::string answers;
        for (const auto& [key, answer] : question.answers) answers += key + answer + ' ';
        EXPECT_EQ(answers, "1satisfied 2fair 3not_satisfied ") << "fixed: others count them";
    }
}

TEST(FitnessSite, IsCleanAndHasItsFixedNames) {
    Problems problems;
    const auto config = load_site("config/fitness", {}, problems);
    ASSERT_EQ(problems.to_text(), "");
    EXPECT_EQ(config.sample, "fitness");
    const auto& program = *config.site->hotlines.at("96000");
    const auto menu = std::find_if(program.nodes.begin(), program.nodes.end(),
                                   [](const auto& node) { return std::holds_alternative<ivr::Menu>(node.body); });
    ASSERT_NE(menu, program.nodes.end());
    const std::map<char, std::string> keys{{'0', "service"},   {'1', "promotions"}, {'2', "branches"},   {'3', "member"},
                                           {'4', "timetable"}, {'5', "complaint"},  {'6', "suggestion"}, {'#', "language"}};
    for (const auto& choice : std::get<ivr::Menu>(menu->body).choices) {
        EXPECT_EQ(choice.what, keys.at(choice.key));
        if (choice.key == '5' || choice.key == '6') {
            EXPECT_EQ(std::get<ivr::Record>(program.nodes[choice.next].body).what, choice.what);
        }
    }
    EXPECT_EQ(std::get<ivr::Menu>(menu->body).choices.size(), keys.size());
    EXPECT_EQ(config.sip.accounts.trunks[0].name, "local");
}

}  // namespace
}  // namespace hotline::app
