#include "sip/tokens.h"

#include <openssl/rand.h>

#include "hotline/base/check.h"
#include "hotline/base/text.h"

namespace hotline::sip {

std::string random_token() {
    unsigned char bytes[16];
    HL_CHECK(RAND_bytes(bytes, sizeof bytes) == 1, "the system gave no randomness");
    return to_hex(std::string_view(reinterpret_cast<const char*>(bytes), sizeof bytes));
}

std::uint32_t random_below(std::uint32_t n) {
    std::uint32_t value;
    HL_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) == 1, "the system gave no randomness");
    return value % n;  // the bias for waits of seconds is of no account
}

}  // namespace hotline::sip
