// Lookups for `hotlined ivr run`: from the store that --data or --db names, else from a PostgreSQL of its own that lives as long as
// the flow and holds the site's sample data (docs/decisions/0005). Neither is begun before the flow asks for something.
#pragma once
#include <memory>
#include <string>

#include "app/options.h"
#include "app/site_config.h"
#include "hotline/ivr/machine.h"

namespace hotline::app {

class TableAnswers {
  public:
    TableAnswers(const Options& options, const SiteConfig& config);
    ~TableAnswers();
    TableAnswers(const TableAnswers&) = delete;

    /// Blocking, within the question's time-out (the scratch server's start comes on top, once). What fails is told on stderr.
    ivr::Reply answer(const ivr::AskTables& question);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace hotline::app
