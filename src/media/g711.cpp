#include "media/g711.h"

#include "hotline/base/check.h"

namespace hotline::media {
namespace {

template <class From, class To, class Function>
void convert(std::span<const From> from, std::span<To> to, Function function) {
    HL_CHECK(from.size() == to.size(), "a frame is converted into a frame of the same length");
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = function(from[i]);
}

}  // namespace

void linear_to_alaw(std::span<const std::int16_t> from, std::span<std::uint8_t> to) {
    convert(from, to, [](std::int16_t sample) { return linear_to_alaw(sample); });
}

void linear_to_ulaw(std::span<const std::int16_t> from, std::span<std::uint8_t> to) {
    convert(from, to, [](std::int16_t sample) { return linear_to_ulaw(sample); });
}

void alaw_to_linear(std::span<const std::uint8_t> from, std::span<std::int16_t> to) {
    convert(from, to, [](std::uint8_t code) { return kAlawToLinear[code]; });
}

void ulaw_to_linear(std::span<const std::uint8_t> from, std::span<std::int16_t> to) {
    convert(from, to, [](std::uint8_t code) { return kUlawToLinear[code]; });
}

void alaw_to_ulaw(std::span<const std::uint8_t> from, std::span<std::uint8_t> to) {
    convert(from, to, [](std::uint8_t code) { return kAlawToUlaw[code]; });
}

void ulaw_to_alaw(std::span<const std::uint8_t> from, std::span<std::uint8_t> to) {
    convert(from, to, [](std::uint8_t code) { return kUlawToAlaw[code]; });
}

}  // namespace hotline::media
