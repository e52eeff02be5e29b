// All files of a site as one tree: site.json is the root, every other file hangs under its name (queues.json → queues,
// ivr/main.json → ivr.main). So one dotted path names any value: sip.port, queues.service.wrapup_s, trunks.local.sources.
#pragma once
#include <string>
#include <vector>

#include "app/value.h"

namespace hotline::app {

struct SiteTree {
    std::string dir;
    Value root;
    /// Where a whole file begins, for what is missing in it; `name` without .json: "queues", "ivr/main".
    Place file(const std::string& name) const { return {dir + '/' + name + ".json", 1, 1}; }
};

/// Reads the files and applies the settings ("path=value", in order). Mistakes go to `problems`; what could be read is in the tree.
SiteTree load_site_tree(const std::string& dir, const std::vector<std::string>& settings, Problems& problems);

}  // namespace hotline::app
