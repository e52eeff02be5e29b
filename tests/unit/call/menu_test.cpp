// What a menu knows of the call around it, and what the world never learns from it.
#include <gmock/gmock.h>

#include "course.h"

namespace hotline::call {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ivr::Prompt spoken(const std::string& name) { return {{"zh", {name, name, "zh"}}, {"en", {name, name + ".", "en"}}}; }
ivr::Expression condition(const std::string& text) {
    return std::get<ivr::Expression>(ivr::Expression::parse(text, ivr::Expression::Wanted::Condition));
}
ivr::Sentence sentence(const std::string& text) { return std::get<ivr::Sentence>(ivr::Sentence::parse(text)); }

ivr::JoinQueue service() {
    ivr::JoinQueue join;
    join.queue = "service";
    join.full = join.timed_out = join.unavailable = 0;
    return join;
}

/// The site of the other tests with this program behind its number.
std::shared_ptr<Site> with_program(std::vector<ivr::Node> nodes) {
    auto site = Exchange::travel();
    site->directory_wait = 0ms;  // nobody's language is waited for
    auto program = std::make_shared<ivr::Program>();
    program->languages = {"zh", "en"};
    program->nodes = std::move(nodes);
    site->hotlines["95000"] = std::move(program);
    return site;
}

std::vector<std::string> names_of(const std::vector<ivr::Utterance>& words) {
    std::vector<std::string> out;
    for (const auto& word : words) out.push_back(word.name);
    return out;
}

std::shared_ptr<Site> asks_the_queue() {
    ivr::Branch branch;
    branch.cases = {{condition("queue.service.ready == 0"), 2}};
    branch.otherwise = 1;
    return with_program({{"branch", branch}, {"service", service()}, {"busy", ivr::Hangup{{spoken("busy")}}}});
}

TEST(Menus, KnowHowManyAgentsAreReady) {
    Exchange nobody(asks_the_queue());
    nobody.accepted("13800000001");
    EXPECT_EQ(names_of(nobody.prepared.back().words), std::vector<std::string>{"busy"});
    Exchange somebody(asks_the_queue());
    somebody.agent_appears("8001");
    somebody.accepted("13800000001");
    EXPECT_EQ(names_of(somebody.prepared.back().words), std::vector<std::string>{"music"});
}

TEST(Menus, KnowHowManyWait) {
    ivr::Branch branch;
    branch.cases = {{condition("queue.service.waiting >= 1"), 2}};
    branch.otherwise = 1;
    Exchange x(with_program({{"branch", branch}, {"service", service()}, {"busy", ivr::Hangup{{spoken("busy")}}}}));
    x.accepted("anonymous");
    EXPECT_EQ(names_of(x.prepared.back().words), std::vector<std::string>{"music"});
    x.accepted("anonymous");
    EXPECT_EQ(names_of(x.prepared.back().words), std::vector<std::string>{"busy"});
}

TEST(Menus, KnowHowLongOneWouldWait) {
    ivr::Branch branch;
    branch.cases = {{condition("queue.service.estimated_wait_s > 30"), 2}};
    branch.otherwise = 1;
    Exchange x(with_program({{"branch", branch}, {"service", service()}, {"busy", ivr::Hangup{{spoken("busy")}}}}));
    x.agent_appears("8001");
    const auto first_words = [&] {
        x.accepted("anonymous");
        return names_of(x.prepared.back().words);
    };
    for (int i = 0; i < 5; ++i) {  // one a minute is served
        const LegId caller = x.accepted("anonymous");
        const LegId agent = x.ringing("8001");
        x.answers(agent);
        x.pass(50s);
        x.hangs_up(caller);
        x.settle();
        x.pass(10s);
    }
    EXPECT_EQ(first_words(), std::vector<std::string>{"music"}) << "8001 is free";
    x.answers(x.ringing("8001"));
    EXPECT_EQ(first_words(), std::vector<std::string>{"busy"});
}

TEST(Menus, KnowWhoCallsWhom) {
    ivr::Say say;
    say.text = {{"zh", sentence("{caller:digits}打{called:digits}")}};
    say.next = 1;
    Exchange x(with_program({{"say", say}, {"bye", ivr::Hangup{}}}));
    x.accepted("13800000001");
    EXPECT_EQ(x.prepared.back().words.front().text, "幺三八零零零零零零零幺打九五零零零");
}

TEST(Menus, TheLanguageHeChoseIsThatOfTheQueueToo) {
    auto site = with_program({{"switch", ivr::SwitchLanguage{"en", 1}}, {"service", service()}});
    for (const char* piece : {"position_before", "position_after"})
        site->queue_sounds["service"].phrases[piece]["en"] = {"", "-", "en"};
    Exchange x(site);
    x.accepted("anonymous");
    x.pass(1s);
    x.speech_ready();
    x.pass(10s);
    EXPECT_EQ(x.prepared.back().words.front().text, "-one-");
    EXPECT_EQ(x.prepared.back().words.front().language, "en");
}

/// Everything that a fact says, in one line.
struct Words {
    std::string text;
    template <class T>
    void operator()(const char*, const T& value) {
        if constexpr (std::is_convertible_v<T, std::string>) text += value + ' ';
        if constexpr (std::is_same_v<T, std::optional<std::string>>) text += value.value_or("") + ' ';
    }
};

TEST(Menus, APinIsInNoFactAndInNoPrompt) {
    ivr::Collect pin;
    pin.variable = "pin";
    pin.prompt = {spoken("pin")};
    pin.min_digits = pin.max_digits = 4;
    pin.masked = true;
    pin.next = pin.failed = 1;
    ivr::Say say;
    say.text = {{"zh", sentence("您的密码是{pin:digits}{pin}")}};
    say.next = 2;
    Exchange x(with_program({{"pin", pin}, {"say", say}, {"bye", ivr::Hangup{}}}));
    const LegId leg = x.accepted("13800000001");
    for (const char key : std::string("2468")) x.in(DigitHeard{leg, key});
    EXPECT_EQ(x.prepared.back().words.front().text, "您的密码是");
    x.speech_ready();
    x.in(PlayEnded{leg, x.played.back().play});
    x.settle();
    EXPECT_TRUE(x.all<MenuChosen>().empty());
    ASSERT_FALSE(x.all<CallEnded>().empty());
    Words words;
    for (const auto& fact : x.facts) std::visit([&](const auto& body) { body.fields(words); }, fact.body);
    EXPECT_THAT(words.text, HasSubstr("13800000001")) << "the facts are read";
    EXPECT_THAT(words.text, Not(HasSubstr("2468")));
}

TEST(Menus, TenThousandKeysInASecondEndNothing) {
    ivr::Menu menu;
    menu.name = "main";
    menu.greeting = {spoken("hello")};
    menu.choices = {{'1', "again", 0}};
    menu.max_invalid = 20;
    menu.invalid_exit = menu.no_input_exit = 1;
    Exchange x(with_program({{"main", menu}, {"bye", ivr::Hangup{}}}));
    const LegId leg = x.accepted("13800000001");
    for (int i = 0; i < 10'000; ++i) x.in(DigitHeard{leg, i % 3 == 0 ? '7' : '1'});
    EXPECT_EQ(x.board.census(x.now).calls, 1u);
    EXPECT_TRUE(x.all<CallEnded>().empty());
    x.hangs_up(leg);
    x.settle();
    EXPECT_EQ(x.last<CallEnded>().outcome, "self_service");
}

}  // namespace
}  // namespace hotline::call
