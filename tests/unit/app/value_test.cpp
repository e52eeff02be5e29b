#include "app/value.h"

#include <gtest/gtest.h>

namespace hotline::app {
namespace {

Value parse(std::string_view text) {
    Problems problems;
    Value value = parse_json(text, "f", problems);
    EXPECT_EQ(problems.to_text(), "");
    return value;
}
std::string mistakes(std::string_view text) {
    Problems problems;
    parse_json(text, "f", problems);
    return problems.to_text();
}
std::string at(const Value& value) { return std::to_string(value.at.line) + ':' + std::to_string(value.at.column); }

TEST(Value, KnowsWhereEveryKindWasWritten) {
    const auto root = parse(
        "{\n  \"a\": 12,\n  \"b\" : -1.5e3 , \"c\":true,\"d\":false,\n\t\"e\": null, \"f\": \"x\",\n \"g\": [1, [2],\"y\"], \"h\": "
        "{}\n}");
    EXPECT_EQ(at(root), "1:1");
    EXPECT_EQ(at(*root.find("a")), "2:8");
    EXPECT_EQ(at(*root.find("b")), "3:9");
    EXPECT_EQ(at(*root.find("c")), "3:22");
    EXPECT_EQ(at(*root.find("d")), "3:31");
    EXPECT_EQ(at(*root.find("e")), "4:7");
    EXPECT_EQ(at(*root.find("f")), "4:18");
    EXPECT_EQ(at(*root.find("g")), "5:7");
    EXPECT_EQ(at(root.find("g")->items[0]), "5:8");
    EXPECT_EQ(at(root.find("g")->items[1].items[0]), "5:12");
    EXPECT_EQ(at(root.find("g")->items[2]), "5:15");
    EXPECT_EQ(at(*root.find("h")), "5:26");
    EXPECT_EQ(root.members[1].at.column, 3);
}

TEST(Value, KeepsWhatWasWritten) {
    const auto root = parse(R"({"a": 12, "b": -1.5, "c": "\u60a8\"q\"", "big": 18446744073709551615})");
    EXPECT_EQ(root.find("a")->integer, 12);
    EXPECT_EQ(root.find("a")->number, 12.0);
    EXPECT_EQ(root.find("b")->number, -1.5);
    EXPECT_EQ(root.find("c")->text, "您\"q\"");
    EXPECT_EQ(root.find("big")->type, Value::Type::Number);
    EXPECT_EQ(root.find("missing"), nullptr);
}

TEST(Value, FindsTheBeginningOfTextWithQuotesAndBackslashesInside) {
    const auto root = parse(R"(["a\"b", "c\\", "\\\"", ""])");
    EXPECT_EQ(at(root.items[0]), "1:2");
    EXPECT_EQ(at(root.items[1]), "1:10");
    EXPECT_EQ(at(root.items[2]), "1:17");
    EXPECT_EQ(at(root.items[3]), "1:25");
}

TEST(Value, SkipsCommentsAndCountsTheirLines) {
    const auto root = parse("// \"one\"\n/* two\n \"x\": 1 */ {\"a\": /* here */ 5 // end\n}\n");
    EXPECT_EQ(at(root), "3:12");
    EXPECT_EQ(at(*root.find("a")), "3:29");
}

TEST(Value, CountsColumnsInCharacters) { EXPECT_EQ(at(*parse(R"({"您好": 1, "b": 2})").find("b")), "1:16"); }

TEST(Value, IgnoresAByteOrderMark) { EXPECT_EQ(at(*parse("\xEF\xBB\xBF{\"a\": 1}").find("a")), "1:7"); }

TEST(Value, ANumberMayEndTheText) { EXPECT_EQ(parse("42").integer, 42); }

TEST(Value, TellsWhereTheSyntaxBreaks) {
    EXPECT_EQ(mistakes("{\n  \"a\": 1\n  \"b\": 2\n}"),
              "f:3:3: syntax error while parsing object - unexpected string literal; expected '}'. Look at the comma, quote or "
              "bracket before this place.\n");
    EXPECT_EQ(mistakes("{\"a\": 1,}").substr(0, 6), "f:1:9:");
    EXPECT_EQ(mistakes("").substr(0, 6), "f:1:1:");
    EXPECT_EQ(mistakes("{\"a\": tru}").substr(0, 7), "f:1:10:");
    EXPECT_EQ(mistakes("{\"a\" 17}").substr(0, 6), "f:1:6:");
    EXPECT_EQ(mistakes("{\"a\" false}").substr(0, 6), "f:1:6:");
    EXPECT_EQ(mistakes("{\"a\": [1").substr(0, 7), "f:1:9: ");
    EXPECT_NE(mistakes("{\"a\": \"\xff\"}").find("ill-formed UTF-8"), std::string::npos);
    EXPECT_NE(mistakes("{} {}"), "");
}

TEST(Value, AKeyThatComesTwiceIsToldAtTheSecondPlace) {
    EXPECT_EQ(mistakes("{\n  \"a\": 1,\n  \"a\": 2\n}"),
              "f:3:3: \"a\" stands here for the second time; the first is in line 2. Remove one of them.\n");
}

TEST(Value, RefusesToNestWithoutEnd) {
    EXPECT_EQ(mistakes(std::string(100000, '[')), "f:1:65: nested more than 64 levels deep. Nothing in a site needs that.\n");
}

TEST(Setting, IsJsonOrElseText) {
    const Place place{"--set x", 0, 0};
    EXPECT_EQ(parse_setting("5", place).integer, 5);
    EXPECT_EQ(parse_setting("true", place).flag, true);
    EXPECT_EQ(parse_setting("[\"a\"]", place).items[0].text, "a");
    EXPECT_EQ(parse_setting("demo-8001", place).text, "demo-8001");
    EXPECT_EQ(parse_setting("10.0.0.0/8", place).text, "10.0.0.0/8");
    EXPECT_EQ(parse_setting("\"5\"", place).text, "5");
    EXPECT_EQ(parse_setting("", place).type, Value::Type::Text);
    EXPECT_EQ(parse_setting("{\"a\": 1}", place).find("a")->at.file, "--set x");
}

}  // namespace
}  // namespace hotline::app
