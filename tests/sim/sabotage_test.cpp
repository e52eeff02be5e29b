// Can the simulation fail? Each test breaks one rule between the core and the world, and expects that somebody notices and says
// which.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quiet_log.h"
#include "world.h"

namespace hotline::sim {
namespace {

using ::testing::HasSubstr;

/// Hands everything on. A saboteur overrides one verb.
struct HonestSignaling : call::Signaling {
    call::Signaling* to = nullptr;
    void ring(LegId leg) override { to->ring(leg); }
    void early(LegId leg, const call::LocalAudio& audio) override { to->early(leg, audio); }
    void answer(LegId leg, const call::LocalAudio& audio) override { to->answer(leg, audio); }
    void refuse(LegId leg, int status, const std::string& phrase, int after) override { to->refuse(leg, status, phrase, after); }
    void dial(AgentCall call) override { to->dial(std::move(call)); }
    void dial(TrunkCall call) override { to->dial(std::move(call)); }
    void answer_offer(LegId leg, const call::LocalAudio& audio) override { to->answer_offer(leg, audio); }
    void refuse_offer(LegId leg, int status) override { to->refuse_offer(leg, status); }
    void offer(LegId leg, const call::LocalAudio& audio) override { to->offer(leg, audio); }
    void hangup(LegId leg) override { to->hangup(leg); }
    void show(const std::string& agent, const std::string& text) override { to->show(agent, text); }
};

struct HonestMedia : call::Media {
    call::Media* to = nullptr;
    void open(CallId call, LegId leg, const IpAddress& family) override { to->open(call, leg, family); }
    void connect(LegId leg, const call::AgreedAudio& audio) override { to->connect(leg, audio); }
    void play(LegId leg, call::PlayId play, std::vector<call::SoundRef> sounds, PlayMode mode) override {
        to->play(leg, play, std::move(sounds), mode);
    }
    void stop(LegId leg) override { to->stop(leg); }
    void bridge(LegId a, LegId b) override { to->bridge(a, b); }
    void unbridge(LegId leg) override { to->unbridge(leg); }
    void record(CallId call, LegId leg, const std::string& path) override { to->record(call, leg, path); }
    void mask_recording(LegId leg, bool masked) override { to->mask_recording(leg, masked); }
    void take_message(const MessageOrder& order) override { to->take_message(order); }
    void end_message(LegId leg, call::VoiceMessageId message) override { to->end_message(leg, message); }
    void load_message(call::VoiceMessageId message) override { to->load_message(message); }
    void settle_message(call::VoiceMessageId message, Fate fate) override { to->settle_message(message, fate); }
    void close(LegId leg) override { to->close(leg); }
};

/// A journal in which every third fact of one kind (or every one) is changed (or lost, or told twice) on its way.
template <class Body>
struct ForgedJournal : call::Journal {
    ForgedJournal(std::function<int(Body&)> forgery, int nth) : forge(std::move(forgery)), every(nth) {}
    call::Journal* to = nullptr;
    std::function<int(Body&)> forge;  // returns how often it is told
    int every, seen = 0;
    void append(const call::Fact& fact) override {
        call::Fact forged = fact;
        auto* body = std::get_if<Body>(&forged.body);
        const int times = body && ++seen % every == 0 ? forge(*body) : 1;
        for (int i = 0; i < times; ++i) to->append(forged);
    }
};

class Saboteur : public ::testing::Test {
  protected:
    /// What the first days say that break a rule; empty when nobody notices in fifty.
    std::string noticed(const std::function<Sabotage()>& begin) {
        QuietLog log;
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            if (const std::string rule = World(seed, Story::Untold, begin()).run(); !rule.empty()) return rule;
        }
        return {};
    }
    /// The core is told of another site than the world lives by.
    std::string noticed_site(std::function<void(call::Site&)> lie) {
        return noticed([&] {
            Sabotage sabotage;
            sabotage.site = lie;
            return sabotage;
        });
    }
    template <class Liar>
    std::string noticed_signaling(Liar&& liar) {
        return noticed([&] {
            Sabotage sabotage;
            sabotage.ports = [&liar](call::Ports ports) {
                liar.to = &ports.signaling;
                return call::Ports{liar, ports.media, ports.speech, ports.directory, ports.journal};
            };
            return sabotage;
        });
    }
    template <class Liar>
    std::string noticed_media(Liar&& liar) {
        return noticed([&] {
            Sabotage sabotage;
            sabotage.ports = [&liar](call::Ports ports) {
                liar.to = &ports.media;
                return call::Ports{ports.signaling, liar, ports.speech, ports.directory, ports.journal};
            };
            return sabotage;
        });
    }
    template <class Body>
    std::string noticed_facts(std::function<int(Body&)> forge, int every = 3) {
        std::vector<std::unique_ptr<ForgedJournal<Body>>> journals;
        return noticed([&] {
            Sabotage sabotage;
            auto* journal = journals.emplace_back(std::make_unique<ForgedJournal<Body>>(forge, every)).get();
            sabotage.ports = [journal](call::Ports ports) {
                journal->to = &ports.journal;
                return call::Ports{ports.signaling, ports.media, ports.speech, ports.directory, *journal};
            };
            return sabotage;
        });
    }
};

TEST_F(Saboteur, AnAgentIsRungForTwoCallers) {
    struct : HonestSignaling {
        std::uint64_t extra = 1'000'000;
        void dial(AgentCall call) override {
            AgentCall twin = call;
            twin.leg = LegId{++extra};
            to->dial(std::move(call));
            to->dial(std::move(twin));
        }
    } liar;
    EXPECT_THAT(noticed_signaling(liar), HasSubstr("is rung while he is in an offer or conversation"));
}

TEST_F(Saboteur, ACallGoesOutWhereThereIsNoWay) {
    EXPECT_THAT(noticed_facts<call::Dialled>([](auto& fact) { return fact.trunk = "gone", 1; }), HasSubstr("which there is not"));
    EXPECT_THAT(noticed_facts<call::Dialled>([](auto& fact) { return fact.number = "0019005551234", 1; }),
                HasSubstr("which nobody may call"));
}

TEST_F(Saboteur, DiallingNeverEnds) {
    EXPECT_THAT(noticed_facts<call::DialEnded>([](auto&) { return 0; }),
                ::testing::AnyOf(HasSubstr("still being dialled"), HasSubstr("two trunks at a time")));
    EXPECT_THAT(noticed_facts<call::DialEnded>([](auto& fact) { return fact.ring_ms += 500, 1; }), HasSubstr("rang for call"));
}

TEST_F(Saboteur, ATrunkIsCalledTwiceForOneCall) {
    struct : HonestSignaling {
        using HonestSignaling::dial;
        void dial(TrunkCall call) override { to->dial(call), to->dial(std::move(call)); }
    } liar;
    EXPECT_THAT(noticed_signaling(liar), HasSubstr("a leg is dialled twice"));
}

TEST_F(Saboteur, ADialogIsForgotten) {
    struct : HonestSignaling {
        int seen = 0;
        void hangup(LegId leg) override {
            if (++seen % 5 != 0) to->hangup(leg);
        }
    } liar;
    // The far end still stands: seen at rest, or before that in what it keeps from others (an agent, a trunk's place).
    EXPECT_THAT(noticed_signaling(liar),
                ::testing::AnyOf(HasSubstr("stands"), HasSubstr("is rung while he is in an offer"), HasSubstr("which is full")));
}

TEST_F(Saboteur, ACallIsAnsweredTwice) {
    struct : HonestSignaling {
        void answer(LegId leg, const call::LocalAudio& audio) override { to->answer(leg, audio), to->answer(leg, audio); }
    } liar;
    EXPECT_THAT(noticed_signaling(liar), HasSubstr("200 on a leg that is not early"));
}

TEST_F(Saboteur, StrangersHearEachOther) {
    struct : HonestMedia {
        LegId last;
        void bridge(LegId a, LegId b) override { to->bridge(a, last ? last : b), last = b; }
    } liar;
    EXPECT_THAT(noticed_media(liar), ::testing::AnyOf(HasSubstr("legs of two calls are bridged"), HasSubstr("port is not open")));
}

TEST_F(Saboteur, OneIsSpokenToOverWords) {
    struct : HonestMedia {
        void stop(LegId) override {}
    } liar;
    EXPECT_THAT(noticed_media(liar), HasSubstr("over words that are not at their end"));
}

TEST_F(Saboteur, NobodyKnowsWhyACallerWasSentOn) {
    EXPECT_THAT(noticed_facts<call::QueueLeft>([](auto& fact) { return fact.why.reset(), 1; }), HasSubstr("nobody knows why"));
    EXPECT_THAT(noticed_facts<call::QueueRefused>([](auto& fact) { return fact.caller = "nobody", 1; }, 1),
                HasSubstr("refuses another caller"));
}

TEST_F(Saboteur, ACallerHearsNobody) {
    struct : HonestMedia {
        void bridge(LegId, LegId) override {}
    } liar;
    EXPECT_THAT(noticed_media(liar), HasSubstr("talks and hears nobody"));
}

TEST_F(Saboteur, APortIsLeftOpen) {
    struct : HonestMedia {
        void close(LegId leg) override {
            if (leg.value % 5 != 0) to->close(leg);
        }
    } liar;
    EXPECT_THAT(noticed_media(liar), HasSubstr("is open"));
}

TEST_F(Saboteur, AMessageIsForgotten) {
    struct : HonestMedia {
        void settle_message(call::VoiceMessageId message, Fate fate) override {
            if (fate == Fate::Keep) to->settle_message(message, fate);
        }
    } liar;
    EXPECT_THAT(noticed_media(liar), HasSubstr("is neither kept nor dropped"));
}

TEST_F(Saboteur, NobodyIsToldOfAMessage) {
    EXPECT_THAT(noticed_facts<call::VoiceMessageLeft>([](auto&) { return 0; }),
                ::testing::AnyOf(HasSubstr("messages on disk"), HasSubstr("left a message that there is not")));
    EXPECT_THAT(noticed_facts<call::VoiceMessageLeft>([](auto&) { return 2; }), HasSubstr("is told twice"));
    EXPECT_THAT(noticed_facts<call::CallEnded>([](auto& fact) {
                    if (fact.outcome == "self_service") fact.outcome = "voice_message";
                    return 1;
                }),
                HasSubstr("left a message that there is not"));
}

TEST_F(Saboteur, HeIsAskedAboutAnAgentWhomHeNeverHeard) {
    EXPECT_THAT(noticed_facts<call::Surveyed>([](auto& fact) { return fact.agent = "8009", 1; }), HasSubstr("is asked about 8009"));
}

TEST_F(Saboteur, TheRoundsStop) {
    const std::string rule = noticed([] {
        Sabotage sabotage;
        sabotage.skip_rounds = true;
        return sabotage;
    });
    EXPECT_THAT(rule, ::testing::AnyOf(HasSubstr("waits in"), HasSubstr("is reserved for longer than the ring time")));
}

TEST_F(Saboteur, ACallIsNeverRecordedAsEnded) {
    EXPECT_THAT(noticed_facts<call::CallEnded>([](auto&) { return 0; }),
                ::testing::AnyOf(HasSubstr("has no CallEnded"), HasSubstr("by the facts")));
}

TEST_F(Saboteur, ACallEndsTwice) {
    EXPECT_THAT(noticed_facts<call::CallEnded>([](auto&) { return 2; }), HasSubstr("a second CallEnded after the end"));
}

TEST_F(Saboteur, ACallerNeverLeavesTheQueue) {
    EXPECT_THAT(noticed_facts<call::QueueLeft>([](auto&) { return 0; }),
                ::testing::AnyOf(HasSubstr("ends in queue"), HasSubstr("still in the queue"), HasSubstr("by the facts")));
}

TEST_F(Saboteur, AWaitIsCountedWrongly) {
    EXPECT_THAT(noticed_facts<call::QueueLeft>([](auto& fact) { return fact.wait_ms += 60'000, 1; }), HasSubstr("wait of call"));
}

TEST_F(Saboteur, TheTalkOfTheWholeIsNotTheSumOfItsParts) {
    EXPECT_THAT(noticed_facts<call::SegmentEnded>([](auto& fact) { return fact.ring_ms += 500, 1; }), HasSubstr("rang"));
}

TEST_F(Saboteur, SeveralPhonesRingAndTheOthersAreNotLetGo) {
    EXPECT_THAT(noticed_facts<call::SegmentEnded>([](auto& fact) { return fact.result == "elsewhere" ? 0 : 1; }, 1),
                HasSubstr("still rings elsewhere"));
}

TEST_F(Saboteur, ACallHasTwoCodes) {
    EXPECT_THAT(noticed_facts<call::CallCoded>([](auto&) { return 2; }), HasSubstr("no conversation of his is without a code"));
}

TEST_F(Saboteur, AnAgentsDayHasAGap) {
    EXPECT_THAT(noticed_facts<call::AgentChanged>([](auto&) { return 0; }), ::testing::Not(""));
    EXPECT_THAT(noticed_facts<call::AgentChanged>([](auto& fact) { return fact.previous_ms += 1000, 1; }),
                HasSubstr("a stretch of agent"));
}

TEST_F(Saboteur, SkillsAreForgotten) {
    const std::string rule = noticed_site([](call::Site& site) {
        for (auto& agent : site.acd.agents) agent.skills = {{"english", 9}, {"visa", 9}};
    });
    EXPECT_THAT(rule, HasSubstr("lacks what it wants"));
}

TEST_F(Saboteur, NobodyIsEverContentWithLess) {
    const std::string rule = noticed_site([](call::Site& site) {
        for (auto& queue : site.acd.queues) queue.relax.clear();
    });
    EXPECT_THAT(rule, HasSubstr("is idle"));
}

TEST_F(Saboteur, CallersStayWhereNobodyIs) {
    const std::string rule = noticed_site([](call::Site& site) {
        for (auto& queue : site.acd.queues) queue.joining = queue.staying = acd::Needs::Nobody;
    });
    EXPECT_THAT(rule, HasSubstr("although nobody is there"));
}

TEST_F(Saboteur, TheLastAreServedFirst) {
    EXPECT_THAT(noticed_facts<call::Enqueued>([](auto& fact) { return fact.priority += 5, 1; }),
                ::testing::AnyOf(HasSubstr("which is more urgent"), HasSubstr("who came first")));
}

TEST_F(Saboteur, RescueIsAQueueLikeOthers) {
    const std::string rule = noticed_site([](call::Site& site) {
        for (auto& queue : site.acd.queues) queue.priority = 0;
    });
    EXPECT_THAT(rule,
                ::testing::AnyOf(HasSubstr("waits in rescue"), HasSubstr("which is more urgent"), HasSubstr("who came first")));
}

TEST_F(Saboteur, ACallerIsOfferedToOneWhoIsNotThere) {
    EXPECT_THAT(noticed_facts<call::Offered>([](auto& fact) { return fact.agent = fact.candidates[0].agent = "8009", 1; }),
                HasSubstr("agent 8009"));
}

TEST_F(Saboteur, HonestPortsBreakNothing) {
    HonestSignaling honest;
    EXPECT_EQ(noticed_signaling(honest), "");
}

TEST_F(Saboteur, SomebodyIsCalledBackOutOfHours) {
    EXPECT_THAT(noticed_site([](call::Site& site) {
                    site.queue_hours.clear();
                    for (auto& [queue, rules] : site.callbacks) rules.hours = nullptr;
                }),
                HasSubstr("calls somebody back out of hours"));
}

TEST_F(Saboteur, SomebodyIsCalledBackMoreOftenThanAllowed) {
    EXPECT_THAT(noticed_site([](call::Site& site) {
                    for (auto& [queue, rules] : site.callbacks) rules.retries = 20;
                }),
                HasSubstr("is tried again after try"));
}

TEST_F(Saboteur, ANumberHasTwoCallbacks) {
    EXPECT_THAT(noticed_facts<call::CallbackRequested>([](call::CallbackRequested&) { return 2; }), HasSubstr("has two callbacks"));
}

TEST_F(Saboteur, ACallbackLosesThePlaceThatHeHad) {
    EXPECT_THAT(noticed_facts<call::CallbackRequested>(
                    [](call::CallbackRequested& fact) {
                        fact.place_from += std::chrono::seconds(fact.by == "key" ? 5 : 0);
                        return 1;
                    },
                    1),
                HasSubstr("loses its place to its callback"));
}

}  // namespace
}  // namespace hotline::sim
