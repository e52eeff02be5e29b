// RTCP between the engine and a far side that measures.
#include "exchange.h"
#include "media/rtcp.h"

namespace hotline::media {
namespace {

Config quick_reports() {
    Config config;
    config.rtcp_interval = 200ms;
    return config;
}

Address rtcp_of(const Address& rtp) { return {rtp.ip, static_cast<std::uint16_t>(rtp.port + 1)}; }

/// What a far side writes, with our own writer.
Bytes report(std::uint32_t ssrc, const std::optional<rtcp::SenderInfo>& sender, const std::optional<rtcp::ReportBlock>& about,
             rtcp::Leaving leaving = rtcp::Leaving::No) {
    std::array<std::uint8_t, rtcp::kMaxBytes> out{};
    const auto size = rtcp::write(out, ssrc, sender, about, "phone", leaving);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(EngineRtcp, ASenderReportsWhatItSent) {
    Exchange x(quick_reports());
    Phone phone;
    x.join(1, phone);
    x.play(1, {numbered_frames(5)}, Mode::Loop);
    const auto sound = phone.hear().value();
    std::optional<rtcp::Received> read;
    while (!read || !read->sender) {
        const auto bytes = phone.rtcp.receive();
        ASSERT_TRUE(bytes);
        read = rtcp::parse(*bytes, phone.ssrc);
        ASSERT_TRUE(read);
    }
    EXPECT_EQ(read->ssrc, sound.header.ssrc);
    EXPECT_GE(read->sender->packets, 1u);
    EXPECT_EQ(read->sender->octets, 160 * read->sender->packets);
    const auto since = rtp::ahead(sound.header.timestamp, read->sender->timestamp);
    EXPECT_GE(since, 0);
    EXPECT_LT(since, 5 * rtp::kTicksPerSecond);
    EXPECT_FALSE(read->about_us) << "nothing was heard";
}

TEST(EngineRtcp, AReceiverReportsLoss) {
    Exchange x(quick_reports());
    Phone phone;
    const auto local = x.join(1, phone);
    x.settle();
    for (int i = 0; i < 8; ++i) phone.say(local, 0x11);
    phone.sequence = static_cast<std::uint16_t>(phone.sequence + 2);
    phone.say(local, 0x11);
    std::optional<rtcp::Received> read;
    while (!read || !read->about_us || read->about_us->cumulative_lost == 0) {
        const auto bytes = phone.rtcp.receive();
        ASSERT_TRUE(bytes);
        EXPECT_EQ((*bytes)[1], 201) << "nothing was sent: RR";
        read = rtcp::parse(*bytes, phone.ssrc);
        ASSERT_TRUE(read);
    }
    EXPECT_EQ(read->about_us->cumulative_lost, 2);
    EXPECT_EQ(read->about_us->extended_highest, static_cast<std::uint16_t>(phone.sequence - 1));
    EXPECT_EQ(x.close(1).lost_in, 2u);
    EXPECT_EQ(x.metrics.counter("rtp_lost_total", "").value(), 2);
}

TEST(EngineRtcp, GivesTheirReportBackSoThatTheyKnowTheRoundTrip) {
    Exchange x(quick_reports());
    Phone phone;
    const auto local = x.join(1, phone);
    x.settle();
    phone.say(local, 0x11);
    phone.rtcp.send(rtcp_of(local), report(phone.ssrc, rtcp::SenderInfo{0x0000123456780000, 0, 1, 160}, std::nullopt));
    std::optional<rtcp::Received> read;
    while (!read || !read->about_us || read->about_us->last_sr == 0) {
        const auto bytes = phone.rtcp.receive();
        ASSERT_TRUE(bytes);
        read = rtcp::parse(*bytes, phone.ssrc);
    }
    EXPECT_EQ(read->about_us->last_sr, 0x12345678u);
    EXPECT_GT(read->about_us->delay_last_sr, 0u);
    EXPECT_LT(read->about_us->delay_last_sr, 3u * 65536);
}

TEST(EngineRtcp, LossAndRoundTripOfALegComeFromTheFarSidesReport) {
    Exchange x(quick_reports());
    Phone phone;
    const auto local = x.join(1, phone);
    x.play(1, {numbered_frames(10)});
    rtp::Header last{};
    for (int i = 0; i < 10; ++i) last = phone.hear().value().header;
    ASSERT_TRUE(x.events.wait<call::PlayEnded>());
    std::optional<rtcp::Received> theirs;
    while (!theirs || !theirs->sender) theirs = rtcp::parse(phone.rtcp.receive().value(), phone.ssrc);
    const rtcp::ReportBlock block{last.ssrc, 64, 3, last.sequence, 0, rtcp::middle(theirs->sender->ntp), 0};
    phone.rtcp.send(rtcp_of(local), report(phone.ssrc, std::nullopt, block, rtcp::Leaving::Yes));
    x.settle();
    const auto quality = x.close(1);
    ASSERT_TRUE(quality.loss_out && quality.round_trip_ms);
    EXPECT_DOUBLE_EQ(*quality.loss_out, 0.3);
    EXPECT_GE(*quality.round_trip_ms, 0);
    EXPECT_LT(*quality.round_trip_ms, 3000);
}

TEST(EngineRtcp, AForgedByeEndsNothing) {
    Exchange x(quick_reports());
    Phone phone;
    const auto local = x.join(1, phone);
    x.settle();
    phone.say(local, 0x11);
    phone.rtcp.send(rtcp_of(local), report(phone.ssrc, std::nullopt, std::nullopt, rtcp::Leaving::Yes));
    phone.say(local, 0x12);
    x.settle();
    EXPECT_EQ(x.close(1).packets_in, 2u);
}

TEST(EngineRtcp, ReportsOfStrangersAreNotRead) {
    Exchange x(quick_reports());
    Phone phone, stranger("127.0.0.2");
    const auto local = x.join(1, phone);
    x.play(1, {numbered_frames(1)});
    const auto sent = phone.hear().value().header;
    stranger.rtcp.send(rtcp_of(local), report(1, std::nullopt, rtcp::ReportBlock{sent.ssrc, 255, 100, sent.sequence, 0, 0, 0}));
    x.settle();
    EXPECT_FALSE(x.close(1).loss_out);
    EXPECT_EQ(x.dropped("foreign_source"), 1);
}

TEST(EngineRtcp, SharesThePortWhereThatWasAgreed) {
    Exchange x(quick_reports());
    Phone phone;
    const auto local = x.join(1, phone, {.mux = true});
    x.play(1, {numbered_frames(1)});
    const auto sent = phone.hear().value().header;
    phone.rtp.send(local, report(phone.ssrc, std::nullopt, rtcp::ReportBlock{sent.ssrc, 0, 1, sent.sequence, 0, 0, 0}));
    const auto ours = phone.rtp.receive();
    ASSERT_TRUE(ours);
    EXPECT_TRUE(rtcp::parse(*ours, phone.ssrc)) << "on the port of RTP";
    x.settle();
    EXPECT_DOUBLE_EQ(x.close(1).loss_out.value(), 1);
    EXPECT_FALSE(phone.rtcp.receive(0ms));
}

TEST(EngineRtcp, OnThePortOfRtpWithoutAgreementIsIgnored) {
    Exchange x(quick_reports());
    Phone phone;
    const auto local = x.join(1, phone);
    x.play(1, {numbered_frames(1)});
    const auto sent = phone.hear().value().header;
    phone.rtp.send(local, report(phone.ssrc, std::nullopt, rtcp::ReportBlock{sent.ssrc, 0, 1, sent.sequence, 0, 0, 0}));
    x.settle();
    EXPECT_FALSE(x.close(1).loss_out);
}

TEST(EngineRtcp, ByeIsSentWhenALegThatSpokeCloses) {
    Exchange x;
    Phone phone;
    x.join(1, phone);
    x.play(1, {numbered_frames(1)});
    ASSERT_TRUE(phone.hear());
    x.close(1);
    std::optional<Bytes> bytes;
    while ((bytes = phone.rtcp.receive()) && (*bytes)[bytes->size() - 7] != 203) {
    }
    EXPECT_TRUE(bytes);
}

}  // namespace
}  // namespace hotline::media
