// HTTP: GET /metrics, GET /healthz; the browser desk comes here. The only code that knows Beast.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "hotline/base/address.h"
#include "hotline/base/result.h"
#include "hotline/base/time.h"

namespace boost::asio {
class io_context;
}

namespace hotline::desk {

struct Health {
    bool ok;
    std::string json;  // {"status":"ok","store":"connected",…}
};

struct Config {
    Address listen;                      // port 0: any free one
    std::size_t max_connections = 200;
    Duration idle{30s};
    std::size_t max_header_bytes = 16384;
};

struct Sources {
    std::function<std::string()> metrics;  // Prometheus text format 0.0.4; called on `io`'s thread
    std::function<Health()> health;
};

class Server {
  public:
    /// Serves on `io` (one thread). Io when the port is taken: the text names it.
    static Result<std::unique_ptr<Server>> start(boost::asio::io_context& io, const Config& config, Sources sources);
    ~Server();
    Address bound() const;
    void stop();  // on `io`'s thread

  private:
    struct State;
    explicit Server(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace hotline::desk
