// Programs as they are written: what each node becomes, and every mistake with its line, column and cure.
#include <gmock/gmock.h>

#include "unit/app/site_fixture.h"

namespace hotline::app {
namespace {

using ::testing::HasSubstr;
using testing::ScratchSite;

class Programs : public ScratchSite {
  protected:
    /// A program whose nodes these are, each on a line of its own from line 3 on, behind four blanks; "bye" comes last.
    void nodes(const std::string& text, const std::string& head = "") {
        write("ivr/main.json", "{ \"start\": \"a\", " + head + "\n  \"nodes\": {\n    " + text +
                                   ",\n    \"bye\": { \"type\": \"hangup\" }\n  }\n}\n");
    }
    /// A tenth of a second of silence, 8 kHz, 16 bits.
    static std::string recording() {
        const auto number = [](std::uint32_t value, int bytes) {
            std::string out;
            for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
            return out;
        };
        constexpr std::uint32_t kBytes = 1600;
        return "RIFF" + number(36 + kBytes, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(1, 2) + number(8000, 4) +
               number(16000, 4) + number(2, 2) + number(16, 2) + "data" + number(kBytes, 4) + std::string(kBytes, '\0');
    }
    template <class Body>
    Body only(const std::string& node, const std::string& head = "") {
        nodes(node, head);
        const auto config = load();
        EXPECT_EQ(problems_.to_text(), "");
        const auto found = config.site->hotlines.find("95000");
        if (found == config.site->hotlines.end()) throw std::runtime_error(problems_.to_text());
        return std::get<Body>(found->second->nodes.front().body);
    }
};

TEST_F(Programs, SetTakesTextsNumbersNothingAndExpressions) {
    const auto set = only<ivr::Set>(
        R"("a": { "type": "set", "values": { "city": "上海", "level": 3, "no": null, "sum": { "of": "level + 1" } }, "goto": "bye" })");
    ASSERT_EQ(set.assignments.size(), 4u);
    EXPECT_EQ(set.assignments[0].variable, "city");
    EXPECT_FALSE(set.assignments[2].value);
    EXPECT_EQ(set.assignments[3].value->variables(), std::set<std::string>{"level"});
}

TEST_F(Programs, SetTellsItsMistakes) {
    nodes(R"("a": { "type": "set", "values": { "x": 1.5, "y": { "of": "x = 1" }, "z": { "off": "x" } }, "goto": "bye" })");
    EXPECT_EQ(said(),
              "ivr/main.json:3:44: expected text, a whole number, null, or {\"of\": \"an expression\"}, but this is a number.\n"
              "ivr/main.json:3:65: \"=\" means nothing here. Equality is written ==.\n"
              "ivr/main.json:3:78: \"of\" is missing. Add it: text in quotes.\n"
              "ivr/main.json:3:80: unknown key \"off\". Did you mean \"of\"?\n");
    nodes(R"("a": { "type": "set", "values": { "time": 1 }, "goto": "bye" })");
    EXPECT_EQ(said(), "ivr/main.json:3:47: 'time' has a meaning of its own in conditions; call the variable otherwise\n");
}

TEST_F(Programs, ABranchTellsTheColumnInsideOfItsCondition) {
    nodes(R"("a": { "type": "branch", "when": [{ "if": "level >= 'gold'", "goto": "bye" }], "else": "bye" })");
    EXPECT_EQ(said(), "ivr/main.json:3:57: texts have no order. Compare numbers, times or dates, or use starts with.\n");
    nodes(R"("a": { "type": "branch", "when": [{ "if": "city == '上海' and level >> 1", "goto": "bye" }], "else": "bye" })");
    EXPECT_THAT(said(), HasSubstr("ivr/main.json:3:72: ")) << "columns count characters, not bytes";
    nodes(R"("a": { "type": "branch", "when": [{ "if": "\"a\" == \"b\" =", "goto": "bye" }], "else": "bye" })");
    EXPECT_THAT(said(), HasSubstr("ivr/main.json:3:63: ")) << "a quote is written with a backslash";
    nodes(R"("a": { "type": "branch", "when": [{ "if": "queue.servise.ready > 0", "goto": "bye" }], "else": "bye" })");
    EXPECT_EQ(said(), "ivr/main.json:3:48: there is no queue \"servise\" in queues.json. Did you mean \"service\"?\n");
}

TEST_F(Programs, ABranchTellsWhereAVariableMayBeUnset) {
    nodes(R"("a": { "type": "branch", "when": [{ "if": "caller == '1' or level == 5", "goto": "bye" }], "else": "bye" })");
    EXPECT_EQ(said(), "ivr/main.json:3:65: warning: 'level' is set nowhere. Set it, or correct its name\n");
    EXPECT_FALSE(has_errors());
}

TEST_F(Programs, ABranchNeedsAConditionAndAnElse) {
    nodes(R"("a": { "type": "branch", "when": [] })");
    EXPECT_EQ(said(),
              "ivr/main.json:3:10: \"else\" is missing. Add it: text in quotes.\n"
              "ivr/main.json:3:38: there is no condition. Without one it is a \"goto\".\n");
    nodes(R"("a": { "type": "branch", "when": [{ "if": 5 }], "else": "bye" })");
    EXPECT_EQ(said(),
              "ivr/main.json:3:39: \"goto\" is missing. Add it: text in quotes.\n"
              "ivr/main.json:3:47: expected text in quotes, but this is a whole number.\n");
}

TEST_F(Programs, ASentenceWithValuesIsMadeWhenItIsSaid) {
    const auto said_node = only<ivr::Say>(
        R"("a": { "type": "say", "text": { "zh": "现在{time:time}", "en": "It is {time:time}" }, "failed": "bye", "goto": "bye" })");
    EXPECT_EQ(said_node.text.size(), 2u);
    EXPECT_TRUE(said_node.failed);
}

TEST_F(Programs, ASentenceWithoutValuesIsAPrompt) {
    const auto play =
        only<ivr::Play>(R"("a": { "type": "say", "text": { "zh": "一个{{括号}}", "en": "a brace" }, "goto": "bye" })");
    ASSERT_EQ(play.prompts.size(), 1u);
    EXPECT_EQ(play.prompts[0].at("zh").text, "一个{括号}");
}

TEST_F(Programs, ASentenceTellsTheColumnOfItsMistake) {
    nodes(R"("a": { "type": "say", "text": { "zh": "共{total:mony}", "en": "It is {x" }, "goto": "bye" })");
    EXPECT_EQ(said(),
              "ivr/main.json:3:52: a value is said as text, number, cardinal, digits, money, date, time or duration, as in "
              "{total:money}.\n"
              "ivr/main.json:3:73: this { has no }. A value is written {total:money}; a brace that is to be said is {{.\n");
    nodes(R"("a": { "type": "say", "text": { "zh": "现在{time:time}" }, "goto": "bye" })");
    EXPECT_THAT(said(), HasSubstr("the text in language \"en\" is missing"));
    nodes(R"("a": { "type": "say", "text": { "zh": "好", "en": "good" }, "failed": "bye", "goto": "bye" })");
    EXPECT_THAT(said(), HasSubstr("ivr/main.json:3:74: warning: a sentence without values can always be said"));
}

TEST_F(Programs, WhatIsMadeWhenSaidNeedsAProgramThatSpeaks) {
    std::string texts;
    for (const char* name : {"hello", "goodbye", "busy", "music", "position_before", "position_after", "agent_logged_in",
                             "agent_has_no_phone", "agent_logged_out", "agent_paused", "agent_resumed"}) {
        write("prompts/" + std::string(name) + ".wav", recording());
        texts += (texts.empty() ? "{ \"" : ", \"") + std::string(name) + "\": {}";
    }
    write("prompts.json", texts + " }");
    change("site.json", "[\"zh\", \"en\"]", "[\"zh\", \"fr\"]");
    nodes(R"("a": { "type": "play", "prompts": ["hello"], "goto": "bye" })");
    EXPECT_EQ(said(), "") << "everything is recorded";
    for (
        const auto needy :
        {R"("a": { "type": "say", "text": { "zh": "现在{time:time}", "fr": "Il est {time:time}" }, "goto": "bye" })",
         R"("a": { "type": "collect", "variable": "v", "prompt": ["hello"], "confirm": { "after": ["hello"] }, "goto": "bye", "failed": "bye" })"}) {
        nodes(needy);
        EXPECT_THAT(said(), HasSubstr("nothing can be said in language \"fr\""));
    }
}

TEST_F(Programs, CollectHasItsPatternValuesAndConfirmation) {
    const auto collect = only<ivr::Collect>(
        R"("a": { "type": "collect", "variable": "v", "prompt": ["hello"], "min": 2, "max": 4, "pattern": "1\\d+", "values": ["12", "134"],)"
        R"( "confirm": { "before": ["hello"], "after": ["hello"], "right": "#", "again": "*" }, "invalid": ["hello"],)"
        R"( "no_input": [["hello"], []], "goto": "bye", "failed": "bye", "person": "bye" })");
    EXPECT_TRUE(collect.pattern->matches("123"));
    EXPECT_FALSE(collect.pattern->matches("223"));
    EXPECT_EQ(collect.values, (std::vector<std::string>{"12", "134"}));
    EXPECT_EQ(collect.confirm->right, '#');
    EXPECT_EQ(collect.confirm->again, '*');
    EXPECT_EQ(collect.on_invalid.size(), 1u) << "a plain list is for every time";
    EXPECT_EQ(collect.on_no_input.size(), 2u);
    EXPECT_EQ(collect.person, 1u);
}

TEST_F(Programs, CollectTellsItsMistakes) {
    nodes(
        R"("a": { "type": "collect", "variable": "v", "prompt": ["hello"], "pattern": "1[a]", "values": ["12", "x"], "goto": "bye", "failed": "bye" })");
    EXPECT_EQ(said(),
              "ivr/main.json:3:82: a bracket holds digits and ranges of them, such as [3-9] or [1357].\n"
              "ivr/main.json:3:105: \"x\" cannot be entered by key. Write digits.\n");
    nodes(
        R"("a": { "type": "collect", "variable": "v", "prompt": ["hello"], "masked": true, "confirm": { "after": ["hello"] }, "goto": "bye", "failed": "bye" })");
    EXPECT_EQ(said(), "ivr/main.json:3:96: a masked entry is never said aloud; leave confirm out, or masked\n");
    nodes(
        R"("a": { "type": "collect", "variable": "v", "prompt": ["hello"], "max": 3, "values": ["12", "1234"], "goto": "bye", "failed": "bye" })");
    EXPECT_EQ(said(), "ivr/main.json:3:96: '1234' can never be entered: it is shorter than min or longer than max\n");
}

TEST_F(Programs, APinIsNeverSaid) {
    nodes(R"("a": { "type": "collect", "variable": "pin", "prompt": ["hello"], "masked": true, "goto": "b", "failed": "bye" },)"
          "\n    "
          R"("b": { "type": "say", "text": { "zh": "是{pin:digits}", "en": "ok" }, "goto": "bye" })");
    EXPECT_EQ(said(), "ivr/main.json:4:46: 'pin' is masked, or made of something masked: it is never said aloud; leave it out\n");
}

TEST_F(Programs, LanguageIsTheNextOneOrNamed) {
    EXPECT_EQ(only<ivr::SwitchLanguage>(R"("a": { "type": "language", "goto": "bye" })").language, "");
    EXPECT_EQ(only<ivr::SwitchLanguage>(R"("a": { "type": "language", "language": "en", "goto": "bye" })").language, "en");
    nodes(R"("a": { "type": "language", "language": "fr", "goto": "bye" })");
    EXPECT_EQ(said(), "ivr/main.json:3:44: \"fr\" is no language of this site. Known here: zh, en.\n");
}

TEST_F(Programs, AMessageHasItsLimitsKeysAndExits) {
    const auto record = only<ivr::Record>(
        R"("a": { "type": "record", "what": "complaint", "queue": "service", "greeting": ["hello"], "beep": false, "shortest_s": 2,)"
        R"( "longest_s": 90, "silence_s": 2.5, "end_key": "*", "nothing_said": ["hello"], "attempts": 3,)"
        R"( "review": { "prompt": ["hello"], "keep": "#", "listen": "1", "again": "2", "discard": "3", "timeout_s": 8 },)"
        R"( "goto": "bye", "silent": "bye", "discarded": "bye", "failed": "bye" })");
    EXPECT_EQ(record.what, "complaint");
    EXPECT_EQ(record.queue, "service");
    EXPECT_EQ(record.greeting.size(), 1u);
    EXPECT_FALSE(record.beep);
    EXPECT_EQ(record.shortest, 2s);
    EXPECT_EQ(record.longest, 90s);
    EXPECT_EQ(record.silence, 2500ms);
    EXPECT_EQ(record.end_key, '*');
    EXPECT_EQ(record.max_silent, 3);
    ASSERT_TRUE(record.review);
    const auto& keys = *record.review;
    EXPECT_EQ((std::string{keys.keep, keys.listen, keys.again, keys.discard}), "#123");
    EXPECT_EQ(keys.timeout, 8s);
}

TEST_F(Programs, AMessageTellsItsMistakes) {
    nodes(R"("a": { "type": "record", "queue": "servise", "longest_s": 5000, "goto": "bye", "silent": "bye", "failed": "bye" })");
    EXPECT_EQ(said(),
              "ivr/main.json:3:10: \"what\" is missing. Add it: text in quotes.\n"
              "ivr/main.json:3:39: there is no queue \"servise\" in queues.json. Did you mean \"service\"?\n"
              "ivr/main.json:3:63: 5000 is out of range. Give a value from 1 to 600.\n");
    nodes(
        R"("a": { "type": "record", "what": "x", "review": { "prompt": ["hello"] }, "goto": "bye", "silent": "bye", "failed": "bye" })");
    EXPECT_THAT(said(), HasSubstr("\"discarded\" is missing"));
    nodes(R"("a": { "type": "record", "what": "x", "goto": "bye", "silent": "bye", "discarded": "bye", "failed": "bye" })");
    EXPECT_THAT(said(), HasSubstr("warning: without a review nobody can discard his message"));
}

TEST_F(Programs, ASurveyHasItsAnswers) {
    const auto survey = only<ivr::Survey>(
        R"("a": { "type": "survey", "question": "satisfaction", "prompt": ["hello"], "answers": { "1": "good", "#": "bad" },)"
        R"( "timeout_s": 8, "max_invalid": 1, "max_no_input": 4, "goto": "bye", "unanswered": "bye" })");
    ASSERT_EQ(survey.answers.size(), 2u);
    EXPECT_EQ(survey.answers[1].key, '#');
    EXPECT_EQ(survey.answers[1].answer, "bad");
    EXPECT_EQ(survey.timeout, 8s);
    EXPECT_EQ(survey.max_invalid, 1);
    EXPECT_EQ(survey.max_no_input, 4);
}

TEST_F(Programs, ASurveyTellsItsMistakes) {
    nodes(
        R"("a": { "type": "survey", "question": "q", "prompt": ["hello"], "answers": { "x": "good", "2": 5 }, "goto": "bye", "unanswered": "bye" })");
    EXPECT_THAT(said(), HasSubstr("ivr/main.json:3:81: \"x\" is no key of a phone"));
    EXPECT_THAT(said(), HasSubstr("expected the word for this answer in reports"));
}

TEST_F(Programs, KeysFromAnywhereLeadToANodeOrBack) {
    const std::string menu =
        R"("a": { "type": "menu", "greeting": ["hello"], "keys": { "1": { "what": "x", "goto": "bye" } }, "on_invalid": "bye", "on_no_input": "bye" })";
    nodes(menu, R"("anywhere": { "0": { "what": "person", "goto": "bye" }, "*": { "back": true } },)");
    const auto config = load();
    ASSERT_EQ(problems_.to_text(), "");
    const auto& keys = config.site->hotlines.at("95000")->anywhere;
    ASSERT_EQ(keys.size(), 2u);
    EXPECT_EQ(keys[0].key, '0');
    EXPECT_EQ(keys[0].what, "person");
    EXPECT_EQ(keys[0].next, 1u);
    EXPECT_FALSE(keys[1].next);
    nodes(menu, R"("anywhere": { "x": { "what": "person", "goto": "bey" }, "*": { "back": true, "goto": "bye" }, "1": {} },)");
    EXPECT_EQ(said(),
              "ivr/main.json:1:31: \"x\" is no key of a phone. Keys are 0 to 9, * and #.\n"
              "ivr/main.json:1:64: there is no node \"bey\" in this program. Did you mean \"bye\"?\n"
              "ivr/main.json:1:88: a key leads back or to a node, not both. Leave one of them out.\n"
              "ivr/main.json:1:116: \"goto\" is missing. Add it: text in quotes.\n"
              "ivr/main.json:1:116: \"what\" is missing. Add it: text in quotes.\n");
}

TEST_F(Programs, ACalledProgramIsCompiledFirst) {
    write("ivr/pin.json", R"({ "start": "a", "nodes": { "a": { "type": "return" } } })");
    const auto call = only<ivr::CallFlow>(R"("a": { "type": "call", "flow": "pin", "goto": "bye" })");
    ASSERT_TRUE(call.flow);
    EXPECT_EQ(call.flow->name, "pin");
}

TEST_F(Programs, ACallTellsItsMistakes) {
    nodes(R"("a": { "type": "call", "flow": "pni", "goto": "bye" })");
    write("ivr/pin.json", R"({ "start": "a", "nodes": { "a": { "type": "return" } } })");
    EXPECT_EQ(
        said(),
        "ivr/main.json:3:36: there is no program ivr/pni.json. Did you mean \"pin\"?\n"
        "ivr/pin.json:1:1: warning: no number leads to this program, and no other calls it. Name it in site.json under numbers.\n");
    nodes(R"("a": { "type": "call", "flow": "pin", "goto": "bye" })");
    write("ivr/pin.json",
          R"({ "start": "a", "nodes": { "a": { "type": "call", "flow": "main", "goto": "b" }, "b": { "type": "return" } } })");
    EXPECT_EQ(said(),
              "ivr/pin.json:1:59: programs cannot call themselves, also not by way of others (main → pin → main). Lead back by a "
              "goto inside of one program.\n");
    nodes(R"("a": { "type": "call", "flow": "main", "goto": "bye" })");
    write("ivr/pin.json", R"({ "start": "a", "nodes": { "a": { "type": "return" } } })");
    EXPECT_THAT(said(), HasSubstr("ivr/main.json:3:36: programs cannot call themselves, also not by way of others (main → main)."));
}

TEST_F(Programs, ANumberThatLeadsToASubroutineIsToldOf) {
    nodes(R"("a": { "type": "return" }, "b": { "type": "goto", "goto": "bye" })");
    EXPECT_THAT(said(),
                HasSubstr("site.json:4:25: warning: ivr/main.json has a \"return\": it is made to be called by other programs."));
}

}  // namespace
}  // namespace hotline::app
