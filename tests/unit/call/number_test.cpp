// The numbering plan, line by line: what people, phones and carriers write, and what it means.
#include "hotline/call/number.h"

#include <gtest/gtest.h>

namespace hotline::call {
namespace {

using Kind = Number::Kind;

struct Line {
    const char* dialled;
    Kind kind;
    const char* national;
    const char* e164;
};

void expect_all(std::initializer_list<Line> lines, const char* area_code = "") {
    for (const auto& line : lines) {
        const auto number = read_number(line.dialled, area_code);
        ASSERT_TRUE(number) << line.dialled;
        EXPECT_EQ(number->kind, line.kind) << line.dialled;
        EXPECT_EQ(number->national, line.national) << line.dialled;
        EXPECT_EQ(number->e164, line.e164) << line.dialled;
    }
}

void expect_none(std::initializer_list<const char*> texts, const char* area_code = "") {
    for (const char* text : texts) {
        const auto number = read_number(text, area_code);
        EXPECT_FALSE(number) << text << " became " << (number ? number->national : "");
    }
}

TEST(Numbers, AMobileIsOneNumberHoweverItIsWritten) {
    for (const char* written : {"13900001234", "+8613900001234", "008613900001234", "8613900001234", "013900001234",
                                "+86 139 0000 1234", "139-0000-1234", "+86-139.0000.1234", "(139) 00001234", "+86013900001234"})
        expect_all({{written, Kind::Mobile, "13900001234", "+8613900001234"}});
    expect_all({{"19912345678", Kind::Mobile, "19912345678", "+8619912345678"}});
}

TEST(Numbers, ALandlineHasItsAreaCode) {
    expect_all({
        {"057188886666", Kind::Landline, "057188886666", "+8657188886666"},
        {"+8657188886666", Kind::Landline, "057188886666", "+8657188886666"},
        {"0086057188886666", Kind::Landline, "057188886666", "+8657188886666"},
        {"8657188886666", Kind::Landline, "057188886666", "+8657188886666"},
        {"010-65551234", Kind::Landline, "01065551234", "+861065551234"},
        {"+86 (0)10 6555 1234", Kind::Landline, "01065551234", "+861065551234"},
        {"861065551234", Kind::Landline, "01065551234", "+861065551234"},
        {"02165551234", Kind::Landline, "02165551234", "+862165551234"},
        {"08986555123", Kind::Landline, "08986555123", "+868986555123"},  // seven digits behind a code of three
        {"057112345", Kind::Landline, "057112345", "+8657112345"},        // a city's own hotline
        {"010114", Kind::Landline, "010114", "+8610114"},
    });
}

TEST(Numbers, WhoIsAtHomeLeavesTheAreaCodeOut) {
    expect_all({{"88886666", Kind::Landline, "057188886666", "+8657188886666"},
                {"6555123", Kind::Landline, "05716555123", "+865716555123"},
                {"86123456", Kind::Landline, "057186123456", "+8657186123456"}},
               "0571");
    expect_all({{"65551234", Kind::Landline, "01065551234", "+861065551234"}}, "010");
    expect_none({"6555123"}, "010");  // Beijing's have eight digits
    expect_none({"88886666", "6555123"});
    expect_none({"88886666"}, "571");
}

TEST(Numbers, ACallersLandlineMayLackItsLeadingZero) {
    for (const auto& [written, national] : {std::pair{"57188886666", "057188886666"},
                                            {"2165551234", "02165551234"},
                                            {"1065551234", "01065551234"},
                                            {"8986555123", "08986555123"},
                                            {"057188886666", "057188886666"},
                                            {"+8657188886666", "057188886666"}}) {
        const auto caller = read_caller(written);
        ASSERT_TRUE(caller) << written;
        EXPECT_EQ(caller->kind, Kind::Landline) << written;
        EXPECT_EQ(caller->national, national) << written;
    }
    expect_none({"57188886666", "2165551234"});  // nobody dials so
    EXPECT_EQ(read_caller("13900001234")->kind, Kind::Mobile);
    EXPECT_EQ(read_caller("4001234567")->kind, Kind::Service);
    EXPECT_EQ(read_caller("95588")->kind, Kind::Short);
    EXPECT_EQ(read_caller("88886666", "0571")->national, "057188886666");
    for (const char* unsure : {"85221234567", "85321234567", "88621234567", "12125551234", "8001", "571114", "anonymous", ""})
        EXPECT_FALSE(read_caller(unsure)) << unsure;
}

TEST(Numbers, ServiceNumbersAreNoLandlines) {
    expect_all({{"4001234567", Kind::Service, "4001234567", "+864001234567"},
                {"800-820-8888", Kind::Service, "8008208888", "+868008208888"},
                {"+864001234567", Kind::Service, "4001234567", "+864001234567"}});
}

TEST(Numbers, ShortNumbersAreTheSameEverywhere) {
    for (const char* number :
         {"110", "119", "120", "122", "114", "10086", "10010", "12306", "12345", "95588", "96110", "118114", "95013888"})
        expect_all({{number, Kind::Short, number, ""}});
    expect_all({{"+8695588", Kind::Short, "95588", ""}, {"008610086", Kind::Short, "10086", ""}});
}

TEST(Numbers, OtherCountriesBeginWith00) {
    expect_all({{"0085221234567", Kind::International, "0085221234567", "+85221234567"},
                {"+85221234567", Kind::International, "0085221234567", "+85221234567"},
                {"+886223456789", Kind::International, "00886223456789", "+886223456789"},  // Taiwan is not 86
                {"+1 (212) 555-1234", Kind::International, "0012125551234", "+12125551234"}});
}

TEST(Numbers, WhatIsNoNumber) {
    expect_none({"",
                 " ",
                 "+",
                 "00",
                 "0",
                 "1",
                 "99",
                 "8001",
                 "95000123456",
                 "1390000123",
                 "139000012345",
                 "12900001234",
                 "abc",
                 "139000x1234",
                 "*71",
                 "13900001234#",
                 "1+3900001234",
                 "++8613900001234",
                 "+0085221234567",
                 "+86",
                 "0086",
                 "+86139",
                 "+12",
                 "+1234567890123456",
                 "026123456789",
                 "057198886666",
                 "05711",
                 "1795113900001234",
                 "111222333444",
                 "８６",
                 "13900001234;phone-context=x",
                 "000000000000000000000000000000000"});
}

TEST(Numbers, AreaCodes) {
    for (const char* code : {"010", "020", "021", "029", "0310", "0571", "0755", "0998"}) EXPECT_TRUE(is_area_code(code)) << code;
    for (const char* code : {"", "0", "01", "10", "571", "026", "0110", "05711", "0571x", "+571"})
        EXPECT_FALSE(is_area_code(code)) << code;
}

TEST(Numbers, APrefixOfThisCountryOpensNoOther) {
    const auto abroad = *read_number("+85221234567"), mobile = *read_number("13900001234"), landline = *read_number("057188886666"),
               bank = *read_number("95588");
    for (const char* prefix : {"0", "1", "8", "9", "05", "95"}) EXPECT_FALSE(begins_with(abroad, prefix)) << prefix;
    for (const char* prefix : {"+", "00", "+8", "+852", "00852"}) {
        EXPECT_TRUE(begins_with(abroad, prefix)) << prefix;
        EXPECT_FALSE(begins_with(mobile, prefix)) << prefix;
        EXPECT_FALSE(begins_with(landline, prefix)) << prefix;
    }
    EXPECT_FALSE(begins_with(abroad, "+853"));
    EXPECT_TRUE(begins_with(mobile, "1") && begins_with(mobile, "139") && !begins_with(mobile, "138") && !begins_with(mobile, "0"));
    EXPECT_TRUE(begins_with(landline, "0") && begins_with(landline, "0571") && !begins_with(landline, "010"));
    EXPECT_TRUE(begins_with(bank, "95") && !begins_with(bank, "0"));
}

TEST(Numbers, WhatMayStandInARule) {
    for (const char* prefix : {"1", "0571", "95", "+", "00", "+1", "00852"}) EXPECT_TRUE(is_number_prefix(prefix)) << prefix;
    for (const char* prefix : {"", "*", "+86", "+861", "0086", "+0", "13x", "1 3", "12345678901234567890"})
        EXPECT_FALSE(is_number_prefix(prefix)) << prefix;
}

}  // namespace
}  // namespace hotline::call
