#include <gtest/gtest.h>

#include <limits>

#include "hotline/base/text.h"
#include "hotline/store/journal.h"
#include "store/crc32c.h"
#include "store/fact_json.h"
#include "store/json_field.h"

namespace hotline::store {
namespace {

std::string text(std::string_view raw) {
    std::string out;
    append_json_text(out, raw);
    return out;
}

TEST(Crc32c, MatchesTheVectorsOfRfc3720) {
    EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
}

TEST(Crc32c, IsTheSameInPieces) {
    const std::string bytes = "the quick brown fox jumps over the lazy dog";
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
        EXPECT_EQ(crc32c(bytes.substr(cut), crc32c(bytes.substr(0, cut))), crc32c(bytes)) << cut;
}

TEST(FactJson, EscapesWhatJsonReserves) {
    EXPECT_EQ(text("say \"hi\" \\ now"), R"("say \"hi\" \\ now")");
    EXPECT_EQ(text("a\nb\tc\x01\x7f"), R"("a\nb\tc\u0001\u007f")");
}

TEST(FactJson, KeepsChineseAndEmoji) { EXPECT_EQ(text("王小姐 😀"), "\"王小姐 😀\""); }

TEST(FactJson, MakesBrokenTextValid) {
    using namespace std::string_view_literals;
    EXPECT_EQ(text("a\0b"sv), "\"a\xEF\xBF\xBD\x62\"");
    EXPECT_EQ(text("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    EXPECT_EQ(text("\xE7\x8E"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    EXPECT_EQ(text("\xED\xA0\x80x"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx\"");  // a surrogate
}

TEST(FactJson, EveryByteStringGivesValidTextWithoutControlCharacters) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    for (std::size_t from = 0; from < all.size(); ++from) {
        const std::string json = text(all.substr(from));
        EXPECT_EQ(valid_text(json, json.size()), json) << from;
    }
}

TEST(FactJson, WritesAWallClockInUtcWithMicroseconds) {
    EXPECT_EQ(to_iso8601(Wall(std::chrono::microseconds(1'714'521'600'000'001))), "2024-05-01T00:00:00.000001Z");
    EXPECT_EQ(to_iso8601(Wall(std::chrono::microseconds(-1))), "1969-12-31T23:59:59.999999Z");
}

TEST(FactJson, WritesEveryTypeOfField) {
    call::Offered offered{"service",       "8001", "affinity",           "hit", 1200, {{"8001", 5000}, {"8002", 90}},
                          {{"paused", 2}}, 0,      {{"8003", "talking"}}};
    EXPECT_EQ(
        to_json(offered),
        R"({"queue":"service","agent":"8001","reason":"affinity","affinity":"hit","wait_ms":1200,)"
        R"("candidates":[{"agent":"8001","idle_ms":5000},{"agent":"8002","idle_ms":90}],"skipped":[{"why":"paused","count":2}],"relaxed":0,)"
        R"("passed":[{"agent":"8003","why":"talking"}]})");
    EXPECT_EQ(kind_of(offered), "Offered");
    call::LegMeasured leg{"caller", std::nullopt, 100, 99, 1, 1.5, 0.25, std::numeric_limits<double>::quiet_NaN(),
                          0.0,      std::nullopt};
    EXPECT_EQ(to_json(leg),
              R"({"leg":"caller","agent":null,"packets_in":100,"packets_out":99,"lost_in":1,"loss_in_pct":1.5,"jitter_in_ms":0.25,)"
              R"("jitter_in_max_ms":null,"loss_out_pct":0,"round_trip_ms":null})");
    EXPECT_EQ(to_json(call::CallAccepted{}), "{}");
}

TEST(JsonField, FindsFieldsOfTheTopLevelOnly) {
    const std::string json = R"({"list":[{"agent":"inner","n":1}],"agent":"80\"01\\\u0001王","none":null,"talk_ms":-1500,"x":"}"})";
    EXPECT_EQ(json_text(json, "agent"), "80\"01\\\x01王");
    EXPECT_EQ(json_integer(json, "talk_ms"), -1500);
    EXPECT_EQ(json_text(json, "x"), "}");
    EXPECT_EQ(json_text(json, "none"), std::nullopt);
    EXPECT_EQ(json_text(json, "n"), std::nullopt);
    EXPECT_EQ(json_integer(json, "agent"), std::nullopt);
}

TEST(JsonField, ReadsBackWhatTheWriterWrote) {
    for (const std::string value : {"", "plain", "\"; drop table fact; --", "\\", "a\nb", "王", "\x01\x1f"}) {
        const std::string json = to_json(call::RecordingMissed{value});
        EXPECT_EQ(json_text(json, "why"), value);
    }
}

TEST(JsonField, SaysNothingAboutBrokenJson) {
    const std::string json = R"({"a":"x","agent":"8001","n":12})";
    for (std::size_t length = 0; length < json.size() - 1; ++length) {
        const auto n = json_integer(std::string_view(json).substr(0, length), "n");
        EXPECT_EQ(n, std::nullopt) << length;
    }
}

}  // namespace
}  // namespace hotline::store
