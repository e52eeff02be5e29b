// A PostgreSQL for the time of one command: a cluster of its own under /tmp, a Unix socket in a folder that is closed to others,
// gone with the command however that ends.
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "hotline/base/result.h"

namespace hotline::app {

class ScratchCluster {
  public:
    /// initdb, then the server, which may not take connections yet. As an unprivileged user: as oneself, or when run by root as
    /// `hotline` or `postgres`. NotFound when PostgreSQL's programs or such a user are missing; Io when one of them fails.
    static Result<std::unique_ptr<ScratchCluster>> start();
    ~ScratchCluster();
    ScratchCluster(const ScratchCluster&) = delete;

    /// libpq's, without a user: database postgres. Everybody who can open the socket may be any role.
    std::string conninfo() const { return "host=" + dir_ + " port=5432 dbname=postgres"; }

  private:
    ScratchCluster() = default;
    std::string dir_;
    pid_t keeper_ = 0;  // watches over the server and sweeps up behind it
    int alive_ = -1;    // closed when we end: that is what he waits for
};

}  // namespace hotline::app
