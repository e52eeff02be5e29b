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
    for (const auto& [name, program] : config.programs) {
        if (!program) continue;
        for (const auto& node : program->nodes) {
            const auto* lookup = std::get_if<ivr::Lookup>(&node.body);
            if (!lookup || lookup->query->name != file.query->name) continue;
            for (const auto& wanted : lookup->gives)
                if (std::find(columns.begin(), columns.end(), wanted) == columns.end())
                    problems.error({file.path, 1, 1}, "node \"" + node.name + "\" of ivr/" + name + ".json takes the column \"" +
                                                          wanted + "\", which this query does not give. It gives " +
                                                          listed_columns(columns) + '.');
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
        const auto& [columns, error, position] = (*examined)[i];
        if (error.empty()) {
            check_columns(config, file, columns, problems);
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
