// Host names in Contact and Record-Route, resolved on a thread of its own: the control thread never asks a name server.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hotline/base/address.h"

namespace hotline::sip {

class NameResolver {
  public:
    static constexpr std::size_t kMaxWaiting = 200;
    /// Called on the worker's thread. None: the name has no address of that family, or the name server is silent.
    using Done = std::function<void(std::optional<IpAddress>)>;

    NameResolver();
    /// Forgets what waits. A look-up that is under way ends by itself, unheard: it cannot be interrupted.
    ~NameResolver();
    NameResolver(const NameResolver&) = delete;
    NameResolver& operator=(const NameResolver&) = delete;

    enum class Family : std::uint8_t { V4, V6 };
    /// False: too many wait. The caller keeps the deadline.
    bool resolve(std::string host, Family family, Done done);

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace hotline::sip
