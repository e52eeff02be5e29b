#include "hotline/base/text.h"

#include <gtest/gtest.h>

namespace hotline {
namespace {

TEST(ValidText, LeavesWellFormedTextAsItIs) {
    EXPECT_EQ(valid_text("王小明 <agent@8001> 'quoted' ; drop table"), "王小明 <agent@8001> 'quoted' ; drop table");
    EXPECT_EQ(valid_text("😀"), "😀");
    EXPECT_EQ(valid_text(""), "");
}

TEST(ValidText, ReplacesWhatPostgresqlWouldRefuse) {
    EXPECT_EQ(valid_text(std::string_view("a\0b", 3)), "a\uFFFDb");
    EXPECT_EQ(valid_text("\xff\xfe"), "\uFFFD\uFFFD");
    EXPECT_EQ(valid_text("\xC0\x80"), "\uFFFD\uFFFD") << "overlong NUL";
    EXPECT_EQ(valid_text("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate is no character";
    EXPECT_EQ(valid_text("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "beyond U+10FFFF";
    EXPECT_EQ(valid_text("tail\xE7\x8E"), "tail\uFFFD\uFFFD") << "cut in the middle";
    EXPECT_EQ(valid_text("line\r\nbreak\x7f"), "line\uFFFD\uFFFDbreak\uFFFD");
}

TEST(ValidText, CutsAtACharactersEdge) {
    EXPECT_EQ(valid_text("王小明", 7), "王小");
    EXPECT_EQ(valid_text("abc", 3), "abc");
    EXPECT_EQ(valid_text(std::string(1000, 'x')).size(), 256u);
}

TEST(Base32, RoundTripSortsLikeTheNumber) {
    const std::uint64_t values[] = {1, 31, 32, 0x123456789abcdef0u, ~0ull};
    std::string previous;
    for (const auto value : values) {
        const std::string text = to_base32(value);
        EXPECT_EQ(text.size(), 13u);
        EXPECT_EQ(from_base32(text), value);
        EXPECT_LT(previous, text);
        previous = text;
    }
}

TEST(Base32, ReadsWhatAPersonWroteDown) {
    const std::string text = to_base32(0x1000000421u);
    std::string spoken = text;
    for (char& c : spoken) c = c == '1' ? 'l' : c == '0' ? 'o' : static_cast<char>(std::tolower(c));
    EXPECT_EQ(from_base32(spoken), 0x1000000421u);
    EXPECT_EQ(from_base32("not an id"), 0u);
    EXPECT_EQ(from_base32("UUUUUUUUUUUUU"), 0u);
    EXPECT_EQ(from_base32("ZZZZZZZZZZZZZ"), 0u) << "more than 64 bits";
}

}  // namespace
}  // namespace hotline
