// Callers of a site whose menu hands them on.
#pragma once
#include "trunks.h"

namespace hotline::call {

inline constexpr const char* kSomebody = "13900001234";

/// Keys of the menu, whose exits all say a word of their own and hang up.
inline constexpr char kAgent = '1', kHead = '2', kOutside = '3', kStays = '4', kOutsideStays = '5', kTyped = '6', kQueue = '0';

struct HandedOn : TrunksCourse {
    HandedOn() {
        begin_with(with_transfers());
        agent_appears("8001");
    }

    static ivr::Prompt words(const std::string& name) { return {{"zh", {name, name, "zh"}}}; }

    static std::shared_ptr<Site> with_transfers() {
        auto site = two_trunks();
        site->outbound.transfers = {{"1", "0"}, 2, 3};
        site->heads["service"] = "8001";
        site->hotlines["95000"] = program();
        return site;
    }
    static std::shared_ptr<const ivr::Program> program() {
        enum : ivr::NodeIndex { kMenu, kA, kH, kO, kS, kOs, kDigits, kT, kQ, kBusy, kAway, kGone, kAfter };
        const auto transfer = [](const std::string& to) {
            ivr::Transfer out{};
            out.to = to;
            out.announcement = {words("please_wait")};
            out.music = words("music");
            out.ring = 20s;
            out.busy = kBusy, out.no_answer = kAway, out.failed = kGone;
            return out;
        };
        auto program = std::make_shared<ivr::Program>();
        program->name = "main";
        ivr::Menu menu;
        menu.name = "main";
        menu.greeting = {words("welcome")};
        menu.choices = {{kAgent, "agent", kA},
                        {kHead, "head", kH},
                        {kOutside, "outside", kO},
                        {kStays, "stays", kS},
                        {kTyped, "typed", kDigits},
                        {kQueue, "person", kQ},
                        {kOutsideStays, "outside stays", kOs}};
        menu.invalid_exit = menu.no_input_exit = kGone;
        auto head = transfer("");
        head.head_of = "service";
        auto stays = transfer("8001");
        stays.after = kAfter;
        auto outside_stays = transfer(kSomebody);
        outside_stays.after = kAfter;
        ivr::Collect digits;
        digits.variable = "number";
        digits.prompt = {words("type")};
        digits.next = kT, digits.failed = kGone;
        auto typed = transfer("");
        typed.named = std::get<ivr::Expression>(ivr::Expression::parse("number", ivr::Expression::Wanted::Value));
        typed.only = {true, {kSomebody}, {"0"}};
        ivr::JoinQueue queue;
        queue.queue = "service";
        queue.full = queue.unavailable = kGone;
        queue.timed_out = kO;
        program->nodes = {{"menu", menu},
                          {"agent", transfer("8001")},
                          {"head", head},
                          {"outside", transfer(kSomebody)},
                          {"stays", stays},
                          {"outside stays", outside_stays},
                          {"digits", digits},
                          {"typed", typed},
                          {"queue", queue},
                          {"busy", ivr::Hangup{{words("is_busy")}}},
                          {"away", ivr::Hangup{{words("is_away")}}},
                          {"gone", ivr::Hangup{{words("is_gone")}}},
                          {"after", ivr::Hangup{{words("and_then")}}}};
        return program;
    }

    /// A caller who pressed this key in the menu.
    LegId chooses(char key, const std::string& caller = "13800000001") {
        const LegId leg = accepted(caller);
        in(CustomerFound{looked_up.back(), {}});
        in(DigitHeard{leg, key});
        return leg;
    }
    /// What the caller is being told by the menu now.
    std::string hears() const { return prepared.back().words.front().name; }
    std::string state_of(const std::string& agent) const {
        std::string state;
        for (const auto& change : all<AgentChanged>())
            if (change.agent == agent) state = change.state;
        return state;
    }
    std::string bridge(LegId a, LegId b) const { return "bridge " + to_text(a) + ' ' + to_text(b); }
    Transferred result() const { return last<Transferred>(); }
    /// The caller hears the farewell out, and it is over.
    void farewell() {
        speech_ready();
        in(PlayEnded{played.back().leg, played.back().play});
        everything_is_over();
    }
};

}  // namespace hotline::call
