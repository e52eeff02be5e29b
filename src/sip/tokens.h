// Tags, branches and Call-IDs that nobody can guess. libsofia counts its own upwards from the start time.
#pragma once
#include <cstdint>
#include <string>

namespace hotline::sip {

/// 128 random bits as 32 hexadecimal characters.
std::string random_token();
/// Uniform in [0, n), n ≥ 1. For waits that two sides must not share.
std::uint32_t random_below(std::uint32_t n);
/// A Via branch with RFC 3261's cookie.
inline std::string random_branch() { return "z9hG4bK" + random_token(); }

}  // namespace hotline::sip
