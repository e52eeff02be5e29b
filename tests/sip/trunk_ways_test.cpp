// A trunk's name leads to several machines: which of them a call goes to, and when to the next.
#include "sip/carrier.h"

namespace hotline::sip::test {
namespace {

using call::LegEnded;

/// Two machines behind one name, at the same port. The first is the one that is asked first.
class TwoAddresses : public PlacedCall {
  protected:
    TwoAddresses() { config.look_up = leads_to({"127.0.0.1", "127.0.0.2"}); }
    Trunk behind_one_name(const Carrier& first) {
        Trunk trunk = at(first);
        trunk.host = "carrier.example";
        return trunk;
    }
    void use_and_wait(const Trunk& trunk) {
        use(trunk);
        EXPECT_FALSE(daemon().expect<call::TrunkState>().up);
        EXPECT_TRUE(daemon().expect<call::TrunkState>().up);
    }
    call::LegId dial(Duration silence = 400ms) { return daemon().dial_out("carrier", "13900001234", "95000", silence); }
};

TEST_F(TwoAddresses, AfterSilenceTheNextIsTriedAndTheTrunkStaysThere) {
    config.t1x64 = 8s;  // our INVITE to the first is still alive when its 200 comes
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    use_and_wait(with_account(behind_one_name(first)));
    const auto leg = dial();
    const Message unheard = first.called();
    const Message invite = second.called();
    EXPECT_NE(unheard.header("Call-ID"), invite.header("Call-ID"));
    EXPECT_EQ(unheard.request_uri(), invite.request_uri());
    EXPECT_EQ(*IpAddress::parse("127.0.0.2"), daemon().expect<call::TrunkState>().address);
    second.challenge(invite, 407);
    second.peer.expect_request("ACK");
    const Message again = second.called();
    EXPECT_TRUE(second.proves(again)) << "both are the trunk";
    connect(second, again);
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    // The first wakes up: nobody waits for it any more.
    first.side.answer(unheard, 200, body(sdp()));
    first.peer.expect_request("ACK");
    first.side.answer(first.peer.expect_request("BYE"), 200);
    EXPECT_EQ(0u, daemon().count<call::LegAnswered>());
    far_end_hangs_up(second);
    EXPECT_NE(leg, dial());
    second.side.answer(second.called(), 486);
    EXPECT_EQ(486, daemon().expect<LegEnded>().status);
}

TEST_F(TwoAddresses, After503TheNextIsTried) {
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    use_and_wait(behind_one_name(first));
    dial(8s);
    first.side.answer(first.called(), 503);
    first.peer.expect_request("ACK");
    const Message invite = second.called();
    connect(second, invite);
    far_end_hangs_up(second);
    EXPECT_EQ(0u, daemon().count<call::TrunkState>()) << "503 may mean one call";
}

TEST_F(TwoAddresses, WhereNobodyListensTheNextIsTried) {
    Carrier second(daemon().address(), "127.0.0.2");
    use_and_wait(behind_one_name(second));
    dial();
    connect(second, second.called());
    far_end_hangs_up(second);
}

TEST_F(TwoAddresses, AfterTheLastOneTheLegEndsOnce) {
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    use_and_wait(behind_one_name(first));
    const auto leg = dial();
    first.side.answer(first.called(), 503);
    second.side.answer(second.called(), 503);
    const auto ended = daemon().expect<LegEnded>();
    EXPECT_EQ(leg, ended.leg);
    EXPECT_EQ(503, ended.status);
    EXPECT_EQ(0u, daemon().count<LegEnded>());
    EXPECT_FALSE(first.is_called());
}

TEST_F(TwoAddresses, WhoIsAtWorkIsNotSilent) {
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    use_and_wait(behind_one_name(first));
    dial(2s);
    const Message invite = first.called();
    first.side.answer(invite, 100);
    EXPECT_FALSE(daemon().next<LegEnded>(1500ms).has_value());
    EXPECT_FALSE(second.is_called());
    first.side.answer(invite, 183);  // no sound, nobody rings: still only this address's word
    EXPECT_TRUE(daemon().expect<call::LegRinging>().under_way);
    first.side.answer(invite, 503);
    const Message other = second.called();
    second.side.answer(other, 180);
    EXPECT_FALSE(daemon().expect<call::LegRinging>().under_way);
    second.side.answer(other, 503);
    EXPECT_EQ(503, daemon().expect<LegEnded>().status);
}

TEST_F(TwoAddresses, AfterRingingOrSoundOrTheCalleesWordNoOtherIsTried) {
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    use_and_wait(behind_one_name(first));
    for (const int word : {180, 182, 183, 0}) {
        dial(8s);
        const Message invite = first.called();
        if (word) {
            first.side.answer(invite, word, word == 183 ? body(sdp()) : Extra{});
            EXPECT_FALSE(daemon().expect<call::LegRinging>().under_way) << word;
        }
        first.side.answer(invite, word ? 503 : 486);
        EXPECT_EQ(word ? 503 : 486, daemon().expect<LegEnded>().status);
    }
    EXPECT_FALSE(second.is_called());
}

TEST_F(TwoAddresses, HungUpMeanwhileNothingMoreIsTried) {
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    use_and_wait(behind_one_name(first));
    const auto leg = dial();
    const Message invite = first.called();
    daemon().hangup(leg);
    daemon().expect<LegEnded>();
    first.side.answer(invite, 503);
    daemon().expect_at_rest();
    EXPECT_FALSE(second.is_called());
}

}  // namespace
}  // namespace hotline::sip::test
