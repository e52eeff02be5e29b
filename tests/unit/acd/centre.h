// A small call centre on a clock that the test moves. Its verbs are the domain's, and after each of them the whole of the
// distributor's books is checked.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hotline/acd/acd.h"

namespace hotline::acd {

/// What is special about a caller.
struct Wish {
    int boost = 0;
    std::vector<std::string> knows = {};  // agents who served him, best first
    Duration ago{0};                      // entered so long ago
    bool returns = false;
    std::vector<SkillWish> skills = {};
    std::string named = {};              // asks for this agent
    std::vector<std::string> been = {};  // queues that sent him on before
};

class Centre : public ::testing::Test {
  protected:
    // ── The house ──
    QueueConfig& queue(const std::string& name) {
        QueueConfig queue;
        queue.name = name;
        queue.wrapup_mode = WrapUpMode::None;
        return config.queues.emplace_back(queue);
    }
    void agent(const std::string& name, const std::vector<std::string>& queues) {
        config.agents.push_back({.name = name, .queues = queues});
    }
    /// Takes the configuration; everybody logs in, one second after the other, so that the first has been idle longest.
    void open() {
        acd.configure(config, now);
        for (const AgentConfig& each : config.agents) {
            acd.set_present(id(each.name), true, now);
            now += 1s;
        }
        check();
    }
    /// One queue `service` of these rules, and agents who serve it.
    QueueConfig& service(const std::vector<std::string>& names) {
        for (const std::string& name : names) agent(name, {"service"});
        return queue("service");
    }

    // ── Callers ──
    CallId joins(const std::string& queue_name, const Wish& wish = {}) {
        CallId call = next_call();
        Outcome outcome = tries(call, queue_name, wish);
        EXPECT_TRUE(outcome.ok());
        return call;
    }
    Outcome tries(CallId call, const std::string& queue_name, const Wish& wish = {}) {
        Caller caller{call, acd.queue(queue_name), now - wish.ago, wish.boost, ids(wish.knows), wish.returns, wish.skills};
        caller.named = id(wish.named);
        for (const std::string& each : wish.been) caller.been.push_back(acd.queue(each));
        Outcome outcome = acd.enqueue(caller, now);
        check();
        return outcome;
    }
    CallId next_call() { return CallId{++calls}; }
    void leaves(CallId call) { acd.leave(call, now), check(); }

    // ── Time and decisions ──
    Decisions after(Duration passed) {
        now += passed;
        Decisions decisions = acd.decide(now);
        check();
        EXPECT_TRUE(!acd.next_deadline() || *acd.next_deadline() > now) << "a decision leaves nothing to be decided";
        return decisions;
    }
    Decisions at_once() { return after(0s); }
    /// Who is rung now, in order.
    std::vector<std::string> rung(const std::vector<Offer>& offers) const {
        std::vector<std::string> out;
        for (const Offer& each : offers) out.push_back(name(each.agent));
        return out;
    }
    /// The one offer that is decided now.
    Offer offer() {
        Decisions decisions = at_once();
        EXPECT_EQ(decisions.offers.size(), 1u);
        return decisions.offers.empty() ? Offer{} : decisions.offers.front();
    }
    bool nobody_offered() { return at_once().offers.empty(); }

    // ── Agents ──
    void answers(const Offer& offered) { EXPECT_TRUE(acd.on_answered(offered.id, now)), check(); }
    void misses(const Offer& offered, Miss why = Miss::NoAnswer) { EXPECT_TRUE(acd.on_missed(offered.id, why, now)), check(); }
    /// Takes the caller who is offered now, who must be offered to this agent.
    void talks(const std::string& name) {
        Offer offered = offer();
        EXPECT_EQ(acd.view(offered.agent)->name, name);
        answers(offered);
    }
    std::optional<Time> hangs_up(const std::string& name) {
        auto ends = acd.on_talk_ended(id(name), now);
        check();
        return ends;
    }
    void pauses(const std::string& name) { acd.pause(id(name), "lunch", now), check(); }
    void resumes(const std::string& name) { acd.resume(id(name), now), check(); }
    void logs_out(const std::string& name) { acd.set_present(id(name), false, now), check(); }
    void logs_in(const std::string& name) { acd.set_present(id(name), true, now), check(); }
    void busy(const std::string& name, bool is) { acd.set_busy(id(name), is, now), check(); }
    Occupancy occupancy(const std::string& name) { return acd.view(id(name))->occupancy; }

    AgentId id(const std::string& name) const { return acd.agent(name); }
    std::vector<AgentId> ids(const std::vector<std::string>& names) const {
        std::vector<AgentId> out;
        for (const std::string& name : names) out.push_back(id(name));
        return out;
    }
    std::string name(AgentId agent) const { return std::string(acd.view(agent)->name); }
    void check() { ASSERT_EQ(acd.broken_invariant(now), ""); }

    Config config;
    Acd acd;
    Time now = Time{} + 1000h;
    std::uint64_t calls = 0;
};

}  // namespace hotline::acd
