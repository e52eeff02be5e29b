// `hotlined serve`: makes everything, runs it, takes it down again.
#pragma once
#include "app/exit_code.h"
#include "app/options.h"

namespace hotline::app {

/// Runs until a signal or `hotlined stop` has ended it. Throws CannotStart.
ExitCode serve(const Options& options);

}  // namespace hotline::app
