// From argv to an exit code: every command of hotlined.
#pragma once
#include <span>

#include "app/exit_code.h"

namespace hotline::app {

/// Never throws: what cannot start says so on stderr.
ExitCode run(std::span<const char* const> arguments);

}  // namespace hotline::app
