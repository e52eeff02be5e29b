// A voice message in the life of its call: kept, dropped, lost, and when its caller is gone.
#include <gmock/gmock.h>

#include "course.h"

namespace hotline::call {
namespace {

using ::testing::EndsWith;

constexpr const char* kHash = "5e884898da28047151d0e56f8dc6292773603d0d6aabbd62a11ef721d1542d8";

std::shared_ptr<Site> with_message_node(bool review) {
    auto site = Exchange::travel();
    auto program = std::make_shared<ivr::Program>(*site->hotlines["95000"]);
    ivr::Record record;
    record.what = "complaint";
    record.longest = 60s;
    record.silence = 5s;
    record.shortest = 2s;
    record.max_silent = 1;
    if (review) record.review.emplace().prompt = {{{"zh", {"review", "重听请按二", "zh"}}}};
    program->nodes.push_back({"message", record});
    program->nodes.push_back({"thanks", ivr::Hangup{}});
    auto& message = std::get<ivr::Record>(program->nodes[5].body);
    message.next = 6, message.silent = message.discarded = 4, message.failed = 1;
    std::get<ivr::Menu>(program->nodes[0].body).choices.push_back({'6', "complaint", 5});
    site->hotlines["95000"] = program;
    return site;
}

struct Messages : testing::Test, Exchange {
    explicit Messages(bool review = false) : Exchange(with_message_node(review)) {}
    /// A caller who hears the tone.
    LegId speaks() {
        const LegId leg = accepted("13800000001");
        in(DigitHeard{leg, '6'});
        EXPECT_TRUE(did("message " + to_text(leg)));
        return leg;
    }
    VoiceMessageId message() const { return messages.back().message; }
    void ended(Duration spoken) { in(VoiceMessageEnded{message(), spoken + 1s, spoken}); }
    void saved() { in(VoiceMessageSaved{message(), messages.back().path, kHash, 11s}); }
    void everything_is_over() {
        settle();
        const Census c = board.census(now);
        EXPECT_EQ(c.calls + c.legs + c.machines + c.timers + c.messages, 0u);
    }
};

TEST_F(Messages, IsTakenAsTheNodeSays) {
    speaks();
    const auto& order = messages.back();
    EXPECT_EQ(order.tone, Media::MessageOrder::Tone::Beep);
    EXPECT_EQ(order.longest, 60s);
    EXPECT_EQ(order.silence, 5s);
    EXPECT_THAT(order.path, EndsWith("-message-1.wav"));
    EXPECT_EQ(order.path.substr(0, recording.size() - 4), recording.substr(0, recording.size() - 4))
        << "next to the call's recording";
}

TEST_F(Messages, IsKeptAndOnRecord) {
    const LegId leg = speaks();
    ended(10s);
    EXPECT_TRUE(did("keep message 1"));
    EXPECT_TRUE(all<VoiceMessageLeft>().empty()) << "the disk has the word";
    saved();
    const auto fact = last<VoiceMessageLeft>();
    EXPECT_EQ(fact.caller, "13800000001");
    EXPECT_EQ(fact.what, "complaint");
    EXPECT_EQ(fact.queue, std::nullopt);
    EXPECT_EQ(fact.ms, 11'000);
    EXPECT_EQ(fact.recording, messages.back().path);
    EXPECT_EQ(fact.recording_sha256, kHash);
    EXPECT_EQ(sent.back().verb, "hangup") << "the flow goes on to its end";
    hangs_up(leg);
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "voice_message");
}

TEST_F(Messages, EndsWithTheKey) {
    const LegId leg = speaks();
    in(DigitHeard{leg, '#'});
    EXPECT_TRUE(did("end message " + to_text(leg)));
}

TEST_F(Messages, WhoHangsUpAfterHeHasSpokenHasLeftIt) {
    const LegId leg = speaks();
    hangs_up(leg);
    ended(3s);
    EXPECT_TRUE(did("keep message 1"));
    settle();
    EXPECT_EQ(last<CallEnded>().outcome, "voice_message");
    EXPECT_EQ(board.census(now).messages, 1u) << "it outlives its call";
    saved();
    EXPECT_EQ(last<VoiceMessageLeft>().what, "complaint");
    everything_is_over();
}

TEST_F(Messages, WhoHangsUpBeforeHeHasSpokenHasLeftNone) {
    const LegId leg = speaks();
    hangs_up(leg);
    ended(1s);
    EXPECT_TRUE(did("drop message 1"));
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "self_service") << "he had asked for it by key";
    EXPECT_TRUE(all<VoiceMessageLeft>().empty());
}

TEST_F(Messages, WhoSaysNothingIsLedAway) {
    const LegId leg = speaks();
    ended(500ms);
    EXPECT_TRUE(did("drop message 1"));
    EXPECT_EQ(sent.back().verb, "hangup");
    hangs_up(leg);
    everything_is_over();
}

TEST_F(Messages, AFullDiskLeadsToItsExit) {
    speaks();
    in(VoiceMessageLost{message(), "only 3 MB are free"});
    EXPECT_EQ(last<VoiceMessageMissed>().why, "only 3 MB are free");
    pass(1s);  // the directory's time
    EXPECT_EQ(last<Enqueued>().queue, "service");
    ended(10s);  // what media had under way
    EXPECT_FALSE(did("keep message 1"));
    EXPECT_EQ(board.census(now).messages, 0u);
}

TEST_F(Messages, ADiskThatFailsAtTheEndLeadsThereToo) {
    speaks();
    ended(10s);
    in(VoiceMessageLost{message(), "cannot rename"});
    pass(1s);
    EXPECT_EQ(last<Enqueued>().queue, "service");
    EXPECT_EQ(all<VoiceMessageMissed>().size(), 1u);
}

TEST_F(Messages, ADiskThatDoesNotAnswerIsNotWaitedFor) {
    speaks();
    ended(10s);
    pass(3s);
    EXPECT_EQ(last<Enqueued>().queue, "service");
    saved();
    EXPECT_EQ(all<VoiceMessageLeft>().size(), 1u) << "and it is on record all the same";
}

TEST_F(Messages, MediaThatNeverSaysItsEndIsNotWaitedFor) {
    const LegId leg = speaks();
    pass(66s);
    EXPECT_EQ(last<Enqueued>().queue, "service");
    EXPECT_TRUE(did("end message " + to_text(leg)));
    ended(20s);
    EXPECT_TRUE(did("keep message 1")) << "what he said is not lost";
}

TEST_F(Messages, OneThatWasLostIsNone) {
    const LegId leg = speaks();
    hangs_up(leg);
    ended(0s);
    everything_is_over();
    const LegId again = speaks();
    ended(10s);
    in(VoiceMessageLost{message(), "full"});
    hangs_up(again);
    settle();
    EXPECT_EQ(last<CallEnded>().outcome, "abandoned");
}

TEST_F(Messages, MoreThanCallsMayBeDoNotWaitForTheDisk) {
    site->max_calls = 1;
    board.reload(std::make_shared<Site>(*site), now);
    const LegId leg = speaks();
    hangs_up(leg);
    ended(10s);
    settle();
    const LegId second = accepted("13800000002");
    in(DigitHeard{second, '6'});
    EXPECT_EQ(messages.size(), 1u);
    pass(1s);
    EXPECT_EQ(last<Enqueued>().queue, "service");
}

struct Reviews : Messages {
    Reviews() : Messages(true) {}
    LegId reviews() {
        const LegId leg = speaks();
        ended(10s);
        speech_ready();
        return leg;
    }
};

TEST_F(Reviews, HeHearsWhatHeHasSaid) {
    const LegId leg = reviews();
    in(DigitHeard{leg, '2'});
    EXPECT_TRUE(did("load message 1"));
    const auto before = played.size();
    in(VoiceMessageLoaded{message(), sound()});
    ASSERT_EQ(played.size(), before + 1);
    in(PlayEnded{leg, played.back().play});
    EXPECT_EQ(prepared.back().words[0].name, "review");
}

TEST_F(Reviews, WhatCannotBeReadIsSkipped) {
    const LegId leg = reviews();
    in(DigitHeard{leg, '2'});
    in(VoiceMessageLoaded{message(), nullptr});
    EXPECT_EQ(prepared.size(), 3u) << "welcome, review, review";
    in(DigitHeard{leg, '2'});
    pass(5s);
    EXPECT_EQ(prepared.size(), 4u) << "nor is it waited for";
}

TEST_F(Reviews, HeSpeaksItAnew) {
    const LegId leg = reviews();
    in(DigitHeard{leg, '3'});
    EXPECT_TRUE(did("drop message 1"));
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_THAT(messages.back().path, EndsWith("-message-2.wav"));
    EXPECT_TRUE(all<VoiceMessageLeft>().empty());
}

TEST_F(Reviews, HeDiscardsIt) {
    const LegId leg = reviews();
    in(DigitHeard{leg, '4'});
    EXPECT_TRUE(did("drop message 1"));
    hangs_up(leg);
    everything_is_over();
    EXPECT_NE(last<CallEnded>().outcome, "voice_message");
}

TEST_F(Reviews, WhoHangsUpInItHasLeftHisMessage) {
    const LegId leg = reviews();
    hangs_up(leg);
    EXPECT_TRUE(did("keep message 1"));
    saved();
    everything_is_over();
    EXPECT_EQ(last<CallEnded>().outcome, "voice_message");
    EXPECT_EQ(all<VoiceMessageLeft>().size(), 1u);
}

}  // namespace
}  // namespace hotline::call
