// SIP: registrar, trunks, sessions. The only module that knows libsofia. Runs on the control thread's loop.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotline/base/metrics.h"
#include "hotline/base/result.h"
#include "hotline/call/events.h"
#include "hotline/call/ports.h"
#include "hotline/sip/loop.h"
#include "hotline/sip/names.h"

namespace hotline::sip {

struct Trunk {
    std::string name;
    /// An INVITE from here belongs to it, unless its From user is an agent. Where `host` leads to is a source, too, unless another
    /// trunk's networks hold it.
    std::vector<Network> sources{};

    // Where our requests go. Without a host calls only come in, and nothing is ever sent but answers.
    std::string host{};  // an address without brackets, or a name, looked up again every minute; all its addresses are tried
    std::uint16_t port = 5060;
    std::string transport = "udp";   // or "tcp"
    std::string domain{};            // in Request-URI, From and To; empty: the address
    std::string user{}, password{};  // for its digest challenges; both or neither
    bool registers = false;          // as sip:user@domain
    Duration register_expires{3600s};
    Duration options_every{30s};  // 0: it is not asked, and taken to be up
    int options_misses = 3;       // in a row, then it is down

    friend bool operator==(const Trunk&, const Trunk&) = default;
};

/// What a reload may change.
struct Accounts {
    std::map<std::string, std::string> passwords;  // agent number → password
    std::vector<Trunk> trunks;
};

struct Config {
    std::vector<Address> listen;          // UDP and TCP each; port 0: any free one, the same for both
    std::optional<IpAddress> advertised;  // in Contact, instead of the address that routes to the far side
    std::string realm = "hotline";
    Accounts accounts;
    bool sha256 = false;        // offer SHA-256 beside MD5; off, since baresip 1.0 then cannot register at all
    bool sha256_first = false;  // … and before MD5
    Duration nonce_life{60s};
    Duration min_expires{60s}, default_expires{300s}, max_expires{3600s};
    std::size_t max_contacts = 5;     // an agent
    Duration session_expires{1800s};  // RFC 4028; 0: never
    Duration min_se{90s};
    Duration t1x64{32s};  // 64·T1: how long requests are repeated
    std::size_t max_sessions = 10000;
    std::size_t max_transactions = 20000;  // proceeding ones; beyond: 503
    std::size_t max_message_bytes = 65535;
    Duration tcp_idle{60s};
    std::size_t max_tcp_per_source = 100;
    bool gate = true;
    double gate_rate = 2000;  // datagrams a second and source (REGISTER, OPTIONS and unknown sources: a tenth)
    double gate_burst = 4000;
    double gate_total_rate = 600;  // requests a second of all sources together, without those that belong to a call
    double gate_total_burst = 1200;
    std::vector<std::string> emergency_numbers;  // called numbers that are shed last
    Duration goodbye{500ms};                     // how long trunks are waited for that take our registration back at the end
    LookUp look_up = ask_system;
};

/// How much is alive: all but `contacts` are zero when no call is.
struct StackCensus {
    std::size_t sessions = 0, contacts = 0;
    std::size_t nta_legs = 0, nta_incoming = 0, nta_outgoing = 0;  // handles that we hold
    /// Ended transactions that libsofia keeps for repeated messages: 64·T1, and 32 s for an INVITE of ours whatever T1 is.
    std::size_t nta_lingering = 0;
    std::size_t trunk_requests = 0;  // OPTIONS and REGISTER under way, which come with no call
    std::size_t parting = 0;         // registrations that are being taken back
};

class Stack final : public call::Signaling {
  public:
    /// `sink` is called on the loop's thread, never inside one of the methods below. Io when a port is taken: the text names it.
    static Result<std::unique_ptr<Stack>> start(Loop& loop, const Config& config, IdSource<call::LegId>& leg_ids,
                                                std::function<void(call::Event)> sink, Metrics& metrics);
    ~Stack() override;

    const std::vector<Address>& bound() const;  // what it listens on, ports resolved, in the order of the configuration
    void reload(const Accounts& accounts);      // an agent who is gone loses his contacts, a trunk its registration
    /// Takes all registrations with trunks back, and places no more calls through them. `census().parting` is 0 when all have said
    /// their word, at the latest after `Config::goodbye`.
    void say_goodbye();
    StackCensus census() const;

    void ring(call::LegId leg) override;
    void early(call::LegId leg, const call::LocalAudio& audio) override;
    void answer(call::LegId leg, const call::LocalAudio& audio) override;
    void refuse(call::LegId leg, int status, const std::string& phrase, int retry_after_s) override;
    void dial(AgentCall call) override;
    void dial(TrunkCall call) override;
    void answer_offer(call::LegId leg, const call::LocalAudio& audio) override;
    void refuse_offer(call::LegId leg, int status) override;
    void offer(call::LegId leg, const call::LocalAudio& audio) override;
    void hangup(call::LegId leg) override;
    void show(const std::string& agent, const std::string& text) override;

  private:
    struct State;
    explicit Stack(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace hotline::sip
