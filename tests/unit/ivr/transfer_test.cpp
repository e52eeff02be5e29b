// The node that hands the caller on: whom it names, where its news lead, and what nobody may have it ring.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ivr/flow.h"

namespace hotline::ivr {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// The exits of every transfer here.
Flow with_exits(Flow flow) {
    flow.hangup("busy", {"is_busy"}).hangup("no_answer", {"is_away"}).hangup("failed", {"is_gone"});
    return flow;
}

Flow to_8001() { return with_exits(Flow().play("welcome", {"welcome"}, "boss").transfer("boss", "8001")); }

/// Whoever keys a number is handed on to it.
Flow to_extension() {
    Flow flow;
    flow.collect("extension", "boss", "failed").transfer("boss", "");
    auto& boss = flow.at<Transfer>("boss");
    boss.named = value("extension");
    boss.only.agents = true;
    return with_exits(std::move(flow));
}

std::vector<std::string> told_of(const Flow& flow) {
    std::vector<std::string> lines;
    for (const auto& flaw : check(flow.program()))
        lines.push_back((flaw.fatal ? "fatal " : "warning ") + flaw.node + " " + flaw.field + ": " + flaw.text);
    return lines;
}

/// The machine's wish, of a flow that begins with its transfer.
std::optional<TransferTo> wish_of(const Flow& flow) {
    Machine machine(std::make_shared<const Program>(flow.program()), {"13900001234", "95000"});
    const auto step = machine.resume(Started{}, Wall{});
    const auto* wish = step.action ? std::get_if<TransferTo>(&*step.action) : nullptr;
    return wish ? std::optional(*wish) : std::nullopt;
}

TEST(Transfer, its_news_lead_to_its_exits) {
    for (const auto& [news, said] : {std::pair(TransferNews::Busy, "is_busy"), std::pair(TransferNews::NoAnswer, "is_away"),
                                     std::pair(TransferNews::Failed, "is_gone")}) {
        Caller caller(to_8001());
        caller.calls();
        EXPECT_EQ(caller.hears_it_out(), "transfer 8001 (please_wait)");
        EXPECT_EQ(caller.tell(news), std::string("say! ") + said);
    }
}

TEST(Transfer, ends_with_the_conversation_unless_it_says_where_to_go_on) {
    Caller caller(to_8001());
    caller.calls();
    caller.hears_it_out();
    EXPECT_EQ(caller.tell(TransferNews::Over), "end");
    Flow flow = to_8001();
    flow.at<Transfer>("boss").after = flow.to("busy");
    Caller stays(flow);
    stays.calls();
    stays.hears_it_out();
    EXPECT_EQ(stays.tell(TransferNews::Over), "say! is_busy");
}

TEST(Transfer, tells_all_that_the_core_must_know) {
    Flow flow = with_exits(Flow().transfer("boss", "057188886666"));
    flow.at<Transfer>("boss").ring = 40s;
    const auto wish = wish_of(flow);
    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->to, "057188886666");
    EXPECT_EQ(wish->ring, 40s);
    EXPECT_EQ(wish->music.name, "music");
    EXPECT_FALSE(wish->only) << "what stands in the file was judged when the site was loaded";
    EXPECT_FALSE(wish->comes_back);
    flow.at<Transfer>("boss").after = flow.to("busy");
    EXPECT_TRUE(wish_of(flow)->comes_back);
}

TEST(Transfer, keys_and_late_news_mean_nothing_to_it) {
    Caller caller(to_8001());
    caller.calls();
    EXPECT_EQ(caller.tell(TransferNews::Busy), "-") << "nobody is rung yet";
    caller.hears_it_out();
    for (const Input& input :
         {Input(Digit{'0'}), Input(TimerFired{}), Input(PromptEnded{}), Input(QueueExit::Full), Input(Reply{})})
        EXPECT_EQ(caller.tell(input), "-");
    caller.tell(TransferNews::Busy);
    EXPECT_EQ(caller.tell(TransferNews::Over), "-");
}

TEST(Transfer, keys_typed_ahead_choose_nothing_afterwards) {
    Flow flow = to_8001();
    flow.menu("menu", {{'1', "busy"}}, "failed", "failed");
    flow.at<Transfer>("boss").failed = flow.to("menu");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.presses('1'), "transfer 8001 (please_wait)");
    EXPECT_EQ(caller.tell(TransferNews::Failed), "say menu_long");
}

TEST(Transfer, a_key_typed_ahead_that_means_something_anywhere_comes_first) {
    Flow flow = to_8001();
    flow.queue("service", "service", "busy", "busy", "busy").anywhere('0', "service");
    Caller caller(flow);
    caller.calls();
    EXPECT_EQ(caller.presses('0'), "[boss 0 to_service] queue service (please_wait)");
}

TEST(Transfer, to_what_was_keyed_carries_its_limits) {
    Flow flow = to_extension();
    flow.at<Transfer>("boss").only = {true, {"95588"}, {"1"}};
    Machine machine(std::make_shared<const Program>(flow.program()), {});
    machine.resume(Started{}, Wall{});
    Step step;
    for (const char key : std::string_view("8001")) step = machine.resume(Digit{key}, Wall{});
    ASSERT_TRUE(step.action);
    const auto& wish = std::get<TransferTo>(*step.action);
    EXPECT_EQ(wish.to, "8001");
    ASSERT_TRUE(wish.only);
    EXPECT_TRUE(wish.only->agents);
    EXPECT_EQ(wish.only->numbers, Names{"95588"});
    EXPECT_THAT(wish.only->prefixes, IsEmpty()) << "a beginning is no limit to who keys the rest";
}

/// The wish once a lookup has told step = 13900001234.
TransferTo after_lookup(const std::string& expression, const std::pair<std::string, std::string>& set = {"x", "1"}) {
    Flow flow;
    flow.set("no", {{"order_no", "1"}}, "order").lookup("order").set("found", {set}, "boss");
    flow.transfer("boss", "").hangup("nothing");
    auto& boss = flow.at<Transfer>("boss");
    boss.named = value(expression);
    boss.only.prefixes = {"1"};
    Machine machine(std::make_shared<const Program>(with_exits(std::move(flow)).program()), {"13900001234", "95000"});
    machine.resume(Started{}, Wall{});
    const auto step = machine.resume(Reply{Reply::Kind::Found, {"step", "owed"}, {{"13900001234", "1"}}}, Wall{});
    const auto* wish = step.action ? std::get_if<TransferTo>(&*step.action) : nullptr;
    EXPECT_TRUE(wish) << expression;
    return wish ? *wish : TransferTo{};
}

TEST(Transfer, a_beginning_counts_for_what_the_site_itself_has_told) {
    EXPECT_EQ(after_lookup("step").only->prefixes, Names{"1"});
    EXPECT_THAT(after_lookup("caller").only->prefixes, IsEmpty()) << "anyone may write any number there";
    EXPECT_THAT(after_lookup("step + owed").only->prefixes, IsEmpty()) << "made of it is not it";
    EXPECT_THAT(after_lookup("step", {"step", "caller"}).only->prefixes, IsEmpty()) << "set since";
    EXPECT_THAT(after_lookup("'13800000000'").only->prefixes, IsEmpty());
}

TEST(Transfer, fails_where_nothing_or_a_secret_is_to_be_rung) {
    Flow unset = with_exits(Flow().transfer("boss", ""));
    unset.at<Transfer>("boss").named = value("nobody");
    Caller caller(unset);
    EXPECT_EQ(caller.calls(), "say! is_gone");
    Flow secret = to_extension();
    secret.at<Collect>("extension").masked = true;
    Caller keys(secret);
    keys.calls();
    EXPECT_EQ(keys.types("8001"), "say! is_gone");
    EXPECT_THAT(told_of(secret), Contains(HasSubstr("fatal boss to.of: 'extension' is masked")));
}

TEST(CheckTransfer, finds_nothing_in_a_sound_one) {
    EXPECT_THAT(told_of(to_8001()), IsEmpty());
    EXPECT_THAT(told_of(to_extension()), IsEmpty());
}

TEST(CheckTransfer, one_that_leads_back_to_itself_spins) {
    for (auto exit : {&Transfer::busy, &Transfer::failed}) {
        Flow flow = to_8001();
        flow.at<Transfer>("boss").*exit = flow.to("boss");
        EXPECT_THAT(told_of(flow), Contains(HasSubstr("fatal boss : goes round without a word")));
    }
    Flow both = with_exits(Flow().transfer("boss", "8001").transfer("deputy", "8002"));
    both.at<Transfer>("boss").failed = both.to("deputy");
    both.at<Transfer>("deputy").busy = both.to("boss");
    EXPECT_THAT(told_of(both), Contains(HasSubstr("fatal boss : goes round without a word and without asking anything; lead one of "
                                                  "them out of the circle (boss, deputy)")));
}

TEST(CheckTransfer, who_never_answers_is_rung_for_ever) {
    Flow flow = to_8001();
    flow.at<Transfer>("boss").no_answer = flow.to("boss");
    EXPECT_THAT(told_of(flow), Contains(HasSubstr("warning boss : whoever presses nothing goes round here for ever")));
    Flow talked = to_8001();
    talked.at<Transfer>("boss").after = talked.to("boss");
    EXPECT_THAT(told_of(talked), IsEmpty()) << "somebody has talked to him";
}

TEST(CheckTransfer, exactly_one_target) {
    Flow nobody = to_8001();
    nobody.at<Transfer>("boss").to.clear();
    EXPECT_THAT(told_of(nobody), Contains(HasSubstr("fatal boss : leads to nobody, or to several")));
    Flow several = to_8001();
    several.at<Transfer>("boss").head_of = "service";
    EXPECT_THAT(told_of(several), Contains(HasSubstr("leads to nobody, or to several")));
    Flow anyone = to_extension();
    anyone.at<Transfer>("boss").only = {};
    EXPECT_THAT(told_of(anyone), Contains(HasSubstr("fatal boss to: whom it rings is only known when he calls")));
}

TEST(CheckTransfer, no_caller_may_choose_the_rest_of_a_number) {
    Flow keyed = to_extension();
    keyed.at<Transfer>("boss").only.prefixes = {"0571"};
    EXPECT_THAT(told_of(keyed), Contains(HasSubstr("fatal boss only: the caller has a hand in what this rings, and '0571'")));
    Flow shown = to_extension();
    shown.at<Transfer>("boss").named = value("caller");
    shown.at<Transfer>("boss").only.prefixes = {"1"};
    EXPECT_THAT(told_of(shown), Contains(HasSubstr("the caller has a hand in what this rings")));
    keyed.at<Transfer>("boss").only = {false, {"057188886666"}, {}};
    EXPECT_THAT(told_of(keyed), IsEmpty()) << "a whole number is one number, whoever keys it";

    Flow told;
    told.collect("order_no", "order", "failed").lookup("order").go("found", "boss").transfer("boss", "").hangup("nothing");
    told.at<Transfer>("boss").named = value("step");
    told.at<Transfer>("boss").only.prefixes = {"0571"};
    EXPECT_THAT(told_of(with_exits(told)), Not(Contains(HasSubstr("has a hand in"))));
    told.set("found", {{"step", "order_no"}}, "boss");
    EXPECT_THAT(told_of(with_exits(told)), Contains(HasSubstr("has a hand in")));
}

TEST(CheckTransfer, a_variable_that_may_be_unset_is_told) {
    Flow flow = with_exits(Flow().transfer("boss", ""));
    flow.at<Transfer>("boss").named = value("extension");
    flow.at<Transfer>("boss").only.agents = true;
    EXPECT_THAT(told_of(flow), Contains(HasSubstr("warning boss to.of: 'extension' is set nowhere")));
}

TEST(Graphviz, draws_a_transfer_with_its_target) {
    Flow flow = to_8001();
    flow.at<Transfer>("boss").after = flow.to("busy");
    const auto dot = graphviz(flow.program());
    EXPECT_THAT(dot, HasSubstr(R"(n1 [shape=octagon, label="boss\ntransfer 8001"];)"));
    EXPECT_THAT(dot, HasSubstr(R"(n1 -> n3 [label="no_answer"];)"));
    EXPECT_THAT(dot, HasSubstr(R"(n1 -> n2 [label="after"];)"));
    flow.at<Transfer>("boss").to.clear();
    flow.at<Transfer>("boss").head_of = "service";
    EXPECT_THAT(graphviz(flow.program()), HasSubstr("transfer head of service"));
}

}  // namespace
}  // namespace hotline::ivr
