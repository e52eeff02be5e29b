#include "app/query_check.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace hotline::app {
namespace {

namespace fs = std::filesystem;

std::string listed_columns(const std::vector<std::string>& columns) {
    std::string out;
    for (const auto& column : columns) out += (out.empty() ? "" : ", ") + column;
    return out;
}

/// Menus take columns by name.
void check_columns(const SiteConfig& config, const QueryFile& file, const std::vector<std::string>& columns, Problems& problems) {
    for (const auto& [at, name, query, or_variable] : config.columns) {
        if (query != file.query || std::find(columns.begin(), columns.end(), name) != columns.end()) continue;
        problems.error(at, "queries/" + query->name + ".sql gives no column \"" + name + "\"" +
                               (or_variable ? ", and no program sets a variable of that name" : "") + ". It gives " +
                               listed_columns(columns) + '.');
    }
}

/// A value that cannot be read as what it is compared with stands in PostgreSQL's answer, and in its own log: nothing masked may.
void check_masked(const SiteConfig& config, const QueryFile& file, const std::vector<bool>& as_text, Problems& problems) {
    std::vector<std::shared_ptr<const ivr::Program>> programs;
    for (const auto& [name, program] : config.programs) programs.push_back(program);
    const auto masked = ivr::masked_variables(programs);
    for (const auto& program : programs) {
        for (const auto& node : program ? program->nodes : std::vector<ivr::Node>{}) {
            const auto* lookup = std::get_if<ivr::Lookup>(&node.body);
            if (!lookup || lookup->query != file.query) continue;
            for (std::size_t i = 0; i < lookup->parameters.size() && i < as_text.size(); ++i) {
                const auto& [name, value] = lookup->parameters[i];
                const auto read = value.variables();
                const bool secret = std::any_of(read.begin(), read.end(), [&](const auto& v) { return masked.contains(v); });
                if (secret && !as_text[i])
                    problems.error(file.place_of_parameter(i),
                                   ":" + name +
                                       " is masked, and read as a number or the like here: a wrong one would stand in "
                                       "PostgreSQL's log. Compare it as text: :" +
                                       name + "::text.");
            }
        }
    }
}

void examine_queries(const std::string& conninfo, const SiteConfig& config, Problems& problems) {
    auto where = config.tables;
    where.conninfo = conninfo;
    std::vector<std::shared_ptr<const ivr::Query>> queries;
    for (const auto& file : config.queries) queries.push_back(file.query);
    const auto examined = store::examine(where, queries);
    if (!examined)
        return problems.error({config.queries.front().path, 1, 1}, "cannot be prepared: " + examined.error().text +
                                                                       ". See that the store runs, and that its role " +
                                                                       where.role + " may enter.");
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const auto& file = config.queries[i];
        const auto& [columns, error, position, as_text] = (*examined)[i];
        if (error.empty()) {
            check_columns(config, file, columns, problems);
            check_masked(config, file, as_text, problems);
        } else {
            problems.error(position > 0 ? file.place_of(position) : Place{file.path, 1, 1},
                           "PostgreSQL does not take this: " + error + '.');
        }
    }
}

}  // namespace

/// postmaster.pid: process, data folder, start, port, folder of the socket, …
Result<std::string> find_store(const std::string& data_dir) {
    std::error_code error;
    const fs::path pid_file = fs::path(data_dir) / "pg" / "postmaster.pid";
    std::ifstream in(pid_file);
    std::string line, port, folder;
    for (int i = 0; i < 5 && std::getline(in, line); ++i) {
        if (i == 3) port = line;
        if (i == 4) folder = line;
    }
    if (folder.empty()) {
        const bool there = fs::exists(pid_file, error) || error;
        return Error{ErrorKind::NotFound,
                     there ? pid_file.string() + " cannot be read: run this as the user who runs the daemon, or as root"
                           : "no PostgreSQL runs in " + data_dir + ": ./dev up --data " + data_dir};
    }
    std::string quoted;
    for (const char c : folder) quoted += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    return "host='" + quoted + "' port=" + port + " dbname=hotline";
}

void check_queries(const Options& options, const SiteConfig& config, Problems& problems) {
    if (config.queries.empty()) return;
    if (!options.db.empty()) return examine_queries(options.db, config, problems);
    const Place folder{fs::path(config.queries.front().path).parent_path().string(), 1, 1};
    if (!options.data_given)
        return problems.warn(folder,
                             "the SQL here was not prepared: no store was named. `hotlined check --data DIR` asks the one in DIR.");
    const auto store = find_store(options.data);
    if (!store) return problems.error(folder, "the SQL here cannot be prepared: " + store.error().text + '.');
    examine_queries(*store, config, problems);
}

}  // namespace hotline::app
