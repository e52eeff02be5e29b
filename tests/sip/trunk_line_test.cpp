// Between calls: is the trunk there, and does it have our registration?
#include <atomic>

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
    /// One that is no repetition.
    Message next_registration(Carrier& carrier, const Message& before) {
        const auto is_later = [&](const Message& one) {
            return one.status() == 0 && one.method() == "REGISTER" && one.cseq() > before.cseq();
        };
        return carrier.peer.expect(is_later, "the next REGISTER");
    }
    /// In the site and registered; `carrier` has challenged it, and knows nothing more of it.
    Trunk registered(Carrier& carrier) {
        const Trunk trunk = registering(carrier);
        use(trunk);
        const Message first = registration(carrier);
        carrier.challenge(first, 401);
        const Message second = next_registration(carrier, first);
        carrier.side.answer(second, 200, granted(second, 300));
        EXPECT_FALSE(daemon().expect<TrunkState>().up);
        EXPECT_TRUE(daemon().expect<TrunkState>().up);
        carrier.peer.forget();
        return trunk;
    }
    void say_goodbye() {
        daemon().run([](Stack& stack) { stack.say_goodbye(); });
    }
    void expect_parted(Duration patience) {
        const Time deadline = read_clocks().at + patience;
        while (daemon().census().parting > 0 && read_clocks().at < deadline) std::this_thread::yield();
        EXPECT_EQ(0u, daemon().census().parting) << "a registration is still being taken back";
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

TEST_F(TrunkLines, TheChallengeOfItsFarewellIsAnswered) {
    Carrier carrier(daemon().address());
    use(registered(carrier));
    config.accounts.trunks.clear();
    reload();
    const Message last = registration(carrier);
    EXPECT_EQ("0", last.header("Expires"));
    carrier.challenge(last, 401);
    const Message proven = next_registration(carrier, last);
    EXPECT_EQ("0", proven.header("Expires"));
    EXPECT_TRUE(carrier.proves(proven));
    EXPECT_EQ(1u, daemon().census().parting);
    carrier.side.answer(proven, 200);
    expect_parted(kPatience);
}

TEST_F(TrunkLines, AChallengeFromElsewhereIsNotAnswered) {
    config.accounts.trunks.clear();
    Carrier carrier(daemon().address());
    use(registering(carrier));
    const Message first = registration(carrier);
    Peer thief(Wire::Udp, daemon().address(), "127.0.0.9");
    Extra extra;
    extra.headers = {"WWW-Authenticate: Digest realm=\"carrier\", nonce=\"chosen\", qop=\"auth\""};
    Side(thief, "95000", "x").answer(first, 401, extra);
    const Message later = next_registration(carrier, first);
    EXPECT_EQ("", later.header("Authorization"));
    carrier.side.answer(later, 200, granted(later, 300));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
}

TEST_F(TrunkLines, ARegistrarWhoseRealmChangesEachTimeIsAnsweredEachTime) {
    Carrier carrier(daemon().address());
    use(registering(carrier));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    Message request = registration(carrier);
    for (int i = 0; i < 5; ++i) {
        Extra extra;
        extra.headers = {"WWW-Authenticate: Digest realm=\"node" + std::to_string(i) + "\", nonce=\"1\", qop=\"auth\""};
        carrier.side.answer(request, 401, extra);
        const Message proven = next_registration(carrier, request);
        EXPECT_THAT(proven.text, testing::HasSubstr("realm=\"node" + std::to_string(i) + '"'));
        carrier.side.answer(proven, 200, granted(proven, 2));
        request = next_registration(carrier, proven);  // refreshed after one second
    }
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    EXPECT_EQ(0u, daemon().count<TrunkState>()) << "never down";
    carrier.side.answer(request, 200, granted(request, 300));
}

// ── A reload ──

TEST_F(TrunkLines, AReloadOfHarmlessThingsKeepsAddressAndRegistration) {
    const auto asked = std::make_shared<std::atomic<int>>(0);
    config.look_up = [asked, found = leads_to({"127.0.0.1"})](const std::string& host, Family family) {
        ++*asked;
        return found(host, family);
    };
    Carrier carrier(daemon().address());
    Trunk trunk = registering(carrier);
    trunk.host = "carrier.example";
    use(trunk);
    const Message first = registration(carrier);
    carrier.side.answer(first, 200, granted(first, 300));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    while (!daemon().expect<TrunkState>().up) {
    }
    trunk.sources = {*Network::parse("192.0.2.0/24")};
    trunk.register_expires = 600s;
    trunk.options_misses = 9;
    trunk.options_every = 3600s;
    use(trunk);
    carrier.side.answer(options(carrier), 200);  // that is what the new rule wants
    daemon().dial_out("carrier");
    carrier.side.answer(carrier.called(), 486);
    daemon().expect<call::LegEnded>();
    EXPECT_EQ(0u, daemon().count<TrunkState>());
    EXPECT_EQ(0u, daemon().census().parting);
    EXPECT_FALSE(carrier.peer.has(request("REGISTER"))) << "neither anew nor taken back";
    EXPECT_EQ(1, asked->load());
    EXPECT_EQ(1, daemon().counter("trunk_registered{trunk=\"carrier\"}"));
}

TEST_F(TrunkLines, AnotherPasswordBeginsTheRegistrationAnewAndKeepsTheAddress) {
    config.look_up = leads_to({"127.0.0.1"});
    Carrier carrier(daemon().address());
    Trunk trunk = registering(carrier);
    trunk.host = "carrier.example";
    use(trunk);
    const Message first = registration(carrier);
    carrier.side.answer(first, 200, granted(first, 300));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_FALSE(daemon().expect<TrunkState>().up) << "its address is known";
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    trunk.password = "changed";
    use(trunk);
    const auto told = daemon().expect<TrunkState>();
    EXPECT_FALSE(told.up);
    EXPECT_EQ(*IpAddress::parse("127.0.0.1"), told.address);
    const Message anew = next_registration(carrier, first);
    EXPECT_EQ("3600", anew.header("Expires"));
    EXPECT_EQ(first.header("Call-ID"), anew.header("Call-ID")) << "a late message of before is known by its CSeq";
    EXPECT_GT(anew.cseq(), first.cseq());
    carrier.challenge(anew, 401);
    const Message proven = next_registration(carrier, anew);
    EXPECT_TRUE(carrier.proves(proven, "95000", "changed"));
    carrier.side.answer(proven, 200, granted(proven, 300));
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    EXPECT_EQ(0u, daemon().census().parting) << "nothing takes back what the new one has registered";
}

TEST_F(TrunkLines, AnotherUserIsRegisteredAndTheOldOneTakenBack) {
    Carrier carrier(daemon().address());
    Trunk trunk = registered(carrier);
    trunk.user = "95001";
    use(trunk);
    const auto of = [&](const std::string& user) {
        return carrier.peer.expect(
            [&](const Message& one) { return one.method() == "REGISTER" && one.header("To").find(user) != std::string::npos; },
            user);
    };
    const Message back = of("95000"), anew = of("95001");
    EXPECT_EQ("0", back.header("Expires"));
    EXPECT_EQ("3600", anew.header("Expires"));
    EXPECT_NE(back.header("Call-ID"), anew.header("Call-ID"));
    carrier.side.answer(back, 200);
    carrier.side.answer(anew, 200, granted(anew, 300));
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    expect_parted(kPatience);
}

// ── The end ──

TEST_F(TrunkLines, AtTheEndRegistrationsAreTakenBack) {
    config.goodbye = 8s;
    Carrier carrier(daemon().address());
    use(registered(carrier));
    say_goodbye();
    const Message last = registration(carrier);
    EXPECT_EQ("0", last.header("Expires"));
    EXPECT_EQ(1u, daemon().census().parting);
    carrier.challenge(last, 407);
    const Message proven = next_registration(carrier, last);
    EXPECT_EQ("0", proven.header("Expires"));
    EXPECT_TRUE(carrier.proves(proven));
    carrier.side.answer(proven, 200);
    expect_parted(5s);
    reload();
    EXPECT_FALSE(carrier.peer.has([&](const Message& one) { return one.cseq() > proven.cseq(); })) << "nothing begins again";
    EXPECT_EQ(0u, daemon().census().trunk_requests);
}

TEST_F(TrunkLines, ASilentRegistrarIsNotWaitedForLong) {
    config.goodbye = 100ms;
    config.t1x64 = 32s;
    Carrier carrier(daemon().address());
    use(registered(carrier));
    say_goodbye();
    expect_parted(5s);
}

TEST_F(TrunkLines, ARegistrationUnderWayAtTheEndIsLetThroughFirst) {
    config.goodbye = 8s;
    Carrier carrier(daemon().address());
    use(registering(carrier));
    const Message under_way = registration(carrier);
    say_goodbye();
    EXPECT_EQ(1u, daemon().census().parting);
    carrier.side.answer(under_way, 200, granted(under_way, 300));
    const Message last = next_registration(carrier, under_way);
    EXPECT_EQ("0", last.header("Expires"));
    carrier.side.answer(last, 200);
    expect_parted(5s);
}

TEST_F(TrunkLines, WhatWasNeverRegisteredIsNotTakenBack) {
    Carrier carrier(daemon().address());
    use(registering(carrier));
    const Message first = registration(carrier);
    carrier.side.answer(first, 403);
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    const Time deadline = read_clocks().at + kPatience;
    while (daemon().census().trunk_requests > 0 && read_clocks().at < deadline) std::this_thread::yield();
    say_goodbye();
    EXPECT_EQ(0u, daemon().census().parting);
    EXPECT_FALSE(carrier.peer.has([&](const Message& one) { return one.cseq() > first.cseq(); }));
}

// ── One name, several addresses ──

TEST_F(TrunkLines, AllAddressesOfItsNameAreItsOwn) {
    config.accounts.trunks.clear();
    config.look_up = leads_to({"127.0.0.1", "127.0.0.2"});
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port),
        third(daemon().address(), "127.0.0.3");
    Trunk trunk = at(first);
    trunk.host = "carrier.example";
    use(trunk);
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_TRUE(daemon().expect<TrunkState>().up);
    for (Carrier* one : {&first, &second}) {
        Side caller(one->peer, "13800000001", "95000");
        const auto arrived = arrive(caller);
        EXPECT_EQ("carrier", arrived.origin.name);
        daemon().refuse(arrived.leg, 404);
        caller.ack_failure(caller.expect(404));
        daemon().expect<call::LegEnded>();
    }
    Side stranger(third.peer, "13800000001", "95000");
    stranger.invite(sdp());
    stranger.ack_failure(stranger.expect(401));
}

TEST_F(TrunkLines, ItIsDownOnlyWhenNoneOfItsAddressesAnswers) {
    config.look_up = leads_to({"127.0.0.1", "127.0.0.2"});
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    Trunk trunk = at(first);
    trunk.host = "carrier.example";
    trunk.options_every = 300ms;
    trunk.options_misses = 1;
    use(trunk);
    EXPECT_FALSE(daemon().expect<TrunkState>().up);
    EXPECT_EQ(*IpAddress::parse("127.0.0.1"), daemon().expect<TrunkState>().address);
    first.side.answer(options(first), 503);
    const auto moved = daemon().expect<TrunkState>();
    EXPECT_TRUE(moved.up);
    EXPECT_EQ(*IpAddress::parse("127.0.0.2"), moved.address);
    const Time deadline = read_clocks().at + 1500ms;
    while (read_clocks().at < deadline)
        if (const auto asked = second.peer.next(10ms); asked && asked->method() == "OPTIONS") second.side.answer(*asked, 200);
    EXPECT_EQ(0u, daemon().count<TrunkState>()) << "it stays there";
    // Now the second falls silent, too.
    auto told = daemon().expect<TrunkState>();
    while (told.up) told = daemon().expect<TrunkState>();
    EXPECT_EQ(0, daemon().counter("trunk_up{trunk=\"carrier\"}"));
}

TEST_F(TrunkLines, ARegistrarThatSendsUsAwayIsAskedAtItsNextAddress) {
    config.look_up = leads_to({"127.0.0.1", "127.0.0.2"});
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    Trunk trunk = registering(first);
    trunk.host = "carrier.example";
    use(trunk);
    const Message unwanted = registration(first);
    first.side.answer(unwanted, 503);
    const Message wanted = registration(second);
    EXPECT_EQ(unwanted.header("Call-ID"), wanted.header("Call-ID"));
    EXPECT_GT(wanted.cseq(), unwanted.cseq());
    second.challenge(wanted, 401);
    const Message proven = next_registration(second, wanted);
    EXPECT_TRUE(second.proves(proven));
    second.side.answer(proven, 200, granted(proven, 300));
    auto told = daemon().expect<TrunkState>();
    while (!told.up) told = daemon().expect<TrunkState>();
    EXPECT_EQ(*IpAddress::parse("127.0.0.2"), told.address);
}

TEST_F(TrunkLines, WhenAllSendUsAwayThereIsAPause) {
    config.look_up = leads_to({"127.0.0.1", "127.0.0.2"});
    Carrier first(daemon().address()), second(daemon().address(), "127.0.0.2", first.peer.local().port);
    Trunk trunk = registering(first);
    trunk.host = "carrier.example";
    use(trunk);
    const Message one = registration(first);
    first.side.answer(one, 503);
    second.side.answer(registration(second), 503);
    const Time refused = read_clocks().at;
    const Message again = next_registration(first, one);
    EXPECT_GE(read_clocks().at - refused, 900ms);
    first.side.answer(again, 200, granted(again, 300));
    auto told = daemon().expect<TrunkState>();
    while (!told.up) told = daemon().expect<TrunkState>();
}

}  // namespace
}  // namespace hotline::sip::test
