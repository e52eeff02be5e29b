// libsofia's agent and the addresses it listens on.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/sip/stack.h"
#include "sip/sofia.h"

namespace hotline::sip {

/// One way to the far side of a dialog: which of our sockets, and where to.
struct Path {
    std::size_t listener = 0;       // Transport's number of it
    std::string transport = "udp";  // or "tcp"
    Address far;                    // where their messages come from
};

class Transport {
  public:
    /// Opens UDP and TCP on each address. Io names the address that is taken.
    static Result<std::unique_ptr<Transport>> open(su_root_t* root, const Config& config, nta_request_f* on_request);

    nta_agent_t* agent() const { return agent_.get(); }
    nta_leg_t* outside() const { return default_leg_.get(); }  // for requests of ours outside dialogs
    bool has_v4() const;                                       // listens on an IPv4 address
    bool has_v6() const;
    /// As configured, ports resolved; "any" stays "any". One whose family this machine has no address of is left out.
    const std::vector<Address>& bound() const { return bound_; }

    /// How a request came. Only inside its callback, or while libsofia still holds it.
    Path path_of(nta_incoming_t* request) const;
    /// Where the last response to a request of ours came from, not where the request went. None: libsofia made it itself. Only
    /// inside its callback.
    static std::optional<IpAddress> source_of(nta_outgoing_t* request);
    /// The listener from which the kernel would send there; else the first of its family.
    std::size_t listener_for(const IpAddress& far);
    /// TPTAG_IDENT of a listener: makes libsofia send from there.
    const char* ident(std::size_t listener) const { return sockets_[listener].ident.c_str(); }

    /// Our address as the far side sees it.
    Address local(const Path& path) const;
    /// Our Contact header for a dialog on this path: `<sip:hotline@127.0.0.1:5060;transport=tcp>`.
    std::string contact(const Path& path) const;
    /// The TCP connection that brought this request stays open so long without traffic.
    void keep_open(nta_incoming_t* request, Duration idle) const;

    struct Alive {
        std::size_t legs, incoming, outgoing;
    };
    /// What libsofia holds, transactions of the past included.
    Alive alive() const;

  private:
    Transport() = default;
    Outcome listen(su_root_t* root, const Config& config);
    Outcome add(const Address& address, const Config& config);
    Outcome add_socket(const Address& address, const Config& config);

    struct Listener {
        Address address;    // never "any"
        std::string ident;  // names its sockets, UDP and TCP, to libsofia
    };

    AgentHandle agent_;
    LegHandle default_leg_;
    std::vector<Address> bound_;
    std::vector<Listener> sockets_;
    std::optional<IpAddress> advertised_;
    std::map<IpAddress, std::size_t> listener_towards_;  // asked of the kernel once
};

}  // namespace hotline::sip
