// Crossing, lost, repeated and senseless messages in a random order with a seed; then everything must come to rest, and each leg
// must have ended exactly once.
#include <map>

#include "hotline/base/random.h"
#include "sip/peer.h"

namespace hotline::sip::test {
namespace {

using call::LegEnded;

constexpr int kCalls = 120;

class ChaosTest : public SipTest, public testing::WithParamInterface<std::uint64_t> {
  protected:
    ChaosTest() : random_(GetParam()) {
        config.t1x64 = 400ms;
        config.session_expires = 3s;
        config.min_se = 1s;
    }

    // ── the far side ──

    void place_call() {
        auto side = std::make_unique<Side>(*peer_, "13800138000", "95000");
        Extra extra;
        if (random_.chance(0.3)) extra.headers = {"Supported: timer", "Session-Expires: 2;refresher=uac"};
        side->invite(random_.chance(0.8) ? sdp() : "", extra);
        if (random_.chance(0.2)) side->cancel();
        const std::string id = side->call_id;
        sides_.emplace(id, std::move(side));
    }

    void hear(const Message& message) {
        const std::string id = message.header("Call-ID");
        auto it = sides_.find(id);
        if (it == sides_.end()) {
            if (!request("INVITE")(message)) return;
            it = sides_.emplace(id, std::make_unique<Side>(*peer_, "8001", "x")).first;
            it->second->take(message);
        }
        Side& side = *it->second;
        if (message.status() == 0)
            answer(side, message);
        else if (message.method() == "INVITE" && message.status() >= 200)
            react(side, message);
    }

    void answer(Side& side, const Message& asked) {
        if (asked.method() == "ACK" || random_.chance(0.1)) return;  // lost
        Extra extra;
        if (asked.method() != "INVITE") return side.answer(asked, random_.chance(0.8) ? 200 : 481, extra);
        if (random_.chance(0.5)) side.answer(asked, 180);
        if (random_.chance(0.1)) extra.contact = "<tel:+123>";
        constexpr int kFinals[] = {200, 200, 200, 200, 486, 491, 488, 302, 401, 500, 603};
        const int status = kFinals[random_.below(std::size(kFinals))];
        if (status == 200) extra.body = random_.chance(0.8) ? sdp(static_cast<int>(random_.below(3))) : "";
        side.answer(asked, status, extra);
        if (random_.chance(0.3)) side.answer(asked, status, extra);
        if (random_.chance(0.3)) side.send("BYE");
    }

    void react(Side& side, const Message& message) {
        if (message.status() >= 300) return side.ack_failure(message);
        side.remote_tag = message.tag_of("To");
        side.target = message.uri_of("Contact").empty() ? side.target : message.uri_of("Contact");
        if (random_.chance(0.9)) side.ack(message.cseq(), random_.chance(0.7) ? sdp() : "");
        Extra extra;
        switch (random_.below(8)) {
            case 0: side.send("BYE"); break;
            case 1: side.invite(sdp(static_cast<int>(random_.below(4)), "sendonly")); break;
            case 2: side.invite(""); break;
            case 3:
                extra.body = sdp(static_cast<int>(random_.below(4)));
                side.send("UPDATE", extra);
                break;
            case 4:
                side.invite(sdp(2));
                side.cancel();
                break;
            case 5:
                side.send("BYE");
                side.send("BYE");
                break;
            case 6: side.send("INFO"); break;
            default: break;
        }
    }

    // ── the core ──

    void decide() {
        while (const auto arrived = daemon().next<call::InviteArrived>(0ms)) begin(arrived->leg);
        while (const auto offer = daemon().next<call::OfferReceived>(0ms)) {
            if (random_.chance(0.6)) daemon().answer_offer(offer->leg);
            if (random_.chance(0.2)) daemon().refuse_offer(offer->leg, 488);
        }
        while (const auto ended = daemon().next<LegEnded>(0ms)) {
            EXPECT_EQ(1, ++ended_[ended->leg]) << "ended twice: " << ended->text;
            alive_.erase(ended->leg);
        }
        if (!alive_.empty() && random_.chance(0.3))
            disturb(std::next(alive_.begin(), static_cast<long>(random_.below(alive_.size())))->first);
    }

    void begin(call::LegId leg) {
        if (!ended_.contains(leg)) alive_[leg] = true;  // it may have ended before we looked
        if (random_.chance(0.5)) daemon().ring(leg);
        switch (random_.below(6)) {
            case 0: return daemon().refuse(leg, 486);
            case 1: return daemon().hangup(leg);
            case 2: return;  // decided later, or never
            default: return daemon().answer(leg);
        }
    }

    void disturb(call::LegId leg) {
        switch (random_.below(6)) {
            case 0: return daemon().hangup(leg);
            case 1: return daemon().answer(leg);
            case 2: return daemon().offer(leg, our_audio(call::Direction::SendOnly));
            case 3: return daemon().refuse(leg, 480);
            case 4: return daemon().refuse_offer(leg, 500);
            default: return daemon().ring(leg);
        }
    }

    void turn() {
        while (const auto message = peer_->next(1ms)) hear(*message);
        decide();
    }

    Random random_;
    std::unique_ptr<Peer> peer_;
    std::map<std::string, std::unique_ptr<Side>> sides_;
    std::map<call::LegId, bool> alive_;
    std::map<call::LegId, int> ended_;
};

TEST_P(ChaosTest, EverythingComesToRest) {
    peer_ = std::make_unique<Peer>(Wire::Udp, daemon().address());
    enrol(*peer_, "8001");
    for (int i = 0; i < kCalls; ++i) {
        place_call();
        if (random_.chance(0.3)) alive_[daemon().dial("8001")] = true;
        turn();
    }
    // Calm: the core hangs up what is left, the far side goes on as before.
    const Time deadline = read_clocks().at + kPatience;
    while (read_clocks().at < deadline) {
        turn();
        for (const auto& [leg, here] : std::map(alive_)) daemon().hangup(leg);
        const StackCensus census = daemon().census();
        if (alive_.empty() && census.sessions == 0) break;
    }
    turn();
    EXPECT_TRUE(alive_.empty()) << alive_.size() << " legs never ended, seed " << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChaosTest, testing::Range<std::uint64_t>(1, 7));

}  // namespace
}  // namespace hotline::sip::test
