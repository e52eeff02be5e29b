// The RTP header: what is taken, what is refused, and numbers that wrap.
#include "media/rtp.h"

#include <gtest/gtest.h>

#include <vector>

namespace hotline::media::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// A header with `first` as its first octet, then `rest`.
Bytes packet(std::uint8_t first, std::initializer_list<std::uint8_t> rest) {
    Bytes out{first, 0x88, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    out.insert(out.end(), rest);
    return out;
}

TEST(RtpPacket, IsReadAndWrittenBack) {
    Bytes bytes = packet(0x80, {42});
    const auto read = parse(bytes);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->header.marker);
    EXPECT_EQ(read->header.payload_type, 8);
    EXPECT_EQ(read->header.sequence, 0x0102);
    EXPECT_EQ(read->header.timestamp, 0x03040506u);
    EXPECT_EQ(read->header.ssrc, 0x0708090au);
    EXPECT_EQ(Bytes(read->payload.begin(), read->payload.end()), Bytes{42});

    Bytes again(kHeaderBytes);
    write(again.data(), read->header);
    again.push_back(42);
    EXPECT_EQ(again, bytes);
}

TEST(RtpPacket, IsRefusedWhenItsLengthsLie) {
    struct Case {
        const char* why;
        Bytes bytes;
    };
    const Case cases[] = {
        {"empty", {}},
        {"one octet", {0x80}},
        {"header only", packet(0x80, {})},
        {"version 1", packet(0x40, {1})},
        {"version 3", packet(0xc0, {1})},
        {"15 sources announced", packet(0x8f, {1, 2, 3, 4})},
        {"sources and no payload", packet(0x81, {1, 2, 3, 4})},
        {"extension cut", packet(0x90, {1, 2, 0})},
        {"extension longer than the packet", packet(0x90, {0xbe, 0xde, 0xff, 0xff, 1, 2, 3, 4})},
        {"padding of nothing", packet(0xa0, {1, 2, 0})},
        {"padding longer than the packet", packet(0xa0, {1, 2, 200})},
        {"padding reaches into the header", packet(0xa0, {1, 2, 5})},
        {"nothing but padding", packet(0xa0, {0, 0, 3})},
    };
    for (auto [why, bytes] : cases) EXPECT_FALSE(parse(bytes)) << why;
}

TEST(RtpPacket, IsToldFromRtcpByItsType) {
    for (int type = 0; type < 256; ++type) {
        const Bytes bytes{0x80, static_cast<std::uint8_t>(type)};
        EXPECT_EQ(is_rtcp(bytes), type >= 192 && type <= 223) << type;
    }
    EXPECT_FALSE(is_rtcp(Bytes{0x80}));
}

TEST(RtpNumbers, WrapAround) {
    static_assert(ahead(std::uint16_t{65535}, std::uint16_t{0}) == 1);
    static_assert(ahead(std::uint16_t{0}, std::uint16_t{65535}) == -1);
    static_assert(ahead(std::uint32_t{0xffffff00}, std::uint32_t{0x100}) == 0x200);
    static_assert(ticks(20ms) == 160 && ticks(1s) == 8000 && ticks(124us) == 0);
}

}  // namespace
}  // namespace hotline::media::rtp
