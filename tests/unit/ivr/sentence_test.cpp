// Sentences with values: how they are written, and what is wrong with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

using ::testing::ElementsAre;

std::string sentence_slip(std::string_view text) {
    const auto parsed = Sentence::parse(text);
    const auto* slip = std::get_if<Slip>(&parsed);
    return slip ? std::to_string(slip->at + 1) + ": " + slip->text : "";
}

TEST(Sentence, tells_what_is_wrong_and_where) {
    constexpr std::pair<std::string_view, std::string_view> kTable[] = {
        {"a {b", "3: this { has no }. A value is written {total:money}; a brace that is to be said is {{."},
        {"a } b", "3: this } has no {. A brace that is to be said is written }}."},
        {"a {total:mony}",
         "10: a value is said as text, number, cardinal, digits, money, date, time or duration, as in {total:money}."},
        {"a {}", "4: a value is missing here: a variable, a number, a text in quotes."},
        {"a {total + :money}", "12: a value is missing here: a variable, a number, a text in quotes."},
        {"a {level == 3}", "4: this is a condition, and a value is wanted here."},
    };
    for (const auto& [text, slip] : kTable) EXPECT_EQ(sentence_slip(text), slip) << text;
}

TEST(Sentence, knows_what_it_reads) {
    const auto parsed = sentence("共{total:money}，前面{queue.service.waiting:number}位，{tries + 1}");
    EXPECT_TRUE(parsed.has_values());
    EXPECT_THAT(parsed.variables(), ElementsAre("total", "tries"));
    ASSERT_EQ(parsed.queues().size(), 1u);
    EXPECT_EQ(parsed.queues()[0].name, "service");
    EXPECT_EQ(parsed.queues()[0].at, std::string_view("共{total:money}，前面{").size());
    ASSERT_EQ(parsed.risks({"total"}).size(), 1u);
    EXPECT_EQ(parsed.risks({"total"})[0].at, std::string_view("共{total:money}，前面{queue.service.waiting:number}位，{").size());
}

TEST(Sentence, without_values_is_its_words) {
    EXPECT_FALSE(sentence("just {{words}}").has_values());
    EXPECT_EQ(sentence("just {{words}}").words(), "just {words}");
    EXPECT_EQ(sentence("").words(), "");
}

TEST(Sentence, says_clock_calendar_queues_and_the_callers_number) {
    Flow flow;
    flow.say("say", "现在{time:time}，{date:date}，前面{queue.service.waiting:number}位，您的号码{caller:digits}，{9:30:time}", "",
             "bye")
        .hangup("bye");
    const Wall friday = std::chrono::sys_days(std::chrono::year(2026) / 10 / 2) + std::chrono::hours(6);
    EXPECT_EQ(Caller(flow).at(friday).queue("service", {0, 2, {}}).calls(),
              "say 现在下午两点整，二零二六年十月二日，前面两位，您的号码幺三九零零零零幺二三四，上午九点三十分");
}

}  // namespace
}  // namespace hotline::ivr
