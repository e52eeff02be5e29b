// `hotlined ivr run` and `hotlined ivr graph`.
#pragma once
#include "app/exit_code.h"
#include "app/options.h"

namespace hotline::app {

/// The flow in the terminal (rehearsal.h). Refused: the site has mistakes, there is no such flow, or the flow does not end.
ExitCode run_flow(const Options& options);
/// The flow as Graphviz on stdout.
ExitCode draw_flow(const Options& options);

}  // namespace hotline::app
