// When the tests of this folder begin: a moment that is not zero.
#pragma once
#include "hotline/base/time.h"

namespace hotline::app {

inline constexpr Time t0{1000s};

}  // namespace hotline::app
