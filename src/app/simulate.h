// hotlined simulate: what service level would this site have, with so many calls and agents?
#pragma once
#include "app/exit_code.h"
#include "app/options.h"

namespace hotline::app {

/// Plays a day to the site's own queues and rules (hotline/acd/rehearsal.h) and prints a table; with --csv also a row for each hour
/// and queue.
ExitCode simulate(const Options& options);

}  // namespace hotline::app
