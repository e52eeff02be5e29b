// A PostgreSQL cluster of the test's own: initdb in a folder under /tmp, Unix socket only, no fsync, gone at the end of the
// program. Any number of programs can have theirs side by side.
//
//   Cluster& cluster = Cluster::shared();              // started at the first call; skip when !cluster.usable()
//   const std::string db = cluster.create_database();  // roles and migrations applied
//   run(cluster.conninfo(db, "hotline_app"))
#pragma once
#include <libpq-fe.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace hotline::test {

class Cluster {
  public:
    /// One for the program. Started from the main thread: it dies with it.
    static Cluster& shared();
    ~Cluster();
    Cluster(const Cluster&) = delete;

    /// False where PostgreSQL's programs are missing; why_not() tells.
    bool usable() const { return why_not_.empty(); }
    const std::string& why_not() const { return why_not_; }

    /// A copy of a freshly migrated database, with the roles' rights on it. Its name.
    std::string create_database();
    /// A database without migrations, owned by hotline_owner.
    std::string create_empty_database();
    /// libpq's: any role of sql/roles.sql, or postgres.
    std::string conninfo(const std::string& database, const std::string& role = "hotline_app") const;

    void kill_server();    // SIGKILL to every one of its processes: a crash
    void start_server();   // waits until it answers
    void stop_server();    // fast shutdown
    void freeze_server();  // SIGSTOP to every one of its processes: hung
    void thaw_server();
    void kill_backends(const std::string& role);  // SIGTERM as by pg_terminate_backend

    std::string binary(const std::string& name) const { return bin_ + "/" + name; }
    /// The database that sql/roles.sql itself made, migrated.
    std::string main_database() const { return "hotline"; }
    const std::string& socket_dir() const { return dir_; }
    /// What a client program of PostgreSQL prints (run as ourselves).
    std::string output(const std::vector<std::string>& argv) const;
    static std::string source(const std::string& path);  // of the source tree

  private:
    Cluster();
    pid_t spawn(const std::vector<std::string>& argv) const;  // as the user that PostgreSQL accepts
    bool run(const std::vector<std::string>& argv) const;
    std::vector<pid_t> processes() const;
    bool answers() const;
    std::string new_name();

    std::string why_not_, bin_, dir_;
    uid_t user_ = 0;
    gid_t group_ = 0;
    pid_t server_ = 0;
    int databases_ = 0;
};

/// A blocking connection for a test's own questions. Failures are test failures.
class Psql {
  public:
    explicit Psql(const std::string& conninfo);
    ~Psql();
    Psql(const Psql&) = delete;

    using Row = std::vector<std::string>;  // null is "∅"
    std::vector<Row> rows(const std::string& sql);
    std::string value(const std::string& sql);  // of the first row's first column
    std::string error(const std::string& sql);  // SQLSTATE, empty when it succeeds
    void run(const std::string& sql);

  private:
    PGconn* connection_;
};

}  // namespace hotline::test
