#include "sip/digest_hash.h"

#include "hotline/base/check.h"
#include "hotline/base/text.h"
#include "sip/scan.h"

namespace hotline::sip {

const EVP_MD* hash_of(std::string_view name) {
    if (name.empty() || iequal(name, "MD5")) return EVP_md5();
    if (iequal(name, "SHA-256")) return EVP_sha256();
    if (iequal(name, "SHA-512-256")) return EVP_sha512_256();
    return nullptr;
}

std::string hash_hex(const EVP_MD* hash, std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    HL_CHECK(EVP_Digest(text.data(), text.size(), digest, &length, hash, nullptr) == 1, "OpenSSL refuses a digest");
    return to_hex({reinterpret_cast<const char*>(digest), length});
}

}  // namespace hotline::sip
