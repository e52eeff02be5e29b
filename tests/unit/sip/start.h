// When and where from the tests of this folder begin: a moment that is not zero, a phone's address.
#pragma once
#include "hotline/base/address.h"
#include "hotline/base/time.h"

namespace hotline::sip {

inline constexpr Time kStart{1000s};
inline const Address kPhone = *Address::parse("192.0.2.10:5060");

}  // namespace hotline::sip
