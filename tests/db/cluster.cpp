#include "db/cluster.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <thread>

#include "hotline/store/store.h"

namespace hotline::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(60);

std::string find_binaries() {
    std::string best;
    std::error_code error;
    for (fs::directory_iterator it("/usr/lib/postgresql", error), end; !error && it != end; it.increment(error)) {
        const std::string bin = it->path().string() + "/bin";
        if (fs::exists(bin + "/initdb") && fs::exists(bin + "/postgres") && bin > best) best = bin;
    }
    return best;
}

std::string end_of_log(const std::string& dir) {
    std::ifstream in(dir + "/log");
    const std::string log((std::istreambuf_iterator<char>(in)), {});
    return log.substr(log.size() - std::min<std::size_t>(log.size(), 1000));
}

/// What /proc/PID/stat says behind the name: "S 1234 …", state and parent first. Empty when there is no such process.
std::string status_of(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat((std::istreambuf_iterator<char>(in)), {});
    const auto name_end = stat.rfind(')');
    return name_end == std::string::npos || stat.size() < name_end + 4 ? "" : stat.substr(name_end + 2);
}
pid_t parent_of(pid_t pid) {
    const std::string status = status_of(pid);
    pid_t parent = 0;
    if (!status.empty()) std::from_chars(status.data() + 2, status.data() + status.size(), parent);
    return parent;
}
bool is_alive(pid_t pid) {
    const std::string status = status_of(pid);
    return !status.empty() && status[0] != 'Z' && status[0] != 'X';
}

}  // namespace

Cluster& Cluster::shared() {
    static Cluster cluster;
    return cluster;
}

std::string Cluster::source(const std::string& path) {
    for (fs::path dir = fs::current_path();; dir = dir.parent_path()) {
        if (fs::exists(dir / "sql/migrations")) return (dir / path).string();
        if (dir == dir.root_path()) return path;
    }
}

Cluster::Cluster() : bin_(find_binaries()), user_(::getuid()), group_(::getgid()) {
    if (bin_.empty()) {
        why_not_ = "no initdb and postgres in /usr/lib/postgresql/*/bin: apt install postgresql";
        return;
    }
    if (user_ == 0) {  // PostgreSQL refuses root
        const passwd* postgres = ::getpwnam("postgres");
        if (!postgres) {
            why_not_ = "running as root and there is no user postgres: apt install postgresql";
            return;
        }
        user_ = postgres->pw_uid;
        group_ = postgres->pw_gid;
    }
    char pattern[] = "/tmp/hotline-db-XXXXXX";
    dir_ = ::mkdtemp(pattern);
    if (::chown(dir_.c_str(), user_, group_) < 0) {
        why_not_ = "cannot give " + dir_ + " to PostgreSQL's user";
        return;
    }
    const auto fail = [&](const char* what) { why_not_ = std::string(what) + " failed: " + end_of_log(dir_); };
    if (!run({binary("initdb"), "-D", dir_ + "/data", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "peer",
              "--no-sync"})) {
        fail("initdb");
        return;
    }
    {
        const std::string me = ::getpwuid(::getuid())->pw_name;
        std::ofstream(dir_ + "/data/pg_hba.conf") << "local all all peer map=test\n";
        std::ofstream ident(dir_ + "/data/pg_ident.conf");
        for (const char* role : {"postgres", "hotline_migrator", "hotline_app", "hotline_ivr", "supervisor"})
            ident << "test " << me << ' ' << role << '\n';
    }
    start_server();
    if (!usable()) return;
    if (!run({binary("psql"), "-X", "-q", "-h", dir_, "-U", "postgres", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-f",
              source("sql/roles.sql")})) {
        fail("sql/roles.sql");
        return;
    }
    const auto migrated = store::migrate(conninfo("hotline", "hotline_migrator"), source("sql/migrations"));
    EXPECT_TRUE(migrated.ok()) << migrated.error().text;
    Psql(conninfo("postgres", "postgres")).run("create database pristine template hotline");
}

Cluster::~Cluster() {
    if (server_ != 0) {
        ::kill(server_, SIGQUIT);
        ::waitpid(server_, nullptr, 0);
    }
    if (!dir_.empty()) fs::remove_all(dir_);
}

pid_t Cluster::spawn(const std::vector<std::string>& argv) const {
    std::vector<char*> args;
    for (const auto& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
    args.push_back(nullptr);
    const std::string log = dir_ + "/log";
    const pid_t child = ::fork();
    if (child != 0) return child;
    const bool psql = argv[0].ends_with("/psql");  // connects as we do; the server's own programs must not be root
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::setpgid(0, 0);
    if (!psql && ::getuid() != user_ && (::setgid(group_) < 0 || ::setuid(user_) < 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // whatever ends the test ends its server
    if (::chdir("/") < 0) ::_exit(126);
    ::execv(args[0], args.data());
    ::_exit(127);
}

bool Cluster::run(const std::vector<std::string>& argv) const {
    int status = 0;
    return ::waitpid(spawn(argv), &status, 0) > 0 && status == 0;
}

std::string Cluster::output(const std::vector<std::string>& argv) const {
    std::string command;
    for (const auto& arg : argv) command += " '" + arg + "'";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string out;
    std::array<char, 65536> buffer;
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
    return ::pclose(pipe) == 0 ? out : "failed:" + command;
}

void Cluster::start_server() {
    server_ = spawn({binary("postgres"), "-D", dir_ + "/data", "-k", dir_, "-h", "", "-F", "-c", "max_connections=60", "-c",
                     "shared_buffers=64MB", "-c", "max_wal_size=512MB"});
    const auto deadline = Clock::now() + kPatience;
    while (!answers()) {
        if (Clock::now() > deadline || ::waitpid(server_, nullptr, WNOHANG) != 0) {
            why_not_ = "postgres does not start: " + end_of_log(dir_);
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

bool Cluster::answers() const { return ::PQping(conninfo("postgres", "postgres").c_str()) == PQPING_OK; }

std::vector<pid_t> Cluster::processes() const {
    std::vector<pid_t> all{server_};
    for (const auto& entry : fs::directory_iterator("/proc")) {
        pid_t pid = 0;
        const std::string name = entry.path().filename();
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error == std::errc{} && end == name.data() + name.size() && parent_of(pid) == server_) all.push_back(pid);
    }
    return all;
}

void Cluster::kill_server() {
    ::kill(server_, SIGSTOP);  // so that it forks no more while we look
    const auto all = processes();
    for (const pid_t pid : all) ::kill(pid, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    server_ = 0;
    // A backend that is still dying keeps the shared memory, and the next server would refuse to start.
    const auto deadline = Clock::now() + kPatience;
    while (std::ranges::any_of(all, is_alive) && Clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    fs::remove(dir_ + "/data/postmaster.pid");
}

void Cluster::stop_server() {
    ::kill(server_, SIGINT);
    ::waitpid(server_, nullptr, 0);
    server_ = 0;
}

void Cluster::freeze_server() {
    for (const pid_t pid : processes()) ::kill(pid, SIGSTOP);
}
void Cluster::thaw_server() {
    for (const pid_t pid : processes()) ::kill(pid, SIGCONT);
}
void Cluster::kill_backends(const std::string& role) {
    Psql(conninfo("postgres", "postgres"))
        .run("select pg_terminate_backend(pid) from pg_stat_activity where usename = '" + role + "'");
}

std::string Cluster::conninfo(const std::string& database, const std::string& role) const {
    return "host=" + dir_ + " dbname=" + database + " user=" + role;
}

std::string Cluster::new_name() { return "test_" + std::to_string(++databases_); }

std::string Cluster::create_empty_database() {
    const std::string name = new_name();
    Psql admin(conninfo("postgres", "postgres"));
    admin.run("create database " + name + " owner hotline_owner template template0");
    return name;
}

std::string Cluster::create_database() {
    const std::string name = new_name();
    Psql admin(conninfo("postgres", "postgres"));
    admin.run("create database " + name + " owner hotline_owner template pristine");
    admin.run("revoke all on database " + name + " from public");
    admin.run("grant connect on database " + name + " to hotline_migrator, hotline_app, hotline_ivr, supervisor");
    return name;
}

Psql::Psql(const std::string& conninfo)
    : connection_(::PQconnectdb((conninfo + " connect_timeout=30 options='-c client_min_messages=error'").c_str())) {
    EXPECT_EQ(::PQstatus(connection_), CONNECTION_OK) << ::PQerrorMessage(connection_);
}
Psql::~Psql() { ::PQfinish(connection_); }

std::vector<Psql::Row> Psql::rows(const std::string& sql) {
    PGresult* result = ::PQexec(connection_, sql.c_str());
    const auto status = ::PQresultStatus(result);
    EXPECT_TRUE(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) << sql << "\n" << ::PQerrorMessage(connection_);
    std::vector<Row> all;
    for (int row = 0; row < ::PQntuples(result); ++row) {
        Row& values = all.emplace_back();
        for (int column = 0; column < ::PQnfields(result); ++column)
            values.emplace_back(::PQgetisnull(result, row, column) ? "∅" : ::PQgetvalue(result, row, column));
    }
    ::PQclear(result);
    return all;
}

std::string Psql::value(const std::string& sql) {
    const auto all = rows(sql);
    return all.empty() || all[0].empty() ? "" : all[0][0];
}

std::string Psql::error(const std::string& sql) {
    PGresult* result = ::PQexec(connection_, sql.c_str());
    const char* state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string text = state ? state : "";
    const auto status = ::PQresultStatus(result);
    if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN) {
        ::PQclear(result);
        ::PQreset(connection_);
        return "";
    }
    ::PQclear(result);
    return text;
}

void Psql::run(const std::string& sql) { rows(sql); }

}  // namespace hotline::test
