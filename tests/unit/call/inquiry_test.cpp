// What menus ask of the outside: the answer is an event, its absence a timer, and a late one nothing.
#include <gmock/gmock.h>

#include "course.h"

namespace hotline::call {
namespace {

ivr::Prompt word(const std::string& name) { return {{"zh", {name, name, "zh"}}, {"en", {name, name + ".", "en"}}}; }
ivr::Expression expression_of(const std::string& text) {
    return std::get<ivr::Expression>(ivr::Expression::parse(text, ivr::Expression::Wanted::Value));
}

enum : ivr::NodeIndex { kAsk, kFound, kNothing, kFailed, kLocked, kNodes };

/// A site whose menu begins with this node and then says what came of it.
std::shared_ptr<Site> begins_with(ivr::NodeBody first) {
    auto site = Exchange::travel();
    site->directory_wait = 0ms;  // nobody's language is waited for
    auto program = std::make_shared<ivr::Program>();
    program->languages = {"zh", "en"};
    program->nodes = {{"ask", std::move(first)}};
    for (const char* name : {"found", "nothing", "failed", "locked"}) program->nodes.push_back({name, ivr::Hangup{{word(name)}}});
    site->hotlines["95000"] = std::move(program);
    return site;
}

ivr::Lookup lookup(bool guarded = false) {
    ivr::Lookup out{};
    out.query = std::make_shared<const ivr::Query>(ivr::Query{"order", "select $1", {"caller"}});
    out.parameters.push_back({"caller", expression_of("caller")});
    out.gives = {"step"};
    out.timeout = 3s;
    out.found = kFound, out.nothing = kNothing, out.failed = kFailed;
    if (guarded) out.guard = ivr::Lookup::Guard{"member", expression_of("'100001'"), 3, 900s, kLocked};
    return out;
}

std::string first_word(const Exchange& exchange) {
    return exchange.prepared.empty() ? "" : exchange.prepared.back().words.front().name;
}
ivr::Reply one_row() { return {ivr::Reply::Kind::Found, {"step"}, {{"出票"}}}; }

TEST(Inquiries, go_out_and_come_back) {
    Exchange exchange(begins_with(lookup()));
    exchange.accepted("13900001234");
    ASSERT_EQ(exchange.inquiries.size(), 1u);
    const auto asked = exchange.inquiries.front();
    EXPECT_EQ(asked.tables->query->name, "order");
    EXPECT_EQ(asked.tables->values, std::vector<std::optional<std::string>>{"13900001234"});
    EXPECT_EQ(first_word(exchange), "");
    exchange.in(InquiryAnswered{asked.call, asked.inquiry, one_row()});
    EXPECT_EQ(first_word(exchange), "found");
}

TEST(Inquiries, without_an_answer_end_in_their_exit_at_their_time_out) {
    Exchange exchange(begins_with(lookup()));
    exchange.accepted("13900001234");
    exchange.pass(2999ms);
    EXPECT_EQ(first_word(exchange), "");
    exchange.pass(1ms);
    EXPECT_EQ(first_word(exchange), "failed");
    const auto late = exchange.board.census(exchange.now).late_events;
    exchange.in(InquiryAnswered{exchange.inquiries[0].call, exchange.inquiries[0].inquiry, one_row()});
    EXPECT_EQ(exchange.board.census(exchange.now).late_events, late + 1) << "what comes then is dropped";
    EXPECT_EQ(first_word(exchange), "failed");
}

TEST(Inquiries, of_a_caller_who_hung_up_are_answered_in_vain) {
    Exchange exchange(begins_with(lookup()));
    const LegId leg = exchange.accepted("13900001234");
    exchange.hangs_up(leg);
    exchange.settle();
    EXPECT_EQ(exchange.board.census(exchange.now).calls, 0u);
    exchange.in(InquiryAnswered{exchange.inquiries[0].call, exchange.inquiries[0].inquiry, one_row()});
    EXPECT_EQ(first_word(exchange), "");
    EXPECT_EQ(exchange.board.census(exchange.now).timers, 0u);
}

TEST(Inquiries, an_answer_to_another_question_is_none) {
    Exchange exchange(begins_with(lookup()));
    exchange.accepted("13900001234");
    exchange.in(InquiryAnswered{exchange.inquiries[0].call, InquiryId{exchange.inquiries[0].inquiry.value + 1}, one_row()});
    EXPECT_EQ(first_word(exchange), "");
}

TEST(Inquiries, ten_thousand_keys_meanwhile_change_nothing) {
    Exchange exchange(begins_with(lookup()));
    const LegId leg = exchange.accepted("13900001234");
    for (int i = 0; i < 10'000; ++i) {
        exchange.pass(100us);
        exchange.board.on(DigitHeard{leg, "0123456789*#"[i % 12]}, exchange.now);
    }
    EXPECT_EQ(exchange.board.broken_invariant(exchange.now), "");
    EXPECT_EQ(exchange.inquiries.size(), 1u);
    exchange.pass(2s);
    EXPECT_EQ(first_word(exchange), "failed") << "3 s after the question, not after the last key";
}

TEST(Inquiries, fail_at_once_where_there_is_no_outside) {
    Exchange parts(begins_with(lookup()));
    Switchboard board({parts, parts, parts, parts, parts}, parts.leg_ids, 1000, parts.site, parts.now);
    const LegId leg = parts.leg_ids.next();
    board.on(InviteArrived{leg, {Origin::Kind::Trunk, "local"}, "13900001234", "", "95000", Exchange::pcma(), "id", {}}, parts.now);
    board.on(AudioOpened{leg, *Address::parse("127.0.0.1:20000")}, parts.now);
    board.on(LegConfirmed{leg, std::nullopt}, parts.now);
    board.round(parts.now);
    EXPECT_EQ(first_word(parts), "failed");
    EXPECT_EQ(board.broken_invariant(parts.now), "");
}

TEST(Inquiries, carry_the_callers_number_for_the_guard_or_the_call_where_it_is_withheld) {
    Exchange known(begins_with(lookup(true))), withheld(begins_with(lookup(true)));
    known.accepted("+8613900001234");
    withheld.accepted("anonymous");
    EXPECT_EQ(known.inquiries[0].tables->guard->caller, "13900001234") << "one budget, however his trunk writes his number";
    EXPECT_EQ(withheld.inquiries[0].tables->guard->caller, "call:" + to_text(withheld.inquiries[0].call))
        << "one wrong caller locks out himself, and not all who withhold their numbers";
    known.in(InquiryAnswered{known.inquiries[0].call, known.inquiries[0].inquiry, {ivr::Reply::Kind::Locked, {}, {}}});
    EXPECT_EQ(first_word(known), "locked");
}

TEST(Inquiries, know_one_caller_by_one_number) {
    for (const char* written : {"13900001234", "+8613900001234", "8613900001234", "008613900001234", "013900001234"}) {
        Exchange exchange(begins_with(lookup()));
        exchange.accepted(written);
        EXPECT_EQ(exchange.inquiries[0].tables->values, std::vector<std::optional<std::string>>{"13900001234"}) << written;
    }
    Exchange colleague(begins_with(lookup()));
    colleague.accepted("8001", "95000", Origin::Kind::Agent);
    EXPECT_EQ(colleague.inquiries[0].tables->values, std::vector<std::optional<std::string>>{"8001"});
}

TEST(Secrets, are_not_in_the_recording) {
    ivr::Collect pin{};
    pin.variable = "pin", pin.masked = true, pin.min_digits = pin.max_digits = 4;
    pin.prompt = {word("pin")};
    pin.next = kFound, pin.failed = kFailed;
    Exchange exchange(begins_with(pin));
    const LegId leg = exchange.accepted("13900001234");
    const std::string mask = "mask " + to_text(leg), unmask = "un" + mask;
    EXPECT_THAT(exchange.media, ::testing::Contains(mask)) << "from the question on: he may key into it";
    for (const char key : {'2', '4', '6'}) exchange.in(DigitHeard{leg, key});
    EXPECT_THAT(exchange.media, ::testing::Not(::testing::Contains(unmask)));
    exchange.in(DigitHeard{leg, '8'});
    EXPECT_EQ(first_word(exchange), "found");
    EXPECT_THAT(exchange.media, ::testing::Contains(unmask));
    EXPECT_EQ(std::ranges::count(exchange.media, mask), 1);
}

TEST(Inquiries, ask_the_web_in_the_same_way) {
    ivr::Webhook hook{};
    hook.url = "https://crm.example/x";
    hook.next = kFound, hook.failed = kFailed, hook.timed_out = kNothing;
    Exchange exchange(begins_with(hook));
    exchange.accepted("13900001234");
    ASSERT_EQ(exchange.inquiries.size(), 1u);
    EXPECT_EQ(exchange.inquiries[0].web->url, "https://crm.example/x");
    exchange.pass(5s);
    EXPECT_EQ(first_word(exchange), "nothing");
}

TEST(LeftBehind, becomes_facts) {
    ivr::Apply apply{};
    apply.what = "course", apply.action = "cancel";
    apply.id = expression_of("'7'");
    apply.details = {{"from", expression_of("caller")}};
    apply.next = kFound;
    auto site = begins_with(apply);
    auto program = std::make_shared<ivr::Program>(*site->hotlines["95000"]);
    program->nodes[kAsk].counts = ivr::Counts{"lesson", expression_of("'7'"), std::nullopt};
    site->hotlines["95000"] = program;
    Exchange exchange(site);
    exchange.accepted("13900001234");
    const auto applied = exchange.last<Applied>();
    EXPECT_EQ(applied.caller + applied.what + applied.action + applied.object_id.value_or("-") + applied.object_name.value_or("-"),
              "13900001234coursecancel7-");
    ASSERT_EQ(applied.details.size(), 1u);
    EXPECT_EQ(applied.details[0].name + applied.details[0].value, "from13900001234");
    EXPECT_EQ(exchange.last<SelfServed>().what, "lesson");
}

TEST(LeftBehind, the_language_of_a_caller_who_can_be_known_again) {
    ivr::SwitchLanguage other{};
    other.next = kFound;
    Exchange known(begins_with(other)), withheld(begins_with(other));
    known.accepted("13900001234");
    withheld.accepted("anonymous");
    EXPECT_EQ(known.last<LanguageSwitched>().language, "en");
    EXPECT_TRUE(withheld.all<LanguageSwitched>().empty());
    EXPECT_EQ(first_word(known), "found");
    EXPECT_EQ(known.prepared.back().words.front().language, "en");
}

TEST(Directory, tells_the_language_that_a_caller_chose_before) {
    Exchange exchange(begins_with(ivr::Hangup{{word("bye")}}));
    const LegId leg = exchange.invite("13900001234");
    ASSERT_EQ(exchange.looked_up.size(), 1u);
    exchange.in(CustomerFound{exchange.looked_up[0], {}, "en"});
    exchange.in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    exchange.in(LegConfirmed{leg, std::nullopt});
    EXPECT_EQ(exchange.prepared.back().words.front().language, "en");
}

/// The words wait for the directory: 300 ms from the INVITE.
std::shared_ptr<Site> waits_for_the_directory(ivr::NodeBody first = ivr::Hangup{{word("hello")}}) {
    auto site = begins_with(std::move(first));
    site->directory_wait = 300ms;
    return site;
}
std::string first_language(const Exchange& exchange) { return exchange.prepared.back().words.front().language; }

TEST(Directory, is_waited_for_a_moment_so_that_the_first_words_are_in_his_language) {
    Exchange exchange(waits_for_the_directory());
    exchange.accepted("13900001234");
    exchange.pass(250ms);
    EXPECT_TRUE(exchange.prepared.empty());
    exchange.in(CustomerFound{exchange.looked_up[0], {}, "en"});
    EXPECT_EQ(first_language(exchange), "en");
    EXPECT_EQ(exchange.prepared.size(), 1u);
}

TEST(Directory, is_waited_for_no_longer_than_300_ms_after_the_invite) {
    Exchange exchange(waits_for_the_directory());
    const LegId leg = exchange.invite("13900001234");
    exchange.pass(200ms);  // it took so long to answer him
    exchange.in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
    exchange.in(LegConfirmed{leg, std::nullopt});
    exchange.pass(99ms);
    EXPECT_TRUE(exchange.prepared.empty());
    exchange.pass(1ms);
    EXPECT_EQ(first_language(exchange), "zh");
    exchange.in(CustomerFound{exchange.looked_up[0], {}, "en"});
    EXPECT_EQ(exchange.prepared.size(), 1u) << "not said twice";
    EXPECT_EQ(exchange.board.broken_invariant(exchange.now), "");
}

TEST(Directory, is_not_waited_for_where_there_is_one_language_or_no_number) {
    auto site = waits_for_the_directory();
    Exchange withheld(site);
    withheld.accepted("anonymous");
    EXPECT_EQ(withheld.prepared.size(), 1u);
    auto program = std::make_shared<ivr::Program>(*site->hotlines.at("95000"));
    program->languages = {"zh"};
    site->hotlines["95000"] = program;
    Exchange one(site);
    one.accepted("13900001234");
    EXPECT_EQ(one.prepared.size(), 1u);
}

TEST(Directory, keys_while_it_is_waited_for_count) {
    ivr::Collect digits{};
    digits.variable = "pin", digits.min_digits = digits.max_digits = 2;
    digits.prompt = {word("digits")};
    digits.next = kFound, digits.failed = kFailed;
    Exchange exchange(waits_for_the_directory(digits));
    const LegId leg = exchange.accepted("13900001234");
    exchange.in(DigitHeard{leg, '1'});
    exchange.in(DigitHeard{leg, '2'});
    exchange.in(CustomerFound{exchange.looked_up[0], {}, ""});
    EXPECT_EQ(first_word(exchange), "found");
}

TEST(Directory, who_hangs_up_while_it_is_waited_for_is_gone) {
    Exchange exchange(waits_for_the_directory());
    exchange.hangs_up(exchange.accepted("13900001234"));
    exchange.in(CustomerFound{exchange.looked_up[0], {}, "en"});
    exchange.pass(1s);
    exchange.settle();
    EXPECT_TRUE(exchange.prepared.empty());
    EXPECT_EQ(exchange.all<CallEnded>().size(), 1u);
}

}  // namespace
}  // namespace hotline::call
