// SIP without packets: what the far ends do, and what crosses on the way. Keeps the contract of call::Signaling and no more than
// that: words about one leg come in order, LegEnded exactly once and last, everything else as late as it likes. It also watches the
// core: a word that makes no sense for its leg breaks a rule.
#pragma once
#include <set>

#include "day.h"
#include "hotline/call/ports.h"

namespace hotline::sim {

/// What a phone does when it is called.
struct Reaction {
    enum class Kind { Answer, Reject, Busy, Ignore, GiveUp, Break, AnswerUnusably, Unreachable } kind = Kind::Answer;
    Duration after{0};  // for Answer, Reject, GiveUp
};

/// What a trunk does with a call that goes out.
struct CarrierReaction {
    enum class Kind {
        Answer,
        EarlySound,  // 183 with sound, then the answer
        Late,        // not a word until long after the core has lost patience
        Silent,
        Rings,        // for ever
        Refuse,       // at once, with `status`
        RefuseLater,  // it rang before
        AnswerUnusably
    } kind = Kind::Answer;
    Duration after{0};
    int status = 486;
};

call::RemoteAudio usable_audio(Dice& dice, call::Direction direction = call::Direction::SendRecv);
call::RemoteAudio unusable_audio();

class FakeSignaling : public call::Signaling {
  public:
    /// Who is behind the wires.
    struct FarEnds {
        virtual ~FarEnds() = default;
        virtual Reaction rings(const std::string& agent) = 0;
        virtual void talks(LegId leg, const std::string& agent) = 0;  // picked up: his 200 is on its way
        virtual CarrierReaction carries(const std::string& trunk) = 0;
        virtual void accepted(LegId leg) = 0;  // the core answered a caller
        virtual void over(LegId leg) = 0;      // the core was told of the end
    };
    using Deliver = std::function<void(const call::Event&)>;

    FakeSignaling(Timeline& timeline, Dice& dice, const Character& day, Verdict& verdict, FarEnds& far_ends, Deliver deliver);

    // ── What far ends do ──
    void invite(call::InviteArrived invite);
    void hang_up(LegId leg);  // BYE or CANCEL from the far side, whatever the core is doing just then
    void reoffer(LegId leg, call::RemoteAudio offer);
    void press(LegId leg, char key);  // SIP INFO
    /// Calm: no more faults.
    void calm_down() { calm_ = true; }

    // ── What the core asks ──
    void ring(LegId leg) override;
    void early(LegId leg, const call::LocalAudio& audio) override;
    void answer(LegId leg, const call::LocalAudio& audio) override;
    void refuse(LegId leg, int status, const std::string& phrase, int retry_after_s) override;
    void dial(AgentCall call) override;
    void dial(TrunkCall call) override;
    void answer_offer(LegId leg, const call::LocalAudio& audio) override;
    void refuse_offer(LegId leg, int status) override;
    void offer(LegId leg, const call::LocalAudio& audio) override;
    void hangup(LegId leg) override;
    void show(const std::string&, const std::string& text) override {
        verdict_.expect(!text.empty(), "nothing is shown to an agent");
    }

    // ── What a bystander sees ──
    struct Wire {
        bool incoming = false;
        bool has_offer = true;
        std::string agent;  // of an outgoing leg to a phone
        std::string trunk;  // of one to the outside
        enum class State { Early, Answered, Up } state = State::Early;
        int open_offers = 0;    // re-INVITEs that the core has been told of and has not replied to
        bool let_go = false;    // the core hung up or refused
        bool end_sent = false;  // LegEnded is under way: nothing may follow it
        bool end_told = false;  // the core knows
        Time last_word{};       // words about one leg come in order
    };
    const std::map<LegId, Wire>& wires() const { return wires_; }
    std::set<LegId> rung_or_talking(const std::string& agent) const;
    std::size_t refused() const { return refused_; }
    std::size_t crossed() const { return crossed_; }

  private:
    Wire& known(LegId leg, std::string_view verb);
    void tell(LegId leg, const call::Event& event, Duration delay);
    void tell_end(LegId leg, call::LegEnded::Cause cause, Duration delay, int status = 0);
    void maybe_answer(LegId leg, const Reaction& reaction);
    void carry(LegId leg, const CarrierReaction& reaction);
    void far_end_answers(LegId leg, bool usably);
    bool faulty(double share) { return !calm_ && dice_.chance(share); }

    Timeline& timeline_;
    Dice& dice_;
    const Character& day_;
    Verdict& verdict_;
    FarEnds& far_ends_;
    Deliver deliver_;
    std::map<LegId, Wire> wires_;
    std::set<LegId> outgoing_;  // whose end is not told
    std::size_t refused_ = 0, crossed_ = 0;
    bool calm_ = false;
};

}  // namespace hotline::sim
