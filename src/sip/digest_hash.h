// The hash functions of HTTP digest (RFC 7616 §3.2, RFC 8760 §2), by their names in the algorithm parameter.
#pragma once
#include <openssl/evp.h>

#include <string>
#include <string_view>

namespace hotline::sip {

/// Null: none of ours (MD5, SHA-256, SHA-512-256; empty is MD5). SHA-512-256 is not offered, since libraries choke on it, but
/// taken.
const EVP_MD* hash_of(std::string_view name);
/// Lower-case hexadecimal.
std::string hash_hex(const EVP_MD* hash, std::string_view text);

}  // namespace hotline::sip
