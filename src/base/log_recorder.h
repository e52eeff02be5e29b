// The flight recorder: the last log events, kept in memory for check_failed.
#pragma once
#include <cstdio>

namespace hotline::log {
void dump_recorder(std::FILE* out);
}
