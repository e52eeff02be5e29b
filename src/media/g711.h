// ITU-T G.711: 16-bit linear samples ↔ A-law and µ-law, and the two laws into each other. Tables are made by the compiler.
//
// The rules are those of G.711 (11/88), tables 1 and 2: A-law keeps 13 bits of a sample, µ-law 14; even bits of A-law and all bits
// of µ-law are inverted on the line. Full scale: ±32256 (A-law, +3.14 dBm0 for a sine) and ±32124 (µ-law, +3.17 dBm0). One law
// becomes the other through the linear value; tables 3 and 4 differ from that by one code in one segment of eight (half an
// interval).
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hotline::media {

constexpr std::uint8_t kAlawSilence = 0xD5;  // +8: A-law has no zero
constexpr std::uint8_t kUlawSilence = 0xFF;  // 0

constexpr std::uint8_t linear_to_alaw(std::int16_t sample) {
    // Ones' complement of a negative sample: both signs have the same decision values.
    const auto magnitude = static_cast<unsigned>((sample < 0 ? ~sample : sample) >> 4);  // 0–2047
    const unsigned segment = magnitude < 32 ? magnitude >> 4 : static_cast<unsigned>(std::bit_width(magnitude)) - 4;
    const unsigned mantissa = (segment < 2 ? magnitude : magnitude >> (segment - 1)) & 0x0F;
    const unsigned sign = sample < 0 ? 0x00 : 0x80;
    return static_cast<std::uint8_t>((sign | segment << 4 | mantissa) ^ 0x55);
}

constexpr std::int16_t alaw_to_linear(std::uint8_t code) {
    const int bits = code ^ 0x55;
    const int segment = (bits >> 4) & 0x07;
    const int step = ((bits & 0x0F) << 4) + 8;  // the middle of the interval
    const int magnitude = segment == 0 ? step : (step + 0x100) << (segment - 1);
    return static_cast<std::int16_t>((bits & 0x80) != 0 ? magnitude : -magnitude);
}

constexpr std::uint8_t linear_to_ulaw(std::int16_t sample) {
    constexpr unsigned kBias = 33, kClip = 0x1FFF;
    unsigned magnitude = (static_cast<unsigned>(sample < 0 ? ~sample : sample) >> 2) + kBias;
    if (magnitude > kClip) magnitude = kClip;
    const unsigned segment = static_cast<unsigned>(std::bit_width(magnitude)) - 6;
    const unsigned mantissa = (magnitude >> (segment + 1)) & 0x0F;
    const unsigned sign = sample < 0 ? 0x80 : 0x00;
    return static_cast<std::uint8_t>(~(sign | segment << 4 | mantissa));
}

constexpr std::int16_t ulaw_to_linear(std::uint8_t code) {
    const int bits = static_cast<std::uint8_t>(~code);
    const int segment = (bits >> 4) & 0x07;
    const int magnitude = ((((bits & 0x0F) << 1) + 33) << segment) - 33;
    return static_cast<std::int16_t>(((bits & 0x80) != 0 ? -magnitude : magnitude) * 4);
}

namespace detail {
template <class Value, class Function>
constexpr std::array<Value, 256> table_of(Function function) {
    std::array<Value, 256> table{};
    for (std::size_t code = 0; code < table.size(); ++code) table[code] = function(static_cast<std::uint8_t>(code));
    return table;
}
}  // namespace detail

inline constexpr auto kAlawToLinear = detail::table_of<std::int16_t>(alaw_to_linear);
inline constexpr auto kUlawToLinear = detail::table_of<std::int16_t>(ulaw_to_linear);
inline constexpr auto kAlawToUlaw =
    detail::table_of<std::uint8_t>([](std::uint8_t code) { return linear_to_ulaw(alaw_to_linear(code)); });
inline constexpr auto kUlawToAlaw =
    detail::table_of<std::uint8_t>([](std::uint8_t code) { return linear_to_alaw(ulaw_to_linear(code)); });

// Whole frames. `from` and `to` have the same length; the 8-bit conversions may be done in place.
void linear_to_alaw(std::span<const std::int16_t> from, std::span<std::uint8_t> to);
void linear_to_ulaw(std::span<const std::int16_t> from, std::span<std::uint8_t> to);
void alaw_to_linear(std::span<const std::uint8_t> from, std::span<std::int16_t> to);
void ulaw_to_linear(std::span<const std::uint8_t> from, std::span<std::int16_t> to);
void alaw_to_ulaw(std::span<const std::uint8_t> from, std::span<std::uint8_t> to);
void ulaw_to_alaw(std::span<const std::uint8_t> from, std::span<std::uint8_t> to);

}  // namespace hotline::media
