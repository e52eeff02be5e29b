// A course in a site with two trunks, "first" and "second", that are up.
#pragma once
#include "course.h"

namespace hotline::call {

struct TrunksCourse : Course {
    static std::shared_ptr<Site> two_trunks() {
        auto site = travel();
        TrunkRules rules;
        rules.outgoing = true;
        rules.caller_id = "95000";
        site->trunks["first"] = rules;
        rules.caller_id = "95001";
        site->trunks["second"] = rules;
        site->outbound.routes = {{{}, nullptr, {"first", "second"}}};
        site->queue_caller_ids["service"] = "057195000";
        return site;
    }
    void begin_with(std::shared_ptr<Site> rules) {
        apply(std::move(rules));
        for (const char* trunk : {"first", "second"}) in(TrunkState{trunk, true, *IpAddress::parse("127.0.0.1")});
    }
    void apply(std::shared_ptr<Site> rules) {
        site = std::move(rules);
        board.reload(site, now);
        board.round(now);
    }
    LegId last_opened() const {
        for (auto it = media.rbegin(); it != media.rend(); ++it)
            if (it->starts_with("open ")) return LegId{std::stoull(it->substr(5))};
        return {};
    }
    /// The port for the trunk is there: the leg that was dialled through it.
    LegId through(const std::string& trunk) {
        const LegId leg = last_opened();
        in(AudioOpened{leg, *Address::parse("127.0.0.1:20002")});
        EXPECT_EQ(sent.back().verb, "dial out");
        EXPECT_EQ(sent.back().agent, trunk);
        EXPECT_EQ(sent.back().leg, leg);
        return leg;
    }
    void trunk_says(LegId leg, int status, LegEnded::Cause cause = LegEnded::Cause::Rejected) {
        in(LegEnded{cause, leg, status, std::to_string(status)});
    }
    std::uint64_t refused(const std::string& reason) { return board.census(now).outbound_refused[reason]; }
};

}  // namespace hotline::call
