// The RTP packet (RFC 3550 §5.1) and the arithmetic of its wrapping numbers.
//
//    0                   1                   2                   3
//    V=2|P|X|  CC   |M|     PT      |       sequence number
//                              timestamp
//                                SSRC
//    CC × contributing source, then with X an extension (profile, length in words, words), then the payload, then with P padding
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "hotline/base/time.h"

namespace hotline::media::rtp {

constexpr std::size_t kHeaderBytes = 12;
constexpr int kTicksPerSecond = 8000;  // G.711 and telephone-event: one tick a sample
constexpr Duration kTick = Duration(std::chrono::seconds(1)) / kTicksPerSecond;

/// How far `to` is ahead of `from` on the circle of 2¹⁶; negative: behind.
constexpr int ahead(std::uint16_t from, std::uint16_t to) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}
/// The same on the circle of 2³² (timestamps).
constexpr std::int32_t ahead(std::uint32_t from, std::uint32_t to) { return static_cast<std::int32_t>(to - from); }

/// Whole ticks in a stretch of time, rounded down.
constexpr std::int64_t ticks(Duration d) { return d / kTick; }

struct Header {
    bool marker = false;
    std::uint8_t payload_type = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
};

struct Packet {
    Header header;
    std::span<std::uint8_t> payload;  // at least 12 bytes into the datagram: a header of ours fits before it
};

inline std::uint16_t read16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] << 8 | at[1]); }
inline std::uint32_t read32(const std::uint8_t* at) { return std::uint32_t{read16(at)} << 16 | read16(at + 2); }
inline void write16(std::uint8_t* at, std::uint16_t v) {
    at[0] = static_cast<std::uint8_t>(v >> 8);
    at[1] = static_cast<std::uint8_t>(v);
}
inline void write32(std::uint8_t* at, std::uint32_t v) {
    write16(at, static_cast<std::uint16_t>(v >> 16));
    write16(at + 2, static_cast<std::uint16_t>(v));
}

/// RTP and RTCP on one port are told apart by the payload type: RTCP's 192–223 read as 64–95 (RFC 5761 §4).
inline bool is_rtcp(std::span<const std::uint8_t> datagram) {
    return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

/// None: not RTP, or lengths that do not fit the datagram, or no payload.
inline std::optional<Packet> parse(std::span<std::uint8_t> datagram) {
    if (datagram.size() <= kHeaderBytes) return std::nullopt;
    const std::uint8_t first = datagram[0];
    if (first >> 6 != 2) return std::nullopt;
    std::size_t begin = kHeaderBytes + 4u * (first & 0x0f);
    if (first & 0x10) {
        if (datagram.size() < begin + 4) return std::nullopt;
        begin += 4 + 4u * read16(&datagram[begin + 2]);
    }
    std::size_t end = datagram.size();
    if (first & 0x20) {
        const std::size_t padding = datagram.back();
        if (padding == 0 || padding > end) return std::nullopt;
        end -= padding;
    }
    if (begin >= end) return std::nullopt;
    const std::uint8_t* at = datagram.data();
    return Packet{{(at[1] & 0x80) != 0, static_cast<std::uint8_t>(at[1] & 0x7f), read16(at + 2), read32(at + 4), read32(at + 8)},
                  datagram.subspan(begin, end - begin)};
}

inline void write(std::uint8_t* at, const Header& header) {
    at[0] = 0x80;
    at[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.payload_type);
    write16(at + 2, header.sequence);
    write32(at + 4, header.timestamp);
    write32(at + 8, header.ssrc);
}

}  // namespace hotline::media::rtp
