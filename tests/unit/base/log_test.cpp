// What stands in the log, in both formats, also when a stranger chose the words.
#include "hotline/base/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "hotline/base/id.h"
#include "hotline/base/text.h"

namespace hotline::log {
namespace {

using namespace std::string_literals;
using nlohmann::json;

struct CallTag;
using CallId = Id<CallTag>;
std::string to_text(CallId id) { return to_base32(id.value); }

class LogTest : public ::testing::Test {
  protected:
    // The writer is the process's: it goes back to what tests have without it.
    void TearDown() override {
        start(Level::Warn, Format::Text);
        stop();
    }

    /// The lines that `events` leave on stderr.
    template <class Events>
    static std::vector<std::string> lines_of(Format format, const Events& events) {
        ::testing::internal::CaptureStderr();
        start(Level::Info, format);
        events();
        stop();
        std::istringstream written(::testing::internal::GetCapturedStderr());
        std::vector<std::string> lines;
        for (std::string line; std::getline(written, line);) lines.push_back(line);
        return lines;
    }
};

const std::string kHostile[] = {
    "a \"quoted\" name",
    "back\\slash at the end\\",
    "one line\nand \r\n another",
    "a NUL\0, a bell\a, an escape \x1b[31m and a DEL\x7f"s,
    "broken \xff\xfe UTF-8, cut short \xe6\x97",
    "x\" call=0000000000000 y=\"",
    "\",\"event\":\"forged",
    "旅行社",
    "",
    std::string(100'000, '"'),
};

TEST_F(LogTest, EveryEventIsOneLineWhateverItsWordsAre) {
    for (const auto format : {Format::Text, Format::Json}) {
        const auto lines = lines_of(format, [] {
            for (const auto& text : kHostile) info("call.arrived", {{"caller", text}});
        });
        ASSERT_EQ(lines.size(), std::size(kHostile));
        for (const auto& line : lines) {
            EXPECT_NE(line.find("call.arrived"), std::string::npos) << line;
            EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) << line;
            EXPECT_LT(line.size(), 3000u);
        }
    }
}

TEST_F(LogTest, JsonIsValidWhateverItsWordsAre) {
    const auto lines = lines_of(Format::Json, [] {
        for (const auto& text : kHostile) warn("call.arrived", {{"caller", text}, {"ring_ms", 7}});
    });
    ASSERT_EQ(lines.size(), std::size(kHostile));
    for (const auto& line : lines) {
        const json event = json::parse(line, nullptr, false);
        ASSERT_FALSE(event.is_discarded()) << line;
        EXPECT_EQ(event.size(), 5u) << line;
        EXPECT_EQ(event["event"], "call.arrived");
        EXPECT_EQ(event["level"], "warn");
        EXPECT_EQ(event["ring_ms"], 7) << "nothing that stands behind the words is swallowed";
    }
    EXPECT_EQ(json::parse(lines[0])["caller"], kHostile[0]);
    EXPECT_EQ(json::parse(lines[1])["caller"], kHostile[1]);
    EXPECT_EQ(json::parse(lines[4])["caller"], "broken \uFFFD\uFFFD UTF-8, cut short \uFFFD\uFFFD");
    EXPECT_EQ(json::parse(lines[7])["caller"], kHostile[7]);
}

TEST_F(LogTest, AValueOfTextCannotForgeAField) {
    const auto lines = lines_of(Format::Text, [] { info("call.arrived", {{"caller", "x\" call=7 y=\""}, {"called", "95000"}}); });
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].ends_with(R"( info call.arrived caller="x\" call=7 y=\"" called=95000)")) << lines[0];
}

TEST_F(LogTest, ACallsIdIsAField) {
    const CallId call{0x0123456789abcdef};
    const auto tell = [&] { info("leg.answered", {{"call", call}, {"ring_ms", 120}}); };
    const auto text = lines_of(Format::Text, tell);
    ASSERT_EQ(text.size(), 1u);
    EXPECT_NE(text[0].find(" leg.answered call=" + to_text(call) + " ring_ms=120"), std::string::npos) << text[0];
    const auto as_json = lines_of(Format::Json, tell);
    ASSERT_EQ(as_json.size(), 1u);
    EXPECT_EQ(json::parse(as_json[0])["call"], to_text(call));
}

TEST_F(LogTest, NumbersAndTruthKeepTheirTypes) {
    const auto lines = lines_of(Format::Json, [] {
        info("x", {{"n", -5}, {"share", 0.25}, {"yes", true}, {"no_number", std::numeric_limits<double>::infinity()}});
    });
    ASSERT_EQ(lines.size(), 1u);
    const json event = json::parse(lines[0]);
    EXPECT_EQ(event["n"], -5);
    EXPECT_EQ(event["share"], 0.25);
    EXPECT_EQ(event["yes"], true);
    EXPECT_TRUE(event["no_number"].is_null());
}

TEST_F(LogTest, WhatIsBelowTheLevelIsNotWritten) {
    const auto lines = lines_of(Format::Text, [] {
        debug("unseen");
        error("seen");
    });
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].ends_with(" error seen")) << lines[0];
}

}  // namespace
}  // namespace hotline::log
