// HL_CHECK: a bug of ours ends the process, always, with the last log events on stderr (the flight recorder).
#pragma once

namespace hotline {
[[noreturn]] void check_failed(const char* condition, const char* file, int line, const char* why);
}

#define HL_CHECK(condition, why) ((condition) ? void(0) : ::hotline::check_failed(#condition, __FILE__, __LINE__, why))
