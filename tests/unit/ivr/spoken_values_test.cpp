// Money, dates, times, durations and strangers' text as they are said: tables.
#include <gtest/gtest.h>

#include "hotline/base/text.h"
#include "hotline/ivr/spoken.h"

namespace hotline::ivr {
namespace {

struct Spoken {
    std::string_view value, zh, en;
};

std::string said(std::string_view value, SpokenForm form, std::string_view language) {
    return speak(value, form, language).value_or("(nothing)");
}

template <std::size_t N>
void expect(const Spoken (&table)[N], SpokenForm form) {
    for (const auto& [value, zh, en] : table) {
        EXPECT_EQ(said(value, form, "zh"), zh) << value;
        EXPECT_EQ(said(value, form, "en"), en) << value;
    }
}

TEST(SpokenMoney, in_fen) {
    constexpr Spoken kTable[] = {
        {"0", "零元", "zero yuan"},
        {"1", "一分", "one fen"},
        {"2", "两分", "two fen"},
        {"5", "五分", "five fen"},
        {"10", "一角", "ten fen"},
        {"12", "一角二分", "twelve fen"},
        {"20", "两角", "twenty fen"},
        {"22", "两角二分", "twenty-two fen"},
        {"50", "五角", "fifty fen"},
        {"99", "九角九分", "ninety-nine fen"},
        {"100", "一元", "one yuan"},
        {"101", "一元零一分", "one yuan and one fen"},
        {"110", "一元一角", "one yuan and ten fen"},
        {"200", "两元", "two yuan"},
        {"205", "两元零五分", "two yuan and five fen"},
        {"222", "两元二角二分", "two yuan and twenty-two fen"},
        {"250", "两元五角", "two yuan and fifty fen"},
        {"320", "三元二角", "three yuan and twenty fen"},
        {"1000", "十元", "ten yuan"},
        {"1200", "十二元", "twelve yuan"},
        {"20000", "两百元", "two hundred yuan"},
        {"20002", "两百元零二分", "two hundred yuan and two fen"},
        {"100005", "一千元零五分", "one thousand yuan and five fen"},
        {"299900", "两千九百九十九元", "two thousand nine hundred ninety-nine yuan"},
        {"12345678", "十二万三千四百五十六元七角八分",
         "one hundred twenty-three thousand four hundred fifty-six yuan and seventy-eight fen"},
        {"2000000", "两万元", "twenty thousand yuan"},
        {"-250", "负两元五角", "minus two yuan and fifty fen"},
        {"007", "七分", "seven fen"},
        {"", "(nothing)", "(nothing)"},
        {"12.50", "(nothing)", "(nothing)"},
        {"free", "(nothing)", "(nothing)"},
        {"9999999999999999999", "(nothing)", "(nothing)"},
        {"--5", "(nothing)", "(nothing)"},
        {"1e9", "(nothing)", "(nothing)"},
    };
    expect(kTable, SpokenForm::Money);
}

TEST(SpokenDate, of_every_way_to_write_it) {
    constexpr Spoken kTable[] = {
        {"2026-10-01", "二零二六年十月一日", "October first, twenty twenty-six"},
        {"20261001", "二零二六年十月一日", "October first, twenty twenty-six"},
        {"2026-02-02", "二零二六年二月二日", "February second, twenty twenty-six"},
        {"2026-12-12", "二零二六年十二月十二日", "December twelfth, twenty twenty-six"},
        {"2000-02-29", "二零零零年二月二十九日", "February twenty-ninth, two thousand"},
        {"2006-01-20", "二零零六年一月二十日", "January twentieth, two thousand six"},
        {"1999-12-31", "一九九九年十二月三十一日", "December thirty-first, nineteen ninety-nine"},
        {"1905-06-30", "一九零五年六月三十日", "June thirtieth, nineteen oh five"},
        {"1900-03-03", "一九零零年三月三日", "March third, nineteen hundred"},
        {"2026-10-22 08:30:00+08", "二零二六年十月二十二日", "October twenty-second, twenty twenty-six"},
        {"2026-10-13T08:30:00Z", "二零二六年十月十三日", "October thirteenth, twenty twenty-six"},
        {"2026-02-29", "(nothing)", "(nothing)"},
        {"2026-13-01", "(nothing)", "(nothing)"},
        {"2026-1-1", "(nothing)", "(nothing)"},
        {"0000-01-01", "(nothing)", "(nothing)"},
        {"2026-10", "(nothing)", "(nothing)"},
        {"2026-10-01x", "(nothing)", "(nothing)"},
        {"tomorrow", "(nothing)", "(nothing)"},
        {"infinity", "(nothing)", "(nothing)"},
        {"", "(nothing)", "(nothing)"},
    };
    expect(kTable, SpokenForm::Date);
}

TEST(SpokenTime, of_the_day) {
    constexpr Spoken kTable[] = {
        {"00:00", "凌晨零点整", "midnight"},
        {"0:05", "凌晨零点零五分", "twelve oh five a.m."},
        {"02:00", "凌晨两点整", "two a.m."},
        {"02:02", "凌晨两点零二分", "two oh two a.m."},
        {"05:59", "凌晨五点五十九分", "five fifty-nine a.m."},
        {"06:10", "早上六点十分", "six ten a.m."},
        {"08:30", "早上八点三十分", "eight thirty a.m."},
        {"09:00", "上午九点整", "nine a.m."},
        {"11:12", "上午十一点十二分", "eleven twelve a.m."},
        {"12:00", "中午十二点整", "noon"},
        {"12:30", "中午十二点三十分", "twelve thirty p.m."},
        {"13:00", "下午一点整", "one p.m."},
        {"14:05", "下午两点零五分", "two oh five p.m."},
        {"1405", "下午两点零五分", "two oh five p.m."},
        {"17:59:59", "下午五点五十九分", "five fifty-nine p.m."},
        {"18:00", "晚上六点整", "six p.m."},
        {"22:22", "晚上十点二十二分", "ten twenty-two p.m."},
        {"24:00", "晚上十二点整", "midnight"},
        {"2026-10-01 08:30:00+08", "早上八点三十分", "eight thirty a.m."},
        {"2026-10-01T20:15:00.123Z", "晚上八点十五分", "eight fifteen p.m."},
        {"24:01", "(nothing)", "(nothing)"},
        {"25:00", "(nothing)", "(nothing)"},
        {"12:60", "(nothing)", "(nothing)"},
        {"12:5", "(nothing)", "(nothing)"},
        {"12", "(nothing)", "(nothing)"},
        {"12:30 pm", "(nothing)", "(nothing)"},
        {"", "(nothing)", "(nothing)"},
    };
    expect(kTable, SpokenForm::Time);
}

TEST(SpokenDuration, in_seconds) {
    constexpr Spoken kTable[] = {
        {"0", "零秒", "zero seconds"},
        {"1", "一秒", "one second"},
        {"2", "两秒", "two seconds"},
        {"60", "一分钟", "one minute"},
        {"62", "一分钟两秒", "one minute and two seconds"},
        {"90", "一分钟三十秒", "one minute and thirty seconds"},
        {"120", "两分钟", "two minutes"},
        {"3600", "一小时", "one hour"},
        {"3605", "一小时零五秒", "one hour and five seconds"},
        {"3720", "一小时两分钟", "one hour and two minutes"},
        {"7200", "两小时", "two hours"},
        {"7322", "两小时两分钟两秒", "two hours two minutes and two seconds"},
        {"86400", "一天", "one day"},
        {"172800", "两天", "two days"},
        {"86700", "一天零五分钟", "one day and five minutes"},
        {"-90", "负一分钟三十秒", "minus one minute and thirty seconds"},
        {"1:30", "(nothing)", "(nothing)"},
        {"", "(nothing)", "(nothing)"},
    };
    expect(kTable, SpokenForm::Duration);
}

TEST(SpokenNumberOfText, before_a_measure_word_and_by_itself) {
    constexpr Spoken kNumbers[] = {
        {"2", "两", "two"},
        {"12", "十二", "twelve"},
        {"200", "两百", "two hundred"},
        {"-2", "负两", "minus two"},
        {"2.5", "二点五", "two point five"},
        {"3.50", "三点五", "three point five"},
        {"4.00", "四", "four"},
        {"0.05", "零点零五", "zero point zero five"},
        {"-0.5", "负零点五", "minus zero point five"},
        {"007", "七", "seven"},
        {"1.", "(nothing)", "(nothing)"},
        {".5", "(nothing)", "(nothing)"},
        {"1.2.3", "(nothing)", "(nothing)"},
        {"1.1234567", "(nothing)", "(nothing)"},
        {"two", "(nothing)", "(nothing)"},
        {"", "(nothing)", "(nothing)"},
        {"NaN", "(nothing)", "(nothing)"},
    };
    expect(kNumbers, SpokenForm::Number);
    constexpr Spoken kCardinals[] = {{"2", "二", "two"}, {"200", "二百", "two hundred"}, {"2000", "两千", "two thousand"}};
    expect(kCardinals, SpokenForm::Cardinal);
}

TEST(SpokenDigitsOfText, leave_out_what_is_no_key) {
    constexpr Spoken kTable[] = {{"10001", "幺零零零幺", "one zero zero zero one"},
                               {"139-0000 1234", "幺三九零零零零幺二三四", "one three nine zero zero zero zero one two three four"},
                               {"2*#", "二星号井号", "two star pound"},
                               {"abc", "(nothing)", "(nothing)"},
                               {"", "(nothing)", "(nothing)"}};
    expect(kTable, SpokenForm::Digits);
}

TEST(SpokenText, leaves_out_what_has_no_sound_and_what_could_command_a_program) {
    constexpr std::pair<std::string_view, std::string_view> kTable[] = {
        {"张三", "张三"},
        {"O'Brien, Ann", "O'Brien, Ann"},
        {"  two   words  ", "two words"},
        {"云南六日游🎉🎉", "云南六日游"},
        {"🏖️ 海边 ❤️ 度假", "海边 度假"},
        {"a\nb\tc\x01"
         "d\x7f"
         "e",
         "a b c d e"},
        {"-f /etc/passwd", "f etc passwd"},
        {"<speak>hi</speak>", "speak hi speak"},
        {"a\"b\\c`d$e", "a b c d e"},
        {"{name}", "name"},
        {"\xEF\xBF\xBD破", "破"},
        {"\xC3", "(nothing)"},
        {"a\xFF\xFE"
         "b",
         "a b"},
        {"\xE0\x81\x81 too long a way to write A", "too long a way to write A"},
        {"\xF0\x9F\x98\x80", "(nothing)"},
        {"\xE2\x80\xAE"
         "abc",
         "abc"},
        {"...", "(nothing)"},
        {"", "(nothing)"},
        {" ", "(nothing)"},
        {"50%", "50%"},
        {"čšž", "čšž"},
    };
    for (const auto& [value, words] : kTable)
        for (const auto language : {"zh", "en", "fr"}) EXPECT_EQ(said(value, SpokenForm::Text, language), words) << value;
    EXPECT_EQ(said(std::string("a\0b", 3), SpokenForm::Text, "zh"), "a b");
}

TEST(SpokenText, is_cut_at_200_characters_and_never_inside_of_one) {
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "游";
    EXPECT_EQ(said(many, SpokenForm::Text, "zh").size(), 200u * 3);
    EXPECT_EQ(said(std::string(1'000'000, 'a'), SpokenForm::Text, "en").size(), 200u);
    EXPECT_EQ(said(std::string(1'000'000, '\1'), SpokenForm::Text, "en"), "(nothing)");
    EXPECT_LE(said(std::string(1'000'000, '1'), SpokenForm::Digits, "zh").size(), 200u * 3);
}

/// Whatever bytes a table or a caller's name holds: what is said is valid text without control characters, short, and begins no
/// option.
TEST(SpokenText, of_any_bytes_is_safe_to_hand_to_a_program) {
    std::uint64_t state = 7;
    const auto random = [&state] {
        state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
        return static_cast<std::size_t>((state * 2685821657736338717ULL) >> 33);
    };
    constexpr std::string_view kPieces[] = {"游",           "\xF0\x9F\x98\x80", "-", "<", "\xC3", "\xE2\x80\xAE", "a", "7",
                                            "\xED\xA0\x80", "\xF4\x90\x80\x80"};
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes;
        for (std::size_t n = random() % 300; n > 0; --n) {
            if (random() % 2 == 0) {
                bytes += kPieces[random() % std::size(kPieces)];
            } else {
                bytes += static_cast<char>(random() % 256);
            }
        }
        for (int form = 0; form <= static_cast<int>(SpokenForm::Duration); ++form) {
            const auto spoken = speak(bytes, static_cast<SpokenForm>(form), i % 2 == 0 ? "zh" : "en");
            if (!spoken) continue;
            ASSERT_EQ(valid_text(*spoken, 10'000), *spoken);
            ASSERT_FALSE(spoken->empty());
            ASSERT_NE(spoken->front(), '-');
            ASSERT_LE(spoken->size(), 2000u);
        }
    }
}

TEST(Spoken, of_another_language_is_in_figures) {
    EXPECT_EQ(said("12345", SpokenForm::Money, "fr"), "123.45");
    EXPECT_EQ(said("-5", SpokenForm::Money, "fr"), "-0.05");
    EXPECT_EQ(said("2026-10-01 08:30", SpokenForm::Date, "fr"), "2026-10-01");
    EXPECT_EQ(said("2026-10-01 08:30", SpokenForm::Time, "fr"), "08:30");
    EXPECT_EQ(said("90", SpokenForm::Duration, "fr"), "90");
    EXPECT_EQ(said("2.5", SpokenForm::Number, "fr"), "2.5");
}

}  // namespace
}  // namespace hotline::ivr
