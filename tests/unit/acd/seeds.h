// Which random days a test plays.
//
//   HOTLINE_ACD_SEED=17     that day alone
//   HOTLINE_ACD_SEEDS=50    so many; fewer than usual do not have to show everything
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace hotline::acd {

struct Seeds {
    std::uint64_t first, last;
    bool enough;  // for what must be seen on some of them
};

inline Seeds seeds(std::uint64_t usual) {
    const auto number = [](const char* variable) -> std::uint64_t {
        const char* text = std::getenv(variable);
        return text ? std::strtoull(text, nullptr, 10) : 0;
    };
    if (const std::uint64_t one = number("HOTLINE_ACD_SEED")) return {one, one, false};
    const std::uint64_t wanted = number("HOTLINE_ACD_SEEDS");
    return {1, wanted > 0 ? wanted : usual, wanted == 0 || wanted >= usual};
}

}  // namespace hotline::acd
