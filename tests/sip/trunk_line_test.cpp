// Between calls: is the trunk there, and does it have our registration?
#include "sip/carrier.h"

namespace hotline::sip::test {
namespace {

using call::TrunkState;

class TrunkLines : public CarrierTest {
  protected:
    Message options(Carrier& carrier) { return carrier.peer.expect_request("OPTIONS"); }
    Message registration(Carrier& carrier) { return carrier.peer.expect_request("REGISTER"); }
    /// Answers whatever is asked, also what libsofia repeats of a question that was given up, until the core is told something.
    bool up_after(Carrier& carrier, int status) {
        const Time deadline = read_clocks().at + kPatience;
        while (read_clocks().at < deadline) {
            if (const auto told = daemon().next<TrunkState>(0ms)) return told->up;
            if (const auto asked = carrier.peer.next(10ms); asked && asked->method() == "OPTIONS")
                carrier.side.answer(*asked, status);
        }
        ADD_FAILURE() << "nothing was told after " << status;
        return false;
    }
    Trunk registering(const Carrier& carrier) {
        Trunk trunk = with_account(at(carrier));
        trunk.registers = true;
        return trunk;
    }
    Extra granted(const Message& request, int seconds) {
        Extra extra;
        extra.contact = request.header("Contact") + ";expires=" + std::to_string(seconds);
        return extra;
    }
    void TearDown() override {
        config.accounts.trunks.clear();  // what is still registered or asked ends with its trunk
        reload();
        CarrierTest::TearDown();
    }
};

// ── OPTIONS ──

TEST_F(TrunkLines, ATrunkThatDoesNotAnswerIsDownAndOneAnswerBringsItBack) {
    Carrier carrier(daemon().address());
    Trunk trunk = at(carrier);
    trunk.options_every = 100ms;
    trunk.options_misses = 2;
    use(trunk);
    EXPECT_TRUE(daemon().expect<TrunkState>().up) << "until it is known better";
    EXPECT_EQ(1, daemon().counter("trunk_up{trunk=\"carrier\"}"));
    const Message first = options(carrier);
    EXPECT_EQ("sip:" + to_text(carrier.peer.local()), first.request_uri());
    EXPECT_THAT(first.header("From"), testing::StartsWith("<sip:hotline@127.0.0.1>;tag="));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_EQ(0, daemon().counter("trunk_up{trunk=\"carrier\"}"));
    EXPECT_TRUE(up_after(carrier, 200));
    EXPECT_EQ(1, daemon().counter("trunk_up{trunk=\"carrier\"}"));
}

TEST_F(TrunkLines, WhoSaysNoIsThereAndWhoSays503IsNot) {
    Carrier carrier(daemon().address());
    Trunk trunk = at(carrier);
    trunk.options_every = 50ms;
    trunk.options_misses = 1;
    use(trunk);
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    for (const int status : {404, 405, 401, 500, 200}) {
        EXPECT_FALSE(up_after(carrier, 503)) << status;
        EXPECT_TRUE(up_after(carrier, status)) << status;
    }
}

TEST_F(TrunkLines, WithoutAPeriodNothingIsAsked) {
    Carrier carrier(daemon().address());
    use(at(carrier));
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    EXPECT_EQ(0u, daemon().census().trunk_requests);
    EXPECT_FALSE(carrier.peer.has(request("OPTIONS")));
}

TEST_F(TrunkLines, AClosedPortIsNoAnswer) {
    Trunk trunk;
    {
        Carrier gone(daemon().address());
        trunk = at(gone);
    }
    trunk.options_every = 50ms;
    trunk.options_misses = 1;
    use(trunk);
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
}

TEST_F(TrunkLines, ANameIsLookedUpBeforeCallsGoThere) {
    Carrier carrier(daemon().address());
    Trunk trunk = at(carrier);
    trunk.host = "localhost";
    use(trunk);
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    const auto known = daemon().expect<TrunkState>();
    EXPECT_TRUE(known.up);
    EXPECT_TRUE(known.address.is_loopback());
    daemon().dial_out("carrier");
    const Message invite = carrier.called();
    EXPECT_THAT(invite.request_uri(), testing::StartsWith("sip:13900001234@localhost:"));
    carrier.side.answer(invite, 486);
    daemon().expect<call::LegEnded>();
}

TEST_F(TrunkLines, ANameWithoutAddressIsDown) {
    Trunk trunk{"carrier"};
    trunk.host = "nowhere.invalid";
    use(trunk);
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    const auto leg = daemon().dial_out("carrier");
    const auto ended = daemon().expect<call::LegEnded>();
    EXPECT_EQ(leg, ended.leg);
    EXPECT_EQ(503, ended.status);
}

TEST_F(TrunkLines, CallsFromItsOwnAddressAreItsCalls) {
    config.accounts.trunks.clear();
    Carrier carrier(daemon().address());
    use(at(carrier));
    Side caller(carrier.peer, "13800000001", "95000");
    const auto arrived = arrive(caller);
    EXPECT_EQ("carrier", arrived.origin.name);
    daemon().refuse(arrived.leg, 404);
    caller.ack_failure(caller.expect(404));
    daemon().expect<call::LegEnded>();
    config.accounts.trunks.clear();
    reload();
    Side stranger(carrier.peer, "13800000001", "95000");
    stranger.invite(sdp());
    stranger.ack_failure(stranger.expect(401));
}

TEST_F(TrunkLines, AReloadLeavesAloneWhatDidNotChange) {
    Carrier carrier(daemon().address());
    use(registering(carrier));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    const Message request_one = registration(carrier);
    carrier.side.answer(request_one, 200, granted(request_one, 300));
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    reload();
    EXPECT_EQ(0u, daemon().count<TrunkState>());
    EXPECT_FALSE(carrier.peer.has(request("REGISTER")));
}

// ── REGISTER ──

TEST_F(TrunkLines, RegistersWithItsAccount) {
    Carrier carrier(daemon().address());
    Trunk trunk = registering(carrier);
    trunk.domain = "carrier.example";
    use(trunk);
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    const Message first = registration(carrier);
    EXPECT_EQ("sip:carrier.example", first.request_uri());
    EXPECT_EQ("<sip:95000@carrier.example>", first.header("To"));
    EXPECT_THAT(first.header("From"), testing::StartsWith("<sip:95000@carrier.example>;tag="));
    EXPECT_EQ("<sip:95000@" + to_text(daemon().address()) + ">", first.header("Contact"));
    EXPECT_EQ("3600", first.header("Expires"));
    EXPECT_EQ("", first.header("Authorization"));
    carrier.challenge(first, 401);
    const Message second = registration(carrier);
    EXPECT_TRUE(carrier.proves(second));
    EXPECT_EQ(first.header("Call-ID"), second.header("Call-ID"));
    EXPECT_EQ(first.tag_of("From"), second.tag_of("From"));
    EXPECT_GT(second.cseq(), first.cseq());
    carrier.side.answer(second, 200, granted(second, 300));
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    EXPECT_EQ(1, daemon().counter("trunk_registered{trunk=\"carrier\"}"));
}

TEST_F(TrunkLines, IsRefreshedBeforeItsEndAndLapsesWithoutAnAnswer) {
    config.t1x64 = 300ms;
    Carrier carrier(daemon().address());
    use(registering(carrier));
    const Message first = registration(carrier);
    carrier.side.answer(first, 200, granted(first, 1));  // refreshed after half a second
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    const Message second = registration(carrier);
    EXPECT_EQ(first.header("Call-ID"), second.header("Call-ID"));
    EXPECT_GT(second.cseq(), first.cseq());
    EXPECT_FALSE(daemon().expect<TrunkState>().up) << "nobody answered until its end";
    EXPECT_EQ(0, daemon().counter("trunk_registered{trunk=\"carrier\"}"));
}

TEST_F(TrunkLines, ARefusalIsTriedAgainLater) {
    Carrier carrier(daemon().address());
    use(registering(carrier));
    carrier.side.answer(registration(carrier), 403);
    const Time refused = read_clocks().at;
    const Message again = registration(carrier);
    EXPECT_GE(read_clocks().at - refused, 900ms);
    EXPECT_LE(read_clocks().at - refused, 5s);
    carrier.side.answer(again, 200, granted(again, 300));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
}

TEST_F(TrunkLines, AWrongPasswordIsNotTriedInCircles) {
    Carrier carrier(daemon().address());
    use(registering(carrier));
    carrier.challenge(registration(carrier), 401);
    carrier.challenge(registration(carrier), 401);
    EXPECT_FALSE(carrier.peer.has(request("REGISTER"))) << "later, and less and less often";
    EXPECT_EQ(0, daemon().counter("trunk_registered{trunk=\"carrier\"}"));
}

TEST_F(TrunkLines, ALongerIntervalIsGranted) {
    Carrier carrier(daemon().address());
    Trunk trunk = registering(carrier);
    trunk.register_expires = 60s;
    use(trunk);
    const Message first = registration(carrier);
    EXPECT_EQ("60", first.header("Expires"));
    Extra extra;
    extra.headers = {"Min-Expires: 1800"};
    carrier.side.answer(first, 423, extra);
    const Message second = registration(carrier);
    EXPECT_EQ("1800", second.header("Expires"));
    carrier.side.answer(second, 200, granted(second, 1800));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
}

TEST_F(TrunkLines, ATrunkThatIsTakenAwayIsUnregistered) {
    Carrier carrier(daemon().address());
    use(registering(carrier));
    const Message first = registration(carrier);
    carrier.challenge(first, 401);
    const Message second = registration(carrier);
    carrier.side.answer(second, 200, granted(second, 300));
    daemon().expect<TrunkState>();
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    config.accounts.trunks.clear();
    reload();
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    const Message last = registration(carrier);
    EXPECT_EQ("0", last.header("Expires"));
    EXPECT_TRUE(carrier.proves(last));
    carrier.side.answer(last, 200);
    EXPECT_EQ(0, daemon().counter("trunk_up{trunk=\"carrier\"}"));
}

}  // namespace
}  // namespace hotline::sip::test
