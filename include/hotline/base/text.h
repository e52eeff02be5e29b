// Text from strangers is made valid where it enters: what is inside the core may be stored and shown as it is.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace hotline {

/// Valid UTF-8 of at most `max_bytes`: broken sequences, NUL and other control characters become U+FFFD; cut at a character's edge.
/// PostgreSQL's text and jsonb take the result as it is.
std::string valid_text(std::string_view bytes, std::size_t max_bytes = 256);

/// 64 bits as 13 characters of Crockford's base 32 (0–9 A–Z without I L O U): sorts like the number, can be read out on a phone.
std::string to_base32(std::uint64_t value);
/// The inverse; 0 when the text is none of ours. Case does not matter; I and L read as 1, O as 0.
std::uint64_t from_base32(std::string_view text);

std::string to_hex(std::string_view bytes);

}  // namespace hotline
