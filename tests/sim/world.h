// A whole day of a call centre around one real Switchboard, in virtual time.
//
//   customers, agents ──▶ FakeSignaling ─┐                        ┌─▶ Ledger (facts)  ─┐
//                         FakeMedia     ─┼─ events ▶ Switchboard ─┤                    ├─▶ Verdict: the first broken rule
//                 FakeSpeech, Directory ─┘     ▲ ports ▼          └─▶ Watch (bystander)┘
//
// A day has two parts: callers arrive and everything that can go wrong does; then calm, in which everything must come to rest.
#pragma once
#include <memory>

#include "hotline/call/switchboard.h"
#include "ledger.h"
#include "media.h"
#include "outside.h"
#include "signaling.h"

namespace hotline::sim {

/// How a test breaks the core from outside, to see that somebody notices: puts other ports between the core and the world, tells it
/// of another site, or stops its rounds.
struct Sabotage {
    std::function<call::Ports(call::Ports)> ports = [](call::Ports untouched) { return untouched; };
    std::function<void(call::Site&)> site = [](call::Site&) {};
    bool skip_rounds = false;  // between the first and the third minute
};

enum class Story { Untold, Told };

class World : FakeSignaling::FarEnds {
  public:
    explicit World(std::uint64_t seed, Story story = Story::Untold, const Sabotage& sabotage = {});
    ~World() override;

    /// Runs the day. Empty when no rule was broken, else the first that was.
    std::string run();

    const Ledger& ledger() const { return ledger_; }
    const FakeSignaling& signaling() const { return signaling_; }
    call::Census census() const { return board_->census(timeline_.now()); }
    /// The last events and facts, newest last, for the reader of a failure; kept only when the story is told.
    std::string story(std::size_t lines) const;

  private:
    // ── The clock ──
    void run_until(Time end);
    bool step(Time end);
    void round();
    void deliver(const call::Event& event);
    void tell(const std::string& line);  // to the story

    // ── Customers ──
    void arrive();
    void behave(LegId leg);  // keys, hold, patience
    void press_something(LegId leg);
    void accepted(LegId leg) override;
    void over(LegId) override {}

    // ── Agents ──
    struct Phone {
        int contacts = 0;
        Time last_word{};
    };
    void agents_live();
    void register_phone(const std::string& agent, int contacts);
    void star_code(const std::string& agent);
    void dials(const std::string& agent, const std::string& number);
    Reaction rings(const std::string& agent) override;
    void talks(LegId leg, const std::string& agent) override;
    void trunk_changes(const std::string& trunk, bool up);
    CarrierReaction carries(const std::string& trunk) override;

    // ── The house ──
    void reload();
    void take_up_callbacks();
    std::shared_ptr<const call::Site> told_site() const;
    void shut_down();
    void calm_down();
    void come_to_rest();

    // ── The bystander (watch.cpp) ──
    void watch();
    void watch_agents();
    void watch_legs();
    void watch_bridges();
    void watch_census();
    void judge_offer(CallId call, const call::Offered& offer);
    void judge_dialling(CallId call, const call::Dialled& dialled);
    bool may_wait_for_one(CallId call, const Ledger::CallBook& book) const;
    bool is_free(const std::string& agent) const;
    bool fits(const std::string& agent, const Ledger::CallBook& book, Wall::duration waited, std::set<std::string> queues) const;
    bool may_fit(const std::string& agent, const Ledger::CallBook& book, const call::Offered& offer);
    bool surely_fits(const std::string& agent, const Ledger::CallBook& book) const;
    bool may_stay(const Ledger::CallBook& book) const;
    bool calls_back_now(const std::string& queue) const;
    std::int64_t urgency(const Ledger::CallBook& book, Wall::duration waited) const;

    Dice dice_;
    Character day_;
    Sabotage sabotage_;
    Timeline timeline_;
    Verdict verdict_;
    std::shared_ptr<const call::Site> site_;
    std::map<std::string, std::set<std::string>> once_helped_;  // queue → who helped it by rules of sites before this one
    Ledger ledger_;
    FakeSignaling signaling_;
    FakeMedia media_;
    FakeSpeech speech_;
    FakeDirectory directory_;
    FakeInquiries inquiries_;
    IdSource<LegId> leg_ids_;
    std::unique_ptr<call::Switchboard> board_;
    std::map<std::string, Phone> phones_;
    std::map<std::string, int> told_contacts_;
    std::map<std::string, bool> told_trunks_;
    std::map<std::string, Time> trunk_words_;
    std::map<CallId, LegId> caller_legs_;
    Time began_, shut_{};
    bool calm_ = false, draining_ = false;
    int rounds_at_once_ = 0;
    Time last_round_{};
    std::size_t counted_facts_ = 0;
    bool telling_;
    std::vector<std::string> story_;
};

}  // namespace hotline::sim
