// Everything that Stack owns: dialogs, legs, timers, and the events that wait to be told. One file implements one idea of it:
// stack (tables, rounds), requests (outside dialogs), register, inbound, outbound, dialog (inside dialogs), offers (media changes),
// trunks, trunk_register and trunk_calls (the ways out).
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hotline/base/timer_queue.h"
#include "hotline/sip/stack.h"
#include "sip/auth.h"
#include "sip/bindings.h"
#include "sip/gate.h"
#include "sip/leg_table.h"
#include "sip/native_loop.h"
#include "sip/resolver.h"
#include "sip/sdp.h"
#include "sip/session_timer.h"
#include "sip/sofia.h"
#include "sip/tcp_guard.h"
#include "sip/tokens.h"
#include "sip/transport.h"
#include "sip/trunk_line.h"
#include "sip/uri_guard.h"
#include "sip/uri_text.h"

namespace hotline::sip {

using DialogId = Id<struct DialogTag>;

/// A change of media under way in an established dialog; at most one at a time (RFC 3264 §4).
struct Exchange {
    enum class Kind : std::uint8_t {
        None,
        TheirsUndecided,  // the core decides on their offer
        TheirsUnacked,    // our 200 to their re-INVITE waits for its ACK
        Ours,             // our re-INVITE is on its way
    };
    Kind kind = Kind::None;
    IncomingHandle theirs;
    bool theirs_is_invite = false;
    bool offer_in_answer = false;    // their re-INVITE had no SDP: our offer is in the 200, the answer comes in the ACK
    std::optional<RemoteSdp> offer;  // theirs
    OutgoingHandle ours;
    bool for_core = false;  // ours: OfferAnswered is owed
    OwnSdp before;          // ours: what is valid again when it is refused
};

inline constexpr std::size_t kMaxPeers = 8;  // addresses that one dialog names in the course of its life

/// One SIP dialog from its INVITE to its last response. It may outlive its leg: then it closes on its own.
struct Dialog {
    DialogId id;
    call::LegId leg;  // none: the core has heard LegEnded
    Phase phase = Phase::Arrived;
    bool incoming = false;  // they made the Call-ID

    Path path;
    std::vector<IpAddress> peers;      // where requests inside the dialog may come from; and from all addresses of its trunk
    std::string trunk;                 // whose call it is, or through which it goes; empty: an agent's
    std::vector<IpAddress> trunk_ips;  // through which it goes: its addresses when we placed the call
    /// A call that we placed through a trunk: the address that its 2xx sends our requests to. None: to the trunk as before.
    std::optional<IpAddress> next_hop;
    std::string branch;       // of their INVITE
    std::string route;        // send there, whatever Route and Contact say; empty: as the RFC says
    std::string contact;      // ours
    std::string request_uri;  // of our INVITE
    LegHandle nta;
    std::uint32_t remote_cseq = 0;  // highest of the requests that were theirs
    IncomingHandle their_invite;
    OutgoingHandle our_invite, our_bye, our_update;
    std::unique_ptr<DigestClient> digest;  // of a call that we placed through a trunk where we have an account
    std::string invite_credentials;        // of our INVITE: its ACK repeats them (RFC 3261 §22.1)

    OwnSdp own;
    call::LocalAudio local;           // said last
    std::optional<RemoteSdp> remote;  // heard last
    Exchange exchange;
    std::optional<call::LocalAudio> wanted;  // an offer of the core that waits for its turn
    bool refresh_wanted = false;             // a refresh that waits for its turn

    TimerHeaders their_timer;  // of their INVITE
    std::optional<SessionTimer> timer;
    std::uint32_t min_se_s = 0;  // the most that a 422 has asked for
    int intervals_raised = 0;    // by 422s
    bool allows_update = false;
    std::string extra_headers;  // of our INVITE

    enum class Naming : std::uint8_t { Done, Asked, Failed } naming = Naming::Done;
    std::string asked_name;
    std::optional<call::LocalAudio> answer_waiting;  // 200 goes out once their host name is resolved
};

/// A call that goes out through a trunk, and where it can still be tried.
struct WayOut {
    call::Signaling::TrunkCall call;
    std::vector<IpAddress> left;  // the trunk's addresses that were not tried yet, the next first
    Duration patience{};          // so long an address may say nothing at all before the next is tried
};

/// What the core knows as a leg: one dialog, or the branches of a call to all phones of an agent.
struct Leg {
    std::vector<DialogId> branches;
    std::optional<WayOut> out;  // through a trunk
    bool told_under_way = false, told_ringing = false, told_early = false;
    int best_status = 0;  // of the branches that failed
    std::string best_text;
};

enum class Alarm : std::uint8_t {
    Refresh,  // half of the session interval is over
    Expire,   // no refresh came, or ours was not answered
    Retry,    // an offer that met 491
    Decide,   // the core left their offer undecided
    Naming,   // their host name is not resolved yet
    Silence,  // no answer at all from one address of a trunk
};

/// Methods that libsofia knows by number, and one for all others.
inline constexpr std::size_t kMethodCount = 15;
std::array<Metric*, kMethodCount> request_counters(Metrics& metrics);

struct Stack::State {
    State(Loop& loop, const Config& config, IdSource<call::LegId>& leg_ids, std::function<void(call::Event)> sink,
          Metrics& metrics);
    ~State();
    Outcome open();

    // ── stack.cpp: tables, rounds ──
    // One stack a thread, as with the gate: libsofia's callbacks bring a number and nothing else.
    static State*& slot();
    static State* here() { return slot(); }
    Dialog* find(const Magic* magic);
    Dialog* find(DialogId id);
    Dialog* dialog_of(call::LegId leg);  // the one dialog of a leg that has exactly one
    Dialog& make_dialog(Phase phase);
    bool apply(Dialog& dialog, Step step);  // false: late or crossing, counted
    void emit(call::Event event);
    void end_leg(call::LegId leg, call::LegEnded::Cause cause, int status, std::string text);
    void erase(Dialog& dialog);
    std::optional<Time> round();
    void ring_alarm(DialogId dialog, Alarm alarm);
    void set_alarm(const Dialog& dialog, Alarm alarm, Time at);
    void clear_alarm(const Dialog& dialog, Alarm alarm);
    bool is_set(const Dialog& dialog, Alarm alarm) const;
    void deliver();
    Now now() const { return read_clocks(); }

    // ── requests.cpp: outside dialogs ──
    static int on_request(Magic*, nta_leg_t*, nta_incoming_t* request, sip_t const* sip);
    void take_request(IncomingHandle request, const sip_t& sip);
    bool refuse_badly_formed(nta_incoming_t* request, const sip_t& sip);
    bool challenge_stranger(nta_incoming_t* request, const sip_t& sip, const Address& source);
    void challenge(nta_incoming_t* request, const Address& source, Authenticator::Verdict verdict);
    void overloaded(nta_incoming_t* request);

    // ── register.cpp ──
    void take_register(nta_incoming_t* request, const sip_t& sip);
    void tell_contacts(const std::string& agent, bool signed_off = false);

    // ── inbound.cpp ──
    void take_invite(IncomingHandle request, const sip_t& sip);
    std::optional<call::Origin> origin_of(nta_incoming_t* request, const sip_t& sip, const Path& path);
    void accept_invite(IncomingHandle request, const sip_t& sip, const Path& path, call::Origin origin,
                       std::optional<RemoteSdp> offer);
    void find_way_back(Dialog& dialog, const sip_t& sip, const call::Origin& origin);
    void resolve(Dialog& dialog, const url_t& uri);
    void named(DialogId id, const NameAnswer& answer, std::uint16_t port, const std::string& transport);
    void ring(Dialog& dialog);
    void early(Dialog& dialog, const call::LocalAudio& audio);
    void answer(Dialog& dialog, const call::LocalAudio& audio);
    void send_answer(Dialog& dialog, const call::LocalAudio& audio);
    void refuse(Dialog& dialog, int status, const std::string& phrase, int retry_after_s);
    static int on_invite_ended(Magic* magic, nta_incoming_t* request, sip_t const* sip);
    void acked(Dialog& dialog, const sip_t& ack);
    void ack_timeout(Dialog& dialog);
    void cancelled(Dialog& dialog);

    // ── outbound.cpp ──
    void dial(const call::Signaling::AgentCall& call);
    void dial_contact(Leg& leg, const call::Signaling::AgentCall& call, const Contact& contact);
    Path path_to(const Contact& contact) const;
    void show(const std::string& agent, const std::string& text);
    bool begin_dialog(Dialog& dialog, const std::string& from, const std::string& to);
    bool send_invite(Dialog& dialog);
    static int on_invite_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip);
    void invite_answer(Dialog& dialog, const sip_t& sip);
    void invite_progress(Dialog& dialog, const sip_t& sip);
    void invite_success(Dialog& dialog, const sip_t& sip);
    enum class Word : std::uint8_t { Theirs, Nobodys };  // Nobodys: silence, or it could not be sent
    void invite_failure(Dialog& dialog, int status, const std::string& phrase, Word whose);
    void cancel_others(call::LegId leg, DialogId winner);
    void branch_failed(call::LegId leg, DialogId branch, int status, const std::string& text);

    // ── trunks.cpp: the ways out ──
    TrunkLine* find_line(std::string_view name);
    TrunkLine* find_line(TrunkId id);
    void open_lines(const std::vector<Trunk>& trunks);
    TrunkLine& open_line(const Trunk& trunk, const TrunkLine* before);
    void adapt_line(TrunkLine& line, const Trunk& trunk);
    void stop_line(TrunkLine& line);
    void set_alarm(const TrunkLine& line, LineAlarm alarm, Time at);
    void clear_alarm(const TrunkLine& line, LineAlarm alarm);
    void ring_line_alarms(Time moment);
    void tell_line(TrunkLine& line);
    void look_up(TrunkLine& line, Family family);
    void looked_up(TrunkId id, Family family, const NameAnswer& answer);
    bool move_on(TrunkLine& line, const IpAddress& silent);
    void leave_address(TrunkLine& line, const IpAddress& silent);
    Path path_to(const TrunkLine& line);
    Path path_to(const TrunkLine& line, const IpAddress& ip);
    void ask(TrunkLine& line);
    static int on_options_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip);
    void missed(TrunkLine& line);
    template <class... Tags>
    OutgoingHandle send_outside(TrunkLine& line, nta_response_f* on_answer, sip_method_t method, const char* method_name,
                                const std::string& uri, const std::string& from, const std::string& to, const std::string& call_id,
                                std::uint32_t cseq, Tags... tags);

    // ── trunk_register.cpp ──
    OutgoingHandle make_register(TrunkLine& line, std::uint32_t expires_s);
    void send_register(TrunkLine& line);
    static int on_register_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip);
    void register_answer(TrunkLine& line, const sip_t* sip);
    void registered(TrunkLine& line, const sip_t& sip);
    enum class Elsewhere : std::uint8_t { Useless, Try };  // Try: another address of its name may do better
    void registration_failed(TrunkLine& line, const std::string& why, std::uint32_t wait_s,
                             Elsewhere elsewhere = Elsewhere::Useless);
    void registration_lapsed(TrunkLine& line);
    bool can_answer(TrunkLine& line, nta_outgoing_t* request, const sip_t& response);
    void depart(std::unique_ptr<TrunkLine> line);
    void take_back(TrunkLine& line);
    void parting_answer(TrunkLine& line, const sip_t* sip);
    void parted(TrunkLine& line);
    TrunkLine* find_parting(TrunkId id);
    void say_goodbye();

    // ── trunk_calls.cpp ──
    void dial(const call::Signaling::TrunkCall& call);
    void dial_next_way(call::LegId leg);
    bool dial_way(call::LegId leg, const TrunkLine& line, const IpAddress& ip);
    bool try_next_way(call::LegId leg, const IpAddress& failed, Word whose);
    void give_silent_way_up(Dialog& dialog);
    void find_way_on(Dialog& dialog, const sip_t& ok);
    bool goes_to_trunk(const Dialog& dialog) const;
    bool answer_challenge(Dialog& dialog, nta_outgoing_t* request, const sip_t& response);

    // ── dialog.cpp: inside dialogs ──
    static int on_dialog_request(Magic* magic, nta_leg_t*, nta_incoming_t* request, sip_t const* sip);
    void dialog_request(Dialog& dialog, IncomingHandle request, const sip_t& sip);
    bool is_forged(Dialog& dialog, nta_incoming_t* request, const sip_t& sip);
    bool may_speak(const Dialog& dialog, const IpAddress& source) const;
    void learn_peer(Dialog& dialog, const url_t& uri);
    void learn_peer(Dialog& dialog, const IpAddress& ip);
    bool may_cancel(std::string_view branch, const IpAddress& source);
    void undo_cseq(Dialog& dialog, const sip_t& forgery);
    void take_bye(Dialog& dialog, nta_incoming_t* request);
    void take_info(Dialog& dialog, nta_incoming_t* request, const sip_t& sip);
    void hang_up(Dialog& dialog, Step why = Step::Hangup);
    void send_bye(Dialog& dialog);
    void send_ack(Dialog& dialog, const nta_outgoing_t* invite, const sip_t& response);
    static int on_bye_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip);
    void fail_dialog(Dialog& dialog, call::LegEnded::Cause cause, int status, const std::string& text);
    void drop_exchange(Dialog& dialog);
    template <class... Tags>
    OutgoingHandle send(Dialog& dialog, nta_response_f* on_answer, sip_method_t method, const char* method_name, Tags... tags);

    // ── offers.cpp: media changes and refreshes ──
    void take_reinvite(Dialog& dialog, IncomingHandle request, const sip_t& sip);
    void take_update(Dialog& dialog, IncomingHandle request, const sip_t& sip);
    bool refuse_refresh(nta_incoming_t* request, const sip_t& sip);
    bool refresh_target(Dialog& dialog, const sip_t& message);
    void take_offer(Dialog& dialog, IncomingHandle request, const sip_t& sip, bool is_invite);
    void answer_theirs(Dialog& dialog, const std::string& body);
    void answer_without_body(Dialog& dialog, nta_incoming_t* request, const sip_t& sip);
    void answer_offer(Dialog& dialog, const call::LocalAudio& audio);
    void refuse_offer(Dialog& dialog, int status);
    static int on_reinvite_ended(Magic* magic, nta_incoming_t* request, sip_t const* sip);
    void reinvite_acked(Dialog& dialog, const sip_t& ack);
    void offer(Dialog& dialog, const call::LocalAudio& audio);
    void send_offer(Dialog& dialog);
    void send_offer_again(Dialog& dialog);
    static int on_offer_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip);
    void offer_answer(Dialog& dialog, const sip_t& sip);
    void offer_accepted(Dialog& dialog, const sip_t& sip);
    void offer_refused(Dialog& dialog, int status);
    void next_exchange(Dialog& dialog);
    void refresh(Dialog& dialog);
    static int on_update_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip);
    void update_answer(Dialog& dialog, const sip_t& sip);
    void start_timer(Dialog& dialog, std::optional<SessionTimer> timer);
    TimerPolicy timer_policy() const;
    std::uint32_t interval_s(const Dialog& dialog) const;
    std::uint32_t least_interval_s(const Dialog& dialog) const;
    bool take_longer_interval(Dialog& dialog, const sip_t& sip);

    // ── data ──
    NativeLoop& loop;
    const Config config;
    IdSource<call::LegId>& leg_ids;
    const std::function<void(call::Event)> sink;
    Metrics& metrics;
    Gate gate;
    GateKeeper gate_keeper;
    TcpGuard tcp_guard;
    Authenticator auth;
    Bindings bindings;
    std::unique_ptr<NameResolver> resolver;
    std::unique_ptr<Transport> transport;
    std::unordered_map<Address, std::size_t> registered_at;  // the listener through which a source registered

    IdSource<DialogId> dialog_ids;
    std::unordered_map<DialogId, std::unique_ptr<Dialog>> dialogs;
    std::map<std::string, DialogId, std::less<>> invites;  // theirs, by branch: what a CANCEL names
    std::unordered_map<call::LegId, Leg> legs;
    TimerQueue<std::uint64_t> alarms;  // dialog << 3 | alarm
    IdSource<TrunkId> line_ids;
    std::map<std::string, std::unique_ptr<TrunkLine>, std::less<>> lines;  // trunks with an address, by name
    std::vector<std::unique_ptr<TrunkLine>> parting;  // no longer the site's; their registrations are being taken back
    bool goodbye_said = false;
    TimerQueue<std::uint64_t> line_alarms;  // trunk << 3 | alarm
    std::vector<call::Event> outbox;
    std::optional<Time> next_sweep;
    std::array<Metric*, kMethodCount> requests;
    Metric& late;
    Metric& forged;
};

/// Methods that we answer with something else than 405 or 501.
inline constexpr const char* kAllow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE";
inline constexpr const char* kAllowOutside = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REGISTER";
inline constexpr const char* kAccept = "application/sdp";

/// A response. Tags as libsofia takes them, without TAG_END.
template <class... Tags>
void reply(nta_incoming_t* request, int status, const char* phrase, Tags... tags) {
    nta_incoming_treply(request, status, phrase, tags..., TAG_END());
}

/// A request inside the dialog. None: it cannot be sent. The trunk's credentials go to the trunk alone.
template <class... Tags>
OutgoingHandle Stack::State::send(Dialog& dialog, nta_response_f* on_answer, sip_method_t method, const char* method_name,
                                  Tags... tags) {
    const std::string branch = random_branch();
    std::string credentials;
    if (dialog.digest && goes_to_trunk(dialog))
        credentials =
            method == sip_method_ack ? dialog.invite_credentials : dialog.digest->headers(method_name, dialog.request_uri);
    if (method == sip_method_invite) dialog.invite_credentials = credentials;
    const url_string_t* route = dialog.route.empty() ? nullptr : URL_STRING_MAKE(dialog.route.c_str());
    const url_string_t* target = dialog.request_uri.empty() ? nullptr : URL_STRING_MAKE(dialog.request_uri.c_str());
    return OutgoingHandle(
        nta_outgoing_tcreate(dialog.nta.get(), on_answer, to_magic(dialog.id.value), route, method, method_name, target,
                             TPTAG_IDENT(transport->ident(dialog.path.listener)), NTATAG_BRANCH_KEY(branch.c_str()),
                             SIPTAG_HEADER_STR(credentials.empty() ? nullptr : credentials.c_str()), tags..., TAG_END()));
}

/// A request to a trunk outside dialogs.
template <class... Tags>
OutgoingHandle Stack::State::send_outside(TrunkLine& line, nta_response_f* on_answer, sip_method_t method, const char* method_name,
                                          const std::string& uri, const std::string& from, const std::string& to,
                                          const std::string& call_id, std::uint32_t cseq, Tags... tags) {
    const Path path = path_to(line);
    const std::string branch = random_branch(), route = route_uri(path.far, path.transport),
                      count = std::to_string(cseq) + " " + method_name;
    return OutgoingHandle(
        nta_outgoing_tcreate(transport->outside(), on_answer, to_magic(line.id.value), URL_STRING_MAKE(route.c_str()), method,
                             method_name, URL_STRING_MAKE(uri.c_str()), TPTAG_IDENT(transport->ident(path.listener)),
                             NTATAG_BRANCH_KEY(branch.c_str()), SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(to.c_str()),
                             SIPTAG_CALL_ID_STR(call_id.c_str()), SIPTAG_CSEQ_STR(count.c_str()), tags..., TAG_END()));
}

}  // namespace hotline::sip
