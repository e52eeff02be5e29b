#include "app/scratch_cluster.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "hotline/base/time.h"

namespace hotline::app {
namespace {

namespace fs = std::filesystem;

constexpr Duration kInitdbAtMost = 120s;
constexpr Duration kStopAtMost = 10s;
constexpr auto kLook = std::chrono::milliseconds(10);
constexpr std::size_t kWordsOfLog = 500;  // of it, in a message

std::string postgres_programs() {
    std::string best;
    std::error_code error;
    for (fs::directory_iterator it("/usr/lib/postgresql", error), end; !error && it != end; it.increment(error)) {
        const std::string bin = it->path().string() + "/bin";
        if (fs::exists(bin + "/initdb", error) && fs::exists(bin + "/postgres", error) && bin > best) best = bin;
    }
    return best;
}

/// PostgreSQL refuses root.
const passwd* whom_to_run_as() {
    if (::geteuid() != 0) return ::getpwuid(::geteuid());
    for (const char* name : {"hotline", "postgres"})
        if (const passwd* user = ::getpwnam(name)) return user;
    return nullptr;
}

struct RunsAs {
    uid_t user;
    gid_t group;
};

/// In a child: another user's rights, the log for its words, away from the terminal, whose Ctrl-C is ours. False: not possible.
bool settle_child(const std::string& log, RunsAs as) {
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || in < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) return false;
    const bool other = ::geteuid() == 0 && as.user != 0;
    if (other && (::fchown(out, as.user, as.group) != 0 || ::setgroups(0, nullptr) != 0 || ::setgid(as.group) != 0 ||
                  ::setuid(as.user) != 0))
        return false;
    return ::setpgid(0, 0) == 0 && ::chdir("/") == 0;
}

[[noreturn]] void become(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

/// 0: no process could be made.
pid_t begin_program(const std::vector<std::string>& command, const std::string& log, RunsAs as) {
    const pid_t child = ::fork();
    if (child != 0) return std::max<pid_t>(child, 0);
    if (!settle_child(log, as)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // now: another user's rights would undo it
    become(command);
}

/// The server under a keeper, who waits for the end of `alive` (ours, whatever it was), ends the server and removes its folder.
pid_t begin_kept(const std::vector<std::string>& command, const std::string& dir, RunsAs as, int alive, int our_end) {
    const pid_t keeper = ::fork();
    if (keeper != 0) return std::max<pid_t>(keeper, 0);
    ::close(our_end);  // or he would wait for himself
    if (!settle_child(dir + "/log", as)) ::_exit(126);
    const pid_t server = ::fork();
    if (server == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
        become(command);
    }
    char nothing = 0;
    while (::read(alive, &nothing, 1) < 0 && errno == EINTR) {
    }
    if (server > 0) {
        ::kill(server, SIGQUIT);  // what it holds is thrown away
        ::waitpid(server, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(dir, ignored);
    ::_exit(0);
}

/// The exit status; none when it did not end in time.
std::optional<int> wait_for(pid_t child, Duration at_most) {
    const Time due = read_clocks().at + at_most;
    for (int status = 0;;) {
        const pid_t ended = ::waitpid(child, &status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR)) return status;
        if (read_clocks().at >= due) return std::nullopt;
        std::this_thread::sleep_for(kLook);
    }
}

std::string last_words(const std::string& log) {
    std::ifstream in(log);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    if (text.size() > kWordsOfLog) text = text.substr(text.size() - kWordsOfLog);
    return text;
}

Error no_scratch(const std::string& why) { return {ErrorKind::NotFound, "no scratch database for the sample data: " + why}; }

}  // namespace

Result<std::unique_ptr<ScratchCluster>> ScratchCluster::start() {
    const std::string bin = postgres_programs();
    if (bin.empty())
        return no_scratch("PostgreSQL is not in /usr/lib/postgresql: apt install postgresql, or name a store by --data");
    const passwd* user = whom_to_run_as();
    if (!user) return no_scratch("PostgreSQL does not run as root, and there is no user hotline or postgres");
    const RunsAs as{user->pw_uid, user->pw_gid};
    std::string dir = "/tmp/hotline-ivr-XXXXXX";
    if (!::mkdtemp(dir.data())) return no_scratch(std::string("/tmp cannot be written: ") + std::strerror(errno));
    const auto swept = [&](const std::string& why) {
        std::error_code ignored;
        fs::remove_all(dir, ignored);
        return no_scratch(why);
    };
    if (::geteuid() == 0 && ::chown(dir.c_str(), as.user, as.group) != 0)
        return swept(dir + " cannot be given away: " + std::strerror(errno));
    const std::string data = dir + "/data", log = dir + "/log";
    const pid_t initdb = begin_program({bin + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                                        "--locale=C.UTF-8", "--no-sync", "--no-instructions", "--wal-segsize=1"},
                                       log, as);
    const auto status = initdb > 0 ? wait_for(initdb, kInitdbAtMost) : std::nullopt;
    if (!status && initdb > 0) ::kill(initdb, SIGKILL);
    if (!status || *status != 0) return swept("initdb failed: " + last_words(log));
    std::vector<std::string> command{bin + "/postgres", "-D", data, "-k", dir};
    for (const char* setting : {"listen_addresses=", "unix_socket_permissions=0700", "fsync=off", "shared_buffers=8MB",
                                "max_connections=10", "autovacuum=off", "wal_level=minimal", "max_wal_senders=0"}) {
        command.emplace_back("-c");
        command.emplace_back(setting);
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return swept("no pipe could be made");
    std::unique_ptr<ScratchCluster> out(new ScratchCluster());
    out->dir_ = dir;
    const int parent_end = ends[1];
    out->keeper_ = begin_kept(command, dir, as, ends[0], parent_end);
    ::close(ends[0]);
    out->alive_ = parent_end;
    if (out->keeper_ == 0) return swept("the server could not be started");
    return out;
}

ScratchCluster::~ScratchCluster() {
    ::close(alive_);
    if (keeper_ > 0 && !wait_for(keeper_, kStopAtMost)) ::kill(keeper_, SIGKILL);
}

}  // namespace hotline::app
