// Host names in Contact and Record-Route, resolved on a thread of its own: the control thread never asks a name server.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "hotline/sip/names.h"

namespace hotline::sip {

class NameResolver {
  public:
    static constexpr std::size_t kMaxWaiting = 200;
    using Done = std::function<void(const NameAnswer&)>;  // called on the worker's thread

    explicit NameResolver(LookUp look_up);
    /// Forgets what waits. A look-up that is under way ends by itself, unheard: it cannot be interrupted.
    ~NameResolver();
    NameResolver(const NameResolver&) = delete;
    NameResolver& operator=(const NameResolver&) = delete;

    /// False: too many wait. The caller keeps the deadline.
    bool resolve(std::string host, Family family, Done done);

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace hotline::sip
