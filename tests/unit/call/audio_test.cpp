#include "hotline/call/audio.h"

#include <gtest/gtest.h>

namespace hotline::call {
namespace {

RemoteAudio phone() {
    RemoteAudio remote;
    remote.rtp = *Address::parse("192.0.2.1:4000");
    remote.rtcp = *Address::parse("192.0.2.1:4001");
    remote.codecs = {{Codec::Pcmu, 0}, {Codec::Pcma, 97}};
    remote.telephone_event = 101;
    return remote;
}

TEST(Agree, our_order_of_preference_decides_and_their_payload_type_is_used) {
    const auto agreed = agree(phone(), {Codec::Pcma, Codec::Pcmu});
    ASSERT_TRUE(agreed);
    EXPECT_EQ(agreed->codec, Codec::Pcma);
    EXPECT_EQ(agreed->payload_type, 97);
    EXPECT_EQ(agreed->telephone_event, 101);
    EXPECT_EQ(agreed->remote_rtp, phone().rtp);
    EXPECT_EQ(agreed->remote_rtcp, phone().rtcp);
}

TEST(Agree, a_codec_that_only_one_side_has_is_passed_over) {
    auto remote = phone();
    remote.codecs = {{Codec::Pcmu, 0}};
    EXPECT_EQ(agree(remote, {Codec::Pcma, Codec::Pcmu})->codec, Codec::Pcmu);
}

TEST(Agree, without_a_common_codec_there_is_no_agreement) {
    auto remote = phone();
    remote.codecs = {{Codec::Pcmu, 0}};
    EXPECT_FALSE(agree(remote, {Codec::Pcma}));
    EXPECT_FALSE(agree(remote, {}));
}

TEST(Agree, directions_are_told_from_our_side) {
    const auto with = [](Direction direction) {
        auto remote = phone();
        remote.direction = direction;
        return *agree(remote, {Codec::Pcma});
    };
    EXPECT_TRUE(with(Direction::SendRecv).send);
    EXPECT_TRUE(with(Direction::SendRecv).receive);
    EXPECT_FALSE(with(Direction::SendOnly).send);
    EXPECT_FALSE(with(Direction::SendOnly).receive) << "a holding phone that is silent must not lose the call";
    EXPECT_TRUE(with(Direction::RecvOnly).send);
    EXPECT_FALSE(with(Direction::RecvOnly).receive);
    EXPECT_FALSE(with(Direction::Inactive).send);
    EXPECT_FALSE(with(Direction::Inactive).receive);
}

TEST(Agree, nothing_is_sent_to_the_address_any) {
    auto remote = phone();
    remote.rtp = *Address::parse("0.0.0.0:4000");
    EXPECT_FALSE(agree(remote, {Codec::Pcma})->send);
}

TEST(Agree, rtcp_mux_is_handed_on) {
    auto remote = phone();
    remote.rtcp_mux = true;
    remote.rtcp = remote.rtp;
    const auto agreed = agree(remote, {Codec::Pcma});
    EXPECT_TRUE(agreed->rtcp_mux);
    EXPECT_EQ(agreed->remote_rtcp, remote.rtp);
}

}  // namespace
}  // namespace hotline::call
