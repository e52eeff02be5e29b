#include "signaling.h"

namespace hotline::sim {

using call::LegEnded;
using WireState = FakeSignaling::Wire::State;

namespace {
constexpr Duration kNoAck = 32s;          // 64·T1 (RFC 3261 §13.3.1.4)
constexpr Duration kDeadPhone = 32s;      // a BYE that nobody answers
constexpr double kUnacknowledged = 0.02;  // of our answers
constexpr double kSilentBye = 0.02;
constexpr double kByeAgainstBye = 0.1;
constexpr double kCrossing = 0.3;  // of hang-ups during ringing meet a 200 on the way
}  // namespace

call::RemoteAudio usable_audio(Dice& dice, call::Direction direction) {
    call::RemoteAudio audio;
    audio.rtp = *Address::parse("127.0.0.1:4000");
    audio.rtcp = *Address::parse("127.0.0.1:4001");
    if (dice.chance(0.7)) audio.codecs.emplace_back(call::Codec::Pcma, std::uint8_t{8});
    if (audio.codecs.empty() || dice.chance(0.5)) audio.codecs.emplace_back(call::Codec::Pcmu, std::uint8_t{0});
    if (dice.chance(0.9)) audio.telephone_event = 101;
    audio.direction = direction;
    return audio;
}

call::RemoteAudio unusable_audio() {
    call::RemoteAudio audio;
    audio.rtp = *Address::parse("127.0.0.1:4000");
    audio.rtcp = *Address::parse("127.0.0.1:4001");
    return audio;
}

FakeSignaling::FakeSignaling(Timeline& timeline, Dice& dice, const Character& day, Verdict& verdict, FarEnds& far_ends,
                             Deliver deliver)
    : timeline_(timeline), dice_(dice), day_(day), verdict_(verdict), far_ends_(far_ends), deliver_(std::move(deliver)) {}

FakeSignaling::Wire& FakeSignaling::known(LegId leg, std::string_view verb) {
    const auto found = wires_.find(leg);
    verdict_.expect(found != wires_.end(), verb, " of a leg that signalling has never heard of: ", leg);
    Wire& wire = found == wires_.end() ? wires_[leg] : found->second;
    verdict_.expect(!wire.end_told, verb, " of a leg whose end was told: ", leg);
    verdict_.expect(!wire.let_go, verb, " of a leg that was hung up: ", leg);
    return wire;
}

void FakeSignaling::tell(LegId leg, const call::Event& event, Duration delay) {
    Wire& wire = wires_.at(leg);
    if (wire.end_sent) return;
    wire.last_word = std::max(timeline_.now().at + delay, wire.last_word);
    timeline_.at(wire.last_word, [this, event] { deliver_(event); });
    if (faulty(day_.repeated)) {  // a retransmission that got through, or an echo long after the end
        if (std::holds_alternative<call::LegRinging>(event)) timeline_.at(wire.last_word, [this, event] { deliver_(event); });
        if (std::holds_alternative<call::LegRinging>(event)) {
            timeline_.after(delay + dice_.between(0s, 60s), [this, event] { deliver_(event); });
        }
    }
}

void FakeSignaling::tell_end(LegId leg, LegEnded::Cause cause, Duration delay, int status) {
    Wire& wire = wires_.at(leg);
    if (wire.end_sent) return;
    wire.last_word = std::max(timeline_.now().at + delay, wire.last_word);
    wire.end_sent = true;
    timeline_.at(wire.last_word, [this, leg, cause, status] {
        wires_.at(leg).end_told = true;
        outgoing_.erase(leg);
        deliver_(LegEnded{cause, leg, status, ""});
        far_ends_.over(leg);
    });
}

// ── What far ends do ──

void FakeSignaling::invite(call::InviteArrived invite) {
    Wire& wire = wires_[invite.leg];
    wire.incoming = true;
    wire.has_offer = invite.offer.has_value();
    wire.last_word = timeline_.now().at;
    deliver_(invite);
}

void FakeSignaling::hang_up(LegId leg) {
    const auto found = wires_.find(leg);
    if (found == wires_.end()) return;
    if (found->second.let_go && !found->second.end_sent) ++crossed_;  // BYE against BYE, CANCEL against a final answer
    tell_end(leg, LegEnded::Cause::Remote, dice_.latency());
}

void FakeSignaling::reoffer(LegId leg, call::RemoteAudio offer) {
    const auto found = wires_.find(leg);
    if (found == wires_.end() || found->second.end_sent || found->second.state == WireState::Early || found->second.open_offers > 0)
        return;
    ++found->second.open_offers;  // one at a time: a second one gets 491 from signalling itself
    tell(leg, call::OfferReceived{leg, std::move(offer)}, dice_.latency());
}

void FakeSignaling::press(LegId leg, char key) {
    if (wires_.contains(leg)) tell(leg, call::InfoDigit{leg, key}, dice_.latency());
}

// ── What the core asks ──

void FakeSignaling::ring(LegId leg) {
    const Wire& wire = known(leg, "ring");
    verdict_.expect(wire.incoming && wire.state == WireState::Early, "180 on a leg that is not early: ", leg);
}

void FakeSignaling::early(LegId leg, const call::LocalAudio& audio) {
    const Wire& wire = known(leg, "183");
    verdict_.expect(wire.incoming && wire.state == WireState::Early, "183 on a leg that is not early: ", leg);
    verdict_.expect(wire.has_offer, "183 with an answer to no offer: ", leg);
    verdict_.expect(audio.codecs.size() == 1 && audio.rtp.port != 0, "183 that no 200 can repeat: ", leg);
}

void FakeSignaling::answer(LegId leg, const call::LocalAudio& audio) {
    Wire& wire = known(leg, "answer");
    verdict_.expect(wire.incoming && wire.state == WireState::Early, "200 on a leg that is not early: ", leg);
    verdict_.expect(audio.rtp.port != 0, "200 without an audio port: ", leg);
    verdict_.expect(!audio.codecs.empty(), "200 without a codec: ", leg);
    wire.state = WireState::Answered;
    if (faulty(kUnacknowledged)) return tell_end(leg, LegEnded::Cause::NoAck, kNoAck);
    std::optional<call::RemoteAudio> reply;
    if (!wire.has_offer && !faulty(0.1)) reply = faulty(0.1) ? unusable_audio() : usable_audio(dice_);
    wire.state = WireState::Up;
    tell(leg, call::LegConfirmed{leg, reply}, dice_.latency());
    far_ends_.accepted(leg);
}

void FakeSignaling::refuse(LegId leg, int status, const std::string&, int retry_after_s) {
    Wire& wire = known(leg, "refuse");
    verdict_.expect(wire.incoming && wire.state == WireState::Early, "a refusal on a leg that is not early: ", leg);
    verdict_.expect(status >= 300 && status < 700, "a refusal with status ", status);
    verdict_.expect(status != 503 || (retry_after_s >= 0 && retry_after_s <= 10), "503 that sends everybody away for ",
                    retry_after_s);
    wire.let_go = true;
    ++refused_;
    tell_end(leg, LegEnded::Cause::Local, dice_.latency());
}

void FakeSignaling::dial(AgentCall call) {
    verdict_.expect(!wires_.contains(call.leg), "a leg is dialled twice: ", call.leg);
    verdict_.expect(call.audio.rtp.port != 0, "an INVITE without an audio port: ", call.leg);
    verdict_.expect(rung_or_talking(call.agent).empty(), "agent ", call.agent, " is rung while he is in an offer or conversation");
    Wire& wire = wires_[call.leg];
    outgoing_.insert(call.leg);
    wire.agent = call.agent;
    maybe_answer(call.leg, far_ends_.rings(call.agent));
}

void FakeSignaling::dial(TrunkCall call) {
    verdict_.expect(!wires_.contains(call.leg), "a leg is dialled twice: ", call.leg);
    verdict_.expect(call.audio.rtp.port != 0, "an INVITE without an audio port: ", call.leg);
    verdict_.expect(!call.number.empty(), "an INVITE to nobody: ", call.leg);
    wires_[call.leg].trunk = call.trunk;
    outgoing_.insert(call.leg);
    carry(call.leg, far_ends_.carries(call.trunk));
}

void FakeSignaling::carry(LegId leg, const CarrierReaction& reaction) {
    using Kind = CarrierReaction::Kind;
    const auto refuse = [this, leg, status = reaction.status] {
        const bool busy = status == 486;
        const auto cause = busy                             ? LegEnded::Cause::Busy
                           : status == 408 || status == 480 ? LegEnded::Cause::NoAnswer
                           : status >= 500 && status < 600  ? LegEnded::Cause::Unreachable
                                                            : LegEnded::Cause::Rejected;
        tell_end(leg, cause, dice_.latency(), status);
    };
    if (reaction.kind == Kind::Silent) return;
    if (reaction.kind == Kind::Refuse) return refuse();
    if (reaction.kind != Kind::Late) {
        std::optional<call::RemoteAudio> sound;
        if (reaction.kind == Kind::EarlySound) sound = usable_audio(dice_);
        tell(leg, call::LegRinging{leg, sound}, dice_.latency());
    }
    if (reaction.kind == Kind::Rings) return;
    timeline_.after(reaction.after, [this, leg, refuse, kind = reaction.kind] {
        const Wire& wire = wires_.at(leg);
        if (wire.let_go || wire.end_sent) return;
        kind == Kind::RefuseLater ? refuse() : far_end_answers(leg, kind != Kind::AnswerUnusably);
    });
}

void FakeSignaling::far_end_answers(LegId leg, bool usably) {
    Wire& wire = wires_.at(leg);
    wire.state = WireState::Up;
    tell(leg, call::LegAnswered{leg, usably ? usable_audio(dice_) : unusable_audio()}, dice_.latency());
    far_ends_.talks(leg, wire.agent);
}

/// The legs to an agent that the core has not let go.
std::set<LegId> FakeSignaling::rung_or_talking(const std::string& agent) const {
    std::set<LegId> legs;
    for (const LegId leg : outgoing_) {
        const Wire& wire = wires_.at(leg);
        if (wire.agent == agent && !wire.let_go) legs.insert(leg);
    }
    return legs;
}

void FakeSignaling::maybe_answer(LegId leg, const Reaction& reaction) {
    using Kind = Reaction::Kind;
    if (reaction.kind == Kind::Unreachable) return tell_end(leg, LegEnded::Cause::Unreachable, dice_.between(0ms, 50ms));
    if (reaction.kind == Kind::Busy) return tell_end(leg, LegEnded::Cause::Busy, dice_.latency());
    if (reaction.kind == Kind::Break) return tell_end(leg, LegEnded::Cause::Failed, dice_.latency());
    tell(leg, call::LegRinging{leg, std::nullopt}, dice_.latency());
    if (reaction.kind == Kind::Ignore) return;
    timeline_.after(reaction.after, [this, leg, kind = reaction.kind] {
        const Wire& wire = wires_.at(leg);
        if (wire.let_go || wire.end_sent) return;
        if (kind == Kind::Reject) return tell_end(leg, LegEnded::Cause::Rejected, dice_.latency());
        if (kind == Kind::GiveUp) return tell_end(leg, LegEnded::Cause::NoAnswer, dice_.latency());
        far_end_answers(leg, kind != Kind::AnswerUnusably);
    });
}

void FakeSignaling::answer_offer(LegId leg, const call::LocalAudio& audio) {
    Wire& wire = known(leg, "answer to a re-INVITE");
    verdict_.expect(wire.open_offers > 0, "an answer to an offer that was not made: ", leg);
    verdict_.expect(audio.codecs.size() == 1, "an answer names exactly the chosen codec: ", leg);
    wire.open_offers = 0;
}

void FakeSignaling::refuse_offer(LegId leg, int status) {
    Wire& wire = known(leg, "refusal of a re-INVITE");
    verdict_.expect(wire.open_offers > 0, "a refusal of an offer that was not made: ", leg);
    verdict_.expect(status == 488 || status == 491, "a re-INVITE refused with ", status);
    wire.open_offers = 0;
}

void FakeSignaling::offer(LegId leg, const call::LocalAudio&) {
    const Wire& wire = known(leg, "re-INVITE");
    verdict_.expect(wire.state == WireState::Up, "a re-INVITE on a leg that does not stand: ", leg);
    std::optional<call::RemoteAudio> reply;
    if (!faulty(0.2)) reply = usable_audio(dice_);
    tell(leg, call::OfferAnswered{leg, reply}, dice_.latency());
}

void FakeSignaling::hangup(LegId leg) {
    Wire& wire = known(leg, "hangup");
    wire.let_go = true;
    if (wire.end_sent) {
        ++crossed_;
        return;
    }
    if (!wire.incoming && wire.state == WireState::Early && faulty(kCrossing)) {
        ++crossed_;
        tell(leg, call::LegAnswered{leg, usable_audio(dice_)}, dice_.latency());  // the 200 that crossed our CANCEL: ACK and BYE
    }
    if (wire.state == WireState::Up && faulty(kByeAgainstBye)) {
        ++crossed_;
        return tell_end(leg, LegEnded::Cause::Remote, dice_.latency());
    }
    tell_end(leg, LegEnded::Cause::Local, faulty(kSilentBye) ? kDeadPhone : dice_.latency());
}

}  // namespace hotline::sim
