// When the tests of this folder begin: a moment that is not zero.
#pragma once
#include "hotline/base/time.h"

namespace hotline::media {

inline constexpr Time kStart{1000s};

}  // namespace hotline::media
