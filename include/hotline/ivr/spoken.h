// Numbers as they are spoken.
#pragma once
#include <cstdint>
#include <string>

namespace hotline::ivr {

/// Mandarin cardinal before a measure word: 0 零, 2 两, 12 十二, 200 两百, 10,005 一万零五. Negative numbers begin with 负.
std::string speak_number_zh(std::int64_t number);

}  // namespace hotline::ivr
