// What a conversation was about, by key sequence at the agent's phone.
#include "course.h"

namespace hotline::call {
namespace {

struct Codes : Course {
    static std::shared_ptr<Site> coded(acd::WrapUpMode mode = acd::WrapUpMode::AtMost, const std::string& otherwise = "nothing") {
        auto fresh = travel();
        fresh->acd.queues.front().wrapup_mode = mode;
        fresh->wrapup_codes["service"] = {{{"1", "booked"}, {"25", "asked"}}, otherwise};
        for (const char* name : {"agent_coded", "agent_code_unknown"}) fresh->system_prompts[name] = {{"zh", {name, name, "zh"}}};
        return fresh;
    }
    /// Dials it and hangs up; returns what was said to him.
    std::string dials(const std::string& number) {
        const LegId leg = accepted("8001", number, Origin::Kind::Agent);
        const std::string said = prepared.back().words.empty() ? "" : prepared.back().words[0].name;
        hangs_up(leg);
        settle();
        return said;
    }
};

TEST_F(Codes, WhatHeSaysWhileHeWrapsUpIsWrittenWhenHeIsDone) {
    board.reload(coded(), now);
    const auto [caller, agent] = talking();
    hangs_up(caller);
    settle();
    const CallId call = facts.back().call;
    EXPECT_EQ(dials("*751"), "agent_coded");
    EXPECT_TRUE(all<CallCoded>().empty()) << "he may change his mind";
    EXPECT_EQ(dials("*7525"), "agent_coded");
    pass(10s);
    ASSERT_EQ(all<CallCoded>().size(), 1u);
    EXPECT_EQ(last<CallCoded>().code, "asked");
    EXPECT_EQ(last<CallCoded>().how, "agent");
    EXPECT_EQ(last<CallCoded>().queue, "service");
    EXPECT_EQ(last<CallCoded>().agent, "8001");
    EXPECT_EQ(last<WrapUpEnded>().wrapup_ms, 10000) << "saying it ends nothing";
    EXPECT_EQ(dials("*751"), "agent_code_unknown") << "too late";
    EXPECT_EQ(all<CallCoded>().size(), 1u);
    (void)agent, (void)call;
}

TEST_F(Codes, WhatHasBeenSaidIsWrittenWhenTheHouseCloses) {
    board.reload(coded(acd::WrapUpMode::Exactly), now);
    const auto [caller, agent] = talking();
    hangs_up(caller);
    settle();
    EXPECT_EQ(dials("*751"), "agent_coded");
    board.stop("shutdown", now);
    ASSERT_EQ(all<CallCoded>().size(), 1u);
    EXPECT_EQ(last<CallCoded>().code, "booked");
    EXPECT_EQ(all<WrapUpEnded>().size(), 1u);
    (void)agent;
}

TEST_F(Codes, TheCodeBelongsToTheCallThatItIsAbout) {
    board.reload(coded(), now);
    const auto [caller, agent] = talking();
    CallId about;
    for (const auto& fact : facts)
        if (std::holds_alternative<Answered>(fact.body)) about = fact.call;
    dials("*751");  // in another call of his, while the first one goes on
    hangs_up(caller);
    settle();
    pass(10s);
    for (const auto& fact : facts) {
        if (std::holds_alternative<CallCoded>(fact.body)) {
            EXPECT_EQ(fact.call, about);
        }
    }
    EXPECT_EQ(last<CallCoded>().code, "booked");
    (void)agent;
}

TEST_F(Codes, SilenceIsTheDefault) {
    board.reload(coded(), now);
    const auto [caller, agent] = talking();
    hangs_up(caller);
    settle();
    pass(10s);
    EXPECT_EQ(last<CallCoded>().code, "nothing");
    EXPECT_EQ(last<CallCoded>().how, "default");
    (void)agent;
}

TEST_F(Codes, WithoutADefaultSilenceIsNothing) {
    board.reload(coded(acd::WrapUpMode::AtMost, ""), now);
    const auto [caller, agent] = talking();
    hangs_up(caller);
    settle();
    pass(10s);
    EXPECT_TRUE(all<CallCoded>().empty());
    (void)agent;
}

TEST_F(Codes, ACodeThatTheQueueDoesNotHaveIsToldAndNotTaken) {
    board.reload(coded(), now);
    EXPECT_EQ(dials("*751"), "agent_code_unknown") << "there was no conversation";
    const auto [caller, agent] = talking();
    hangs_up(caller);
    settle();
    EXPECT_EQ(dials("*753"), "agent_code_unknown");
    EXPECT_EQ(dials("*75"), "agent_code_unknown");
    pass(10s);
    EXPECT_EQ(last<CallCoded>().how, "default");
    (void)agent;
}

TEST_F(Codes, WithoutAWrapUpItIsWrittenWhenTheyHangUp) {
    board.reload(coded(acd::WrapUpMode::None), now);
    const auto [caller, agent] = talking();
    EXPECT_EQ(dials("*751"), "agent_coded");
    EXPECT_TRUE(all<CallCoded>().empty());
    hangs_up(caller);
    EXPECT_EQ(last<CallCoded>().code, "booked");
    (void)agent;
}

TEST_F(Codes, UntilHeIsDoneHeHasTime) {
    board.reload(coded(acd::WrapUpMode::UntilDone), now);
    const auto [caller, agent] = talking();
    hangs_up(caller);
    settle();
    pass(1h);
    EXPECT_EQ(dials("*751"), "agent_coded");
    dials("*74");
    EXPECT_EQ(last<WrapUpEnded>().how, "done");
    EXPECT_EQ(last<CallCoded>().code, "booked");
    (void)agent;
}

TEST_F(Codes, WhereNoQueueHasCodesTheSequenceIsANumberLikeAnyOther) {
    accepted("8001", "*751", Origin::Kind::Agent);
    EXPECT_EQ(last<CallArrived>().purpose, "unknown");
}

}  // namespace
}  // namespace hotline::call
