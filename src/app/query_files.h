// The site's queries: queries/NAME.sql, one statement each, with :name for what a menu knows. Values are bound by the server
// ($1, $2, …) and never become part of the text.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/problems.h"
#include "hotline/ivr/program.h"

namespace hotline::app {

struct QueryFile {
    std::string path;
    std::string text;
    std::shared_ptr<const ivr::Query> query;  // null: it has errors
    /// Where in `text` (bytes) what stands at a byte of the query's `sql` was written, by beginnings of stretches.
    std::vector<std::pair<std::size_t, std::size_t>> stretches;

    /// Of the `position`-th character of query->sql, from 1.
    Place place_of(int position) const;
    /// Where the parameter so numbered, from 0, stands first.
    Place place_of_parameter(std::size_t number) const;
};

/// Where a program names a column of a query's answer.
struct NamedColumn {
    Place at;
    std::string name;
    std::shared_ptr<const ivr::Query> query;
    bool or_variable;  // a variable of that name is meant, if there is no such column
};

/// Reads one. Mistakes are told at their line and column.
QueryFile read_query(const std::string& path, const std::string& name, std::string text, Problems& problems);

class QueryShelf {
  public:
    /// Reads DIR/queries, if it is there.
    QueryShelf(const std::string& dir, Problems& problems);

    /// An unknown name is a problem at `at`. Null: unknown, or it has errors.
    std::shared_ptr<const ivr::Query> find(const std::string& name, const Place& at) const;
    /// Warns of queries that no menu asks.
    void warn_of_unused() const;
    /// Those without errors.
    std::vector<QueryFile> all() const;

  private:
    Problems* problems_;
    std::map<std::string, QueryFile> files_;
    mutable std::set<std::string> used_;
};

}  // namespace hotline::app
