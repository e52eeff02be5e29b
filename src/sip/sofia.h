// The one place that includes libsofia. Its magic pointers carry numbers, never addresses: a callback that comes late looks its
// number up and finds nothing, instead of freed memory.
#pragma once
#include <cstdint>
#include <memory>

namespace hotline::sip {
struct Magic;       // never defined
struct NativeLoop;  // native_loop.h
}  // namespace hotline::sip

#define NTA_AGENT_MAGIC_T ::hotline::sip::Magic
#define NTA_LEG_MAGIC_T ::hotline::sip::Magic
#define NTA_INCOMING_MAGIC_T ::hotline::sip::Magic
#define NTA_OUTGOING_MAGIC_T ::hotline::sip::Magic
#define SU_ROOT_MAGIC_T ::hotline::sip::NativeLoop

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url.h>

namespace hotline::sip {

inline Magic* to_magic(std::uint64_t number) { return reinterpret_cast<Magic*>(static_cast<std::uintptr_t>(number)); }
inline std::uint64_t from_magic(const Magic* magic) { return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(magic)); }

// Destroying a handle gives the rest of its transaction's life (repeating, absorbing) back to libsofia.
struct LegCloser {
    void operator()(nta_leg_t* leg) const { nta_leg_destroy(leg); }
};
struct IncomingCloser {
    void operator()(nta_incoming_t* request) const { nta_incoming_destroy(request); }
};
struct OutgoingCloser {
    void operator()(nta_outgoing_t* request) const { nta_outgoing_destroy(request); }
};
struct AgentCloser {
    void operator()(nta_agent_t* agent) const { nta_agent_destroy(agent); }
};
struct MessageCloser {
    void operator()(msg_t* message) const { msg_destroy(message); }
};
struct TransportCloser {
    void operator()(tport_t* transport) const { tport_unref(transport); }
};
using LegHandle = std::unique_ptr<nta_leg_t, LegCloser>;
using IncomingHandle = std::unique_ptr<nta_incoming_t, IncomingCloser>;
using OutgoingHandle = std::unique_ptr<nta_outgoing_t, OutgoingCloser>;
using AgentHandle = std::unique_ptr<nta_agent_t, AgentCloser>;
using MessageHandle = std::unique_ptr<msg_t, MessageCloser>;
using TransportHandle = std::unique_ptr<tport_t, TransportCloser>;

/// Memory for libsofia's headers; freed with it.
class Home {
  public:
    Home() { su_home_init(home_); }
    ~Home() { su_home_deinit(home_); }
    Home(const Home&) = delete;
    Home& operator=(const Home&) = delete;
    operator su_home_t*() { return home_; }

  private:
    su_home_t home_[1] = {};
};

}  // namespace hotline::sip
