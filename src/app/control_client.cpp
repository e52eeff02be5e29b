// Asking a running daemon: blocking, with a deadline.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "app/control_socket.h"

namespace hotline::app {
namespace {

struct Descriptor {
    int fd;
    explicit Descriptor(int f) : fd(f) {}
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
    Descriptor(const Descriptor&) = delete;
};

Error unavailable(const std::string& dir, const std::string& why) {
    return {ErrorKind::Unavailable,
            "no daemon answers at " + dir + "/control.sock (" + why + "). Is it running, and is --data its directory?"};
}

bool readable_until(int fd, Time deadline) {
    while (true) {
        const Duration left = deadline - read_clocks().at;
        if (left <= 0s) return false;
        pollfd poll_fd{fd, POLLIN, 0};
        const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::clamp<std::int64_t>(to_ms(left) + 1, 1, 1'000'000)));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

/// Up to the newline, or to the end of what comes; none at the deadline.
std::optional<std::string> read_line(int fd, Time deadline) {
    std::string line;
    char buffer[4096];
    while (line.find('\n') == std::string::npos) {
        if (!readable_until(fd, deadline)) return std::nullopt;
        const auto count = ::read(fd, buffer, sizeof buffer);
        if (count <= 0) break;
        line.append(buffer, static_cast<std::size_t>(count));
    }
    return line;
}

bool connect_to(int fd, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// The daemon holds the connection until it ends: then read() says so.
bool wait_until_gone(int fd, Duration limit) {
    char byte;
    return readable_until(fd, read_clocks().at + limit) && ::read(fd, &byte, 1) <= 0;
}

}  // namespace

ControlPath::ControlPath(const std::string& data_dir) : path_(data_dir + "/control.sock") {
    if (path_.size() < sizeof(sockaddr_un::sun_path)) return;
    dir_ = ::open(data_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    path_ = "/proc/self/fd/" + std::to_string(dir_) + "/control.sock";
}
ControlPath::~ControlPath() {
    if (dir_ >= 0) ::close(dir_);
}

Result<ControlReply> ask_daemon(const std::string& data_dir, const ControlRequest& request, Duration deadline,
                                Duration until_gone) {
    const Time until = read_clocks().at + deadline;
    const ControlPath path(data_dir);
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.fd < 0 || !connect_to(socket.fd, path.usable())) return unavailable(data_dir, std::strerror(errno));
    const std::string line = nlohmann::json{{"command", request.command}, {"argument", request.argument}}.dump() + '\n';
    if (::send(socket.fd, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
        return unavailable(data_dir, std::strerror(errno));
    const auto answer = read_line(socket.fd, until);
    if (!answer)
        return Error{ErrorKind::TimedOut, "the daemon did not answer within " + std::to_string(to_ms(deadline) / 1000) + " s."};
    const auto json = nlohmann::json::parse(*answer, nullptr, false);
    if (!json.is_object() || !json.value("ok", nlohmann::json()).is_boolean() || !json.value("text", nlohmann::json()).is_string())
        return unavailable(data_dir, "its answer makes no sense");
    const ControlReply reply{json["ok"].get<bool>(), json["text"].get<std::string>()};
    if (reply.ok && until_gone > 0s && !wait_until_gone(socket.fd, until_gone))
        return Error{ErrorKind::TimedOut,
                     reply.text + "; it has not ended within " + std::to_string(to_ms(until_gone) / 1000) + " s."};
    return reply;
}

}  // namespace hotline::app
