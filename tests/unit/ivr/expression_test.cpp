// Conditions and values: what they come to, what is wrong with them and where, and which variables they need.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Friday, 2026-10-02, 14:05. The queue "service" has 2 agents ready and 3 callers waiting.
class Afternoon : public Surroundings {
  public:
    std::map<std::string, std::string> variables;
    std::optional<Duration> wait;

    std::optional<std::string> variable(const std::string& name) const override {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    }
    std::string caller() const override { return "13900001234"; }
    std::string called() const override { return "95000"; }
    std::string language() const override { return "zh"; }
    std::optional<LocalTime> local_time() const override { return LocalTime{2026, 10, 2, 4, 14 * 60 + 5}; }
    std::optional<QueueFigures> queue(const std::string& name) const override {
        if (name != "service") return std::nullopt;
        return QueueFigures{2, 3, wait};
    }
};

Afternoon with_level(const std::string& level) {
    Afternoon out;
    out.variables = {{"level", level}, {"city", "上海"}, {"other", "007"}};
    return out;
}

std::string truth_of(std::string_view text, const Surroundings& around) {
    const auto holds = condition(text).holds(around);
    return !holds ? "unknown" : *holds ? "true" : "false";
}

struct Case {
    std::string_view text;
    std::string_view truth;
};

TEST(Condition, compares) {
    constexpr Case kTable[] = {
        {"level == 3", "true"},
        {"level != 3", "false"},
        {"level < 4", "true"},
        {"level <= 3", "true"},
        {"level > 3", "false"},
        {"level >= 3", "true"},
        {"level == -3", "false"},
        {"level == 003", "true"},
        {"3 == level", "true"},
        {"level == '3'", "true"},
        {"level == '03'", "false"},
        {"other == 7", "true"},
        {"other == '7'", "false"},
        {"level + 1 == 4", "true"},
        {"level - 1 - 1 == 1", "true"},
        {"level + other == 10", "true"},
        {"level < other", "true"},
        {"city == '上海'", "true"},
        {"city == \"上海\"", "true"},
        {"city in ('北京', '上海')", "true"},
        {"city not in ('北京', '上海')", "false"},
        {"level in (1, 2)", "false"},
        {"city starts with '上'", "true"},
        {"caller starts with '139'", "true"},
        {"caller starts with '138'", "false"},
        {"called == '95000'", "true"},
        {"language == 'zh'", "true"},
        {"caller == '13900001234'", "true"},
    };
    for (const auto& [text, truth] : kTable) EXPECT_EQ(truth_of(text, with_level("3")), truth) << text;
}

TEST(Condition, knows_the_clock_and_the_calendar_of_the_site) {
    constexpr Case kTable[] = {
        {"time >= 14:05", "true"},
        {"time < 14:05", "false"},
        {"time >= 9:00 and time < 18:00", "true"},
        {"time < 24:00", "true"},
        {"weekday == fri", "true"},
        {"weekday in (sat, sun)", "false"},
        {"weekday >= mon and weekday <= fri", "true"},
        {"date == 2026-10-02", "true"},
        {"date >= 2026-10-01 and date <= 2026-10-07", "true"},
        {"date < 2026-10-02", "false"},
    };
    for (const auto& [text, truth] : kTable) EXPECT_EQ(truth_of(text, Afternoon()), truth) << text;
}

TEST(Condition, reads_a_variable_as_what_it_is_compared_with) {
    Afternoon around;
    around.variables = {{"opens", "14:00"},
                        {"opens_typed", "0930"},
                        {"day", "20261002"},
                        {"stamp", "2026-10-02 08:00:00+08"},
                        {"closed_on", "fri"}};
    constexpr Case kTable[] = {{"time >= opens", "true"}, {"opens_typed < time", "true"},   {"date == day", "true"},
                               {"stamp == date", "true"}, {"weekday == closed_on", "true"}, {"opens == 14:00", "true"}};
    for (const auto& [text, truth] : kTable) EXPECT_EQ(truth_of(text, around), truth) << text;
}

TEST(Condition, asks_queues) {
    Afternoon around;
    EXPECT_EQ(truth_of("queue.service.ready == 2", around), "true");
    EXPECT_EQ(truth_of("queue.service.waiting > queue.service.ready", around), "true");
    EXPECT_EQ(truth_of("queue.service.estimated_wait_s > 60", around), "unknown");
    around.wait = 90s;
    EXPECT_EQ(truth_of("queue.service.estimated_wait_s > 60", around), "true");
    EXPECT_EQ(truth_of("queue.gone.ready > 0", around), "unknown");
    EXPECT_EQ(truth_of("queue.gone.ready > 0 or queue.service.ready > 0", around), "true");
}

TEST(Condition, of_what_is_unset_or_no_number_is_not_known) {
    for (const auto text :
         {"no == 1", "no != 1", "no > 1", "not no == 1", "no + 1 == 2", "no in (1, 2)", "no starts with '1'", "city > 3",
          "city == 3", "city + 1 == 1", "level == no", "city == 2026-10-01", "city == 9:00", "city == mon"})
        EXPECT_EQ(truth_of(text, with_level("3")), "unknown") << text;
}

TEST(Condition, is_decided_by_what_is_known_where_that_is_enough) {
    constexpr Case kTable[] = {
        {"no == 1 or level == 3", "true"},
        {"level == 3 or no == 1", "true"},
        {"no == 1 and level == 4", "false"},
        {"level == 4 and no == 1", "false"},
        {"no == 1 and level == 3", "unknown"},
        {"no == 1 or level == 4", "unknown"},
        {"no is set", "false"},
        {"no is not set", "true"},
        {"level is set and level > 2", "true"},
        {"level in (no, 3)", "true"},
        {"level in (no, 4)", "unknown"},
        {"not (level == 3 and no is set)", "true"},
    };
    for (const auto& [text, truth] : kTable) EXPECT_EQ(truth_of(text, with_level("3")), truth) << text;
}

TEST(Condition, binds_not_before_and_before_or) {
    EXPECT_EQ(truth_of("level == 3 or level == 3 and level == 4", with_level("3")), "true");
    EXPECT_EQ(truth_of("(level == 3 or level == 3) and level == 4", with_level("3")), "false");
    EXPECT_EQ(truth_of("not level == 4 and level == 3", with_level("3")), "true");
    EXPECT_EQ(truth_of("not not level == 3", with_level("3")), "true");
}

TEST(Condition, of_numbers_that_do_not_fit_is_not_known) {
    Afternoon around;
    around.variables = {{"huge", "999999999999999999"}, {"longer", "9999999999999999999"}, {"words", "1e3"}, {"empty", ""}};
    EXPECT_EQ(truth_of("huge + huge > huge", around), "true");
    EXPECT_EQ(truth_of("huge + huge + huge + huge + huge + huge + huge + huge + huge + huge + huge > 0", around), "unknown");
    for (const auto text : {"longer > 0", "words > 0", "empty == 0"}) EXPECT_EQ(truth_of(text, around), "unknown") << text;
}

TEST(ExpressionText, is_how_a_variable_keeps_it) {
    const auto text = [](std::string_view written) { return value(written).text(with_level("3")).value_or("(none)"); };
    EXPECT_EQ(text("level + 1"), "4");
    EXPECT_EQ(text("-5"), "-5");
    EXPECT_EQ(text("level"), "3");
    EXPECT_EQ(text("'a b'"), "a b");
    EXPECT_EQ(text("caller"), "13900001234");
    EXPECT_EQ(text("time"), "14:05");
    EXPECT_EQ(text("date"), "2026-10-02");
    EXPECT_EQ(text("weekday"), "5");
    EXPECT_EQ(text("queue.service.waiting"), "3");
    EXPECT_EQ(text("no"), "(none)");
    EXPECT_EQ(text("city + 1"), "(none)");
}

/// "column: text" as an editor counts, from 1.
std::string slip_of(std::string_view text, Expression::Wanted wanted = Expression::Wanted::Condition) {
    const auto parsed = Expression::parse(text, wanted);
    const auto* slip = std::get_if<Slip>(&parsed);
    return slip ? std::to_string(slip->at + 1) + ": " + slip->text : "";
}

TEST(Slip, tells_the_place_and_the_cure) {
    constexpr std::pair<std::string_view, std::string_view> kTable[] = {
        {"", "1: a value is missing here: a variable, a number, a text in quotes."},
        {"level", "1: this is no condition. Compare it, as in level == 1, or ask level is set."},
        {"level = 3", "7: \"=\" means nothing here. Equality is written ==."},
        {"level == 3 && city == 'x'", "12: \"&\" means nothing here. Write and."},
        {"level == 3 || city == 'x'", "12: \"|\" means nothing here. Write or."},
        {"!(level == 3)", "1: \"!\" means nothing here. Write not, or != for unequal."},
        {"level == ", "10: a value is missing here: a variable, a number, a text in quotes."},
        {"level >= 'gold'", "10: texts have no order. Compare numbers, times or dates, or use starts with."},
        {"caller == 13900001234", "11: a text is compared with a number. Write the text in quotes, such as '139'."},
        {"weekday == 6", "12: a weekday is compared with a number. Write mon, tue, wed, thu, fri, sat or sun."},
        {"time > 9", "8: a time is compared with a number. Write a time of the day, such as 9:30."},
        {"time > 25:00", "8: \"25:00\" is no time of the day. Write it as 9:30; the day ends at 24:00."},
        {"date == '2026-10-01'", "9: a date is compared with a text. Write a date, such as 2026-10-01."},
        {"level == 1.5", "11: a number ends here; there are whole numbers only, and a text stands in quotes."},
        {"level == 3x", "11: a number ends here; there are whole numbers only, and a text stands in quotes."},
        {"level == 1 < 2", "12: one comparison at a time. Join two of them with and."},
        {"level == 'x", "10: the text that begins here has no end. Close it with the same quote."},
        {"(level == 3", "12: a ) is missing."},
        {"level == 3)",
         "11: \")\" does not belong here. After a value comes ==, !=, <, <=, >, >=, in, starts with, is set; between conditions "
         "and, or."},
        {"level == 3 city == 'x'",
         "12: \"city\" does not belong here. After a value comes ==, !=, <, <=, >, >=, in, starts with, is set; between conditions "
         "and, or."},
        {"level in 3", "10: a list in parentheses is missing, as in weekday in (sat, sun)."},
        {"level in (3", "12: the list has no end. Close it with )."},
        {"level not 3", "11: after a value, not is followed by in, as in city not in ('a', 'b')."},
        {"level is 3", "10: \"set\" is missing, as in level is set or level is not set; a value is compared with ==."},
        {"caller is set", "1: only a variable can be asked whether it is set."},
        {"caller starts '1'", "15: \"with\" is missing, as in caller starts with '139'."},
        {"caller starts with 139", "20: starts with compares texts. Write the text in quotes, such as '139'."},
        {"city + 'x' == 'y'", "8: only whole numbers can be added and subtracted."},
        {"queue.service.redy > 0", "1: a queue is asked as queue.NAME.ready, queue.NAME.waiting or queue.NAME.estimated_wait_s."},
        {"queue > 0", "1: a value is missing before \"queue\"."},
        {"level == 3 and city", "16: this is no condition. Compare it, as in city == 1, or ask city is set."},
        {"not level", "5: this is no condition. Compare it, as in level == 1, or ask level is set."},
        {"(level == 3) == 1", "2: a condition cannot be compared. Join conditions with and, or, not."},
        {"and level == 3", "1: a value is missing before \"and\"."},
        {"level == 1000000000000000000000",
         "10: the number is too long. At most 18 digits; a telephone number is a text: put it in quotes."},
        {"level == 3 ; city == 'x'", "12: \";\" means nothing here."},
        {"- city == 3", "3: a number is missing after -."},
    };
    for (const auto& [text, slip] : kTable) EXPECT_EQ(slip_of(text), slip) << text;
    EXPECT_EQ(slip_of("level == 3", Expression::Wanted::Value), "1: this is a condition, and a value is wanted here.");
}

TEST(Slip, of_hopeless_texts_ends_soon) {
    EXPECT_EQ(slip_of(std::string(200, '(')), "33: nested too deeply. Split it into several conditions.");
    std::string nots;
    for (int i = 0; i < 200; ++i) nots += "not ";
    EXPECT_EQ(slip_of(nots + "a == 1"), "129: nested too deeply. Split it into several conditions.");
    EXPECT_EQ(slip_of("a == 1" + std::string(1000, ' ')),
              "1001: longer than 1000 bytes. Split it: several conditions, or a variable set before.");
}

TEST(Condition, names_its_variables_and_queues) {
    const auto parsed = condition("level > 1 and (city == '上海' or queue.service.ready > 0 and queue.vip-1.waiting == 0)");
    EXPECT_THAT(parsed.variables(), ElementsAre("city", "level"));
    const auto queues = parsed.queues();
    ASSERT_EQ(queues.size(), 2u);
    EXPECT_EQ(queues[0].name, "service");
    EXPECT_EQ(queues[1].name, "vip-1");
    EXPECT_EQ(queues[1].at, std::string_view("level > 1 and (city == '上海' or queue.service.ready > 0 and ").size());
}

std::vector<std::string> risks_of(std::string_view text, const std::set<std::string>& sure = {}) {
    std::vector<std::string> out;
    for (const auto& [name, at] : condition(text).risks(sure)) out.push_back(name + "@" + std::to_string(at));
    return out;
}

TEST(Condition, knows_which_variables_it_reads_unprepared) {
    EXPECT_THAT(risks_of("a == 1"), ElementsAre("a@0"));
    EXPECT_THAT(risks_of("a == 1", {"a"}), IsEmpty());
    EXPECT_THAT(risks_of("a is set"), IsEmpty());
    EXPECT_THAT(risks_of("a is set and a == 1"), IsEmpty());
    EXPECT_THAT(risks_of("a is not set or a == 1"), IsEmpty());
    EXPECT_THAT(risks_of("a is set or a == 1"), ElementsAre("a@12"));
    EXPECT_THAT(risks_of("a == 1 and a == 2"), ElementsAre("a@0"));
    EXPECT_THAT(risks_of("not (a is not set) and a == 1"), IsEmpty());
}

TEST(Condition, knows_which_variables_are_set_when_it_holds) {
    EXPECT_THAT(condition("a == 1 and b == 2").sure_when_true(), ElementsAre("a", "b"));
    EXPECT_THAT(condition("a == 1 or b == 2").sure_when_true(), IsEmpty());
    EXPECT_THAT(condition("a == 1 or a == 2").sure_when_true(), ElementsAre("a"));
    EXPECT_THAT(condition("a is set").sure_when_true(), ElementsAre("a"));
    EXPECT_THAT(condition("not (a is not set or b == 1)").sure_when_true(), ElementsAre("a", "b"));
    EXPECT_THAT(condition("a in (b, c)").sure_when_true(), ElementsAre("a"));
}

TEST(VariableNames, are_letters_of_any_script) {
    for (const auto name : {"a", "order_no", "_x1", "城市"}) EXPECT_TRUE(is_variable_name(name)) << name;
    for (const auto name : {"", "1a", "a b", "a-b", "a.b", "a'"}) EXPECT_FALSE(is_variable_name(name)) << name;
    for (const auto name : {"caller", "time", "mon", "and", "queue", "set"}) EXPECT_TRUE(is_reserved(name)) << name;
    EXPECT_FALSE(is_reserved("level"));
}

}  // namespace
}  // namespace hotline::ivr
