// DIR/control.sock: one JSON line asks, one JSON line answers.
//
//   {"command":"reload"}                    → {"ok":true,"text":"…"}
//   {"command":"explain","argument":"06V…"} → {"ok":false,"text":"…"}
//
// After the answer the daemon keeps the connection until the other side closes it, so that `stop` can wait for its end.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "hotline/base/result.h"
#include "hotline/base/time.h"

namespace boost::asio {
class io_context;
}

namespace hotline::app {

struct ControlRequest {
    std::string command;  // reload, status, explain, stop
    std::string argument;
};
struct ControlReply {
    bool ok = false;
    std::string text;
    std::function<void()> afterwards = {};  // daemon's side only: done on `io`'s thread when the answer has been written
};

class ControlServer {
  public:
    using Answer = std::function<void(ControlReply)>;             // from any thread, once
    using Handler = std::function<void(ControlRequest, Answer)>;  // on `io`'s thread

    static constexpr std::size_t kMaxConnections = 16;
    static constexpr std::size_t kMaxLine = 4096;
    static constexpr Duration kRequestDeadline = 5s;  // for the request line to arrive
    static constexpr Duration kAnswerDeadline = 60s;  // for the handler

    /// Takes over DIR/control.sock (the caller holds the directory's lock, so what lies there is dead). Rights 0660.
    static Result<std::unique_ptr<ControlServer>> start(boost::asio::io_context& io, const std::string& data_dir, Handler handler);
    ~ControlServer();
    void stop();  // on `io`'s thread; connections whose client waits stay until the process ends

  private:
    struct State;
    explicit ControlServer(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

/// Asks the daemon of this data directory. Unavailable when none answers. With `until_gone` it then waits until the daemon has
/// ended.
Result<ControlReply> ask_daemon(const std::string& data_dir, const ControlRequest& request, Duration deadline,
                                Duration until_gone = 0s);

/// The socket's address; a path too long for sockaddr_un (107 bytes) goes through /proc/self/fd. Owns the descriptor it needs for
/// that.
class ControlPath {
  public:
    explicit ControlPath(const std::string& data_dir);
    ~ControlPath();
    ControlPath(const ControlPath&) = delete;
    const std::string& usable() const { return path_; }

  private:
    int dir_ = -1;
    std::string path_;
};

}  // namespace hotline::app
