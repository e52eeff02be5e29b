// RTCP as bytes, and what is made of the far side's reports.
#include "media/rtcp.h"

#include <gtest/gtest.h>

#include <vector>

#include "unit/media/start.h"

namespace hotline::media::rtcp {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint32_t kUs = 0x01020304;

const SenderInfo kSender{0xE000000080000000, 1600, 10, 1600};
const ReportBlock kAbout{kUs, 64, -5, 0x10002, 80, 0x00008000, 0x00010000};

Bytes written(const std::optional<SenderInfo>& sender, const std::optional<ReportBlock>& about, Leaving leaving = Leaving::No) {
    std::array<std::uint8_t, kMaxBytes> out{};
    const auto size = write(out, 0xaabbccdd, sender, about, "0123456789abcdef01234567", leaving);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(RtcpWriter, MakesACompoundPacketThatItsReaderTakes) {
    const auto bytes = written(kSender, kAbout);
    const auto read = parse(bytes, kUs);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->ssrc, 0xaabbccddu);
    ASSERT_TRUE(read->sender && read->about_us);
    EXPECT_EQ(read->sender->ntp, kSender.ntp);
    EXPECT_EQ(read->sender->timestamp, 1600u);
    EXPECT_EQ(read->sender->packets, 10u);
    EXPECT_EQ(read->about_us->fraction_lost, 64);
    EXPECT_EQ(read->about_us->cumulative_lost, -5) << "24 bits with sign";
    EXPECT_EQ(read->about_us->extended_highest, 0x10002u);
    EXPECT_EQ(read->about_us->last_sr, 0x8000u);
}

TEST(RtcpWriter, OctetByOctet) {
    const Bytes expected{0x80, 201, 0,   1,   0xaa, 0xbb, 0xcc, 0xdd,           // RR, no blocks
                         0x81, 202, 0,   8,   0xaa, 0xbb, 0xcc, 0xdd, 1,   24,  // SDES, CNAME
                         '0',  '1', '2', '3', '4',  '5',  '6',  '7',  '8', '9', 'a', 'b', 'c',
                         'd',  'e', 'f', '0', '1',  '2',  '3',  '4',  '5', '6', '7', 0,   0,  // end of items, to a word
                         0x81, 203, 0,   1,   0xaa, 0xbb, 0xcc, 0xdd};                        // BYE
    EXPECT_EQ(written(std::nullopt, std::nullopt, Leaving::Yes), expected);
    EXPECT_EQ(written(kSender, std::nullopt)[1], 200);
}

TEST(RtcpReader, TakesOnlyReportsAboutUs) {
    const auto read = parse(written(kSender, kAbout), kUs + 1);
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->about_us);
}

TEST(RtcpReader, RefusesWhatFailsTheChecksOfA2) {
    const auto good = written(kSender, kAbout);
    const auto changed = [&](std::size_t at, std::uint8_t to) {
        Bytes bytes = good;
        bytes[at] = to;
        return bytes;
    };
    struct Case {
        const char* why;
        Bytes bytes;
    };
    const Case cases[] = {
        {"empty", {}},
        {"cut", Bytes(good.begin(), good.begin() + 20)},
        {"version 1", changed(0, 0x41)},
        {"first is padded", changed(0, 0xa1)},
        {"first is no report", changed(1, 202)},
        {"first is BYE", {0x81, 203, 0, 1, 1, 2, 3, 4}},
        {"length too long", changed(3, 200)},
        {"length too short for its reports", changed(3, 5)},
        {"more reports than it holds", changed(0, 0x85)},
        {"a tail",
         [&] {
             Bytes b = good;
             b.push_back(0);
             return b;
         }()},
    };
    for (const auto& [why, bytes] : cases) EXPECT_FALSE(parse(bytes, kUs)) << why;
}

TEST(RtcpReader, SurvivesEveryCutAndEveryChangedOctet) {
    const auto good = written(kSender, kAbout, Leaving::Yes);
    for (std::size_t length = 0; length < good.size(); ++length)
        (void)parse(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)), kUs);
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int value = 0; value < 256; ++value) {
            Bytes bytes = good;
            bytes[at] = static_cast<std::uint8_t>(value);
            (void)parse(bytes, kUs);
        }
    }
}

TEST(NtpClock, Counts1900AndFractions) {
    const NtpClock clock(Now{kStart, Wall(std::chrono::seconds(1))});
    EXPECT_EQ(clock.at(kStart) >> 32, 2'208'988'801u);
    EXPECT_EQ(clock.at(kStart + 500ms) & 0xffffffff, 0x80000000u);
    EXPECT_EQ(middle(clock.at(kStart + 3s)) - middle(clock.at(kStart)), 3u << 16);
}

TEST(Feedback, TheRoundTripIsWhatRemainsAfterTheirDelay) {
    const NtpClock clock(Now{kStart, Wall(std::chrono::seconds(1'700'000'000))});
    Feedback feedback;
    Received report{9, std::nullopt, kAbout};
    report.about_us->last_sr = middle(clock.at(kStart));
    report.about_us->delay_last_sr = 2 * 65536;  // they kept it for 2 s
    feedback.on_report(report, clock.at(kStart + 2050ms), kStart + 2050ms);
    EXPECT_NEAR(feedback.round_trip_ms().value(), 50, 0.1);
}

TEST(Feedback, NonsenseIsNoRoundTrip) {
    const NtpClock clock(Now{kStart, Wall(std::chrono::seconds(1'700'000'000))});
    Feedback feedback;
    Received report{9, std::nullopt, kAbout};
    for (const std::uint32_t last_sr : {0u, 12345u}) {
        report.about_us->last_sr = last_sr;
        feedback.on_report(report, clock.at(kStart), kStart);
        EXPECT_FALSE(feedback.round_trip_ms());
    }
}

TEST(Feedback, TheirSenderReportIsGivenBackWithItsAge) {
    Feedback feedback;
    EXPECT_EQ(feedback.last_sr(), 0u);
    EXPECT_EQ(feedback.delay_last_sr(kStart), 0u);
    feedback.on_report({9, kSender, std::nullopt}, 0, kStart);
    EXPECT_EQ(feedback.last_sr(), 0x00008000u);
    EXPECT_EQ(feedback.delay_last_sr(kStart + 1500ms), 65536u * 3 / 2);
}

TEST(Feedback, LossIsAShareOfWhatTheyCouldHaveSeen) {
    Feedback feedback;
    EXPECT_FALSE(feedback.loss(100, 99));
    Received report{9, std::nullopt, kAbout};
    report.about_us->cumulative_lost = 10;
    report.about_us->extended_highest = 0x30000 + 1099;
    feedback.on_report(report, 0, kStart);
    EXPECT_DOUBLE_EQ(feedback.loss(110, 1109).value(), 0.1) << "10 of 110 are under way";
    report.about_us->cumulative_lost = -3;
    feedback.on_report(report, 0, kStart);
    EXPECT_DOUBLE_EQ(feedback.loss(110, 1109).value(), 0);
}

}  // namespace
}  // namespace hotline::media::rtcp
