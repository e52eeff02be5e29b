// Seeded randomness for the core and its simulation: the same seed gives the same day. Not for secrets (sip uses OpenSSL for
// those).
#pragma once
#include <cstdint>

namespace hotline {

/// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, passes BigCrush; enough to choose and to jitter.
class Random {
  public:
    explicit constexpr Random(std::uint64_t seed) : state_(seed) {}
    constexpr std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, n). n ≥ 1.
    constexpr std::uint64_t below(std::uint64_t n) { return next() % n; }
    /// Uniform in [0, 1).
    constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    constexpr bool chance(double p) { return unit() < p; }

  private:
    std::uint64_t state_;
};

}  // namespace hotline
