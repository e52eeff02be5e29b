// Queries against the tables that they are for.
#pragma once
#include <string>

#include "app/options.h"
#include "app/problems.h"
#include "app/site_config.h"

namespace hotline::app {

/// Where the store of a running `./dev up --data DIR` listens, as libpq's conninfo. NotFound: none runs there, or its folder is
/// closed to us.
Result<std::string> find_store(const std::string& data_dir);

/// Prepares each query of the site on the store that --data or --db names; mistakes are told at their line and column, and columns
/// that menus want and queries do not give. Without either: a warning that nothing was prepared.
void check_queries(const Options& options, const SiteConfig& config, Problems& problems);

}  // namespace hotline::app
