// Requests outside dialogs: what is wrong is said, what is right goes to its file.
#include "hotline/base/log.h"
#include "sip/reading.h"
#include "sip/state.h"

namespace hotline::sip {
namespace {

constexpr const char* kSupported = "timer";
constexpr int kMaxRetryAfterS = 10;

// In the order of libsofia's numbers.
constexpr const char* kMethods[] = {"other", "INVITE", "ACK",     "CANCEL",    "BYE",    "OPTIONS", "REGISTER", "INFO",
                                    "PRACK", "UPDATE", "MESSAGE", "SUBSCRIBE", "NOTIFY", "REFER",   "PUBLISH"};
static_assert(sip_method_publish == std::size(kMethods) - 1 && sip_method_options == 5 && sip_method_refer == 13);

// Extensions that the sender insists on and that we do not have (RFC 3261 §8.2.2.3). `timer` is ours.
std::string unsupported(const sip_t& sip) {
    std::string list;
    if (!sip.sip_require || !sip.sip_require->k_items) return list;
    for (const char* const* item = sip.sip_require->k_items; *item; ++item) {
        if (std::string_view(*item) == kSupported) continue;
        if (!list.empty()) list += ", ";
        list += *item;
    }
    return list;
}

}  // namespace

std::array<Metric*, kMethodCount> request_counters(Metrics& metrics) {
    static_assert(kMethodCount == std::size(kMethods));
    std::array<Metric*, kMethodCount> counters{};
    for (std::size_t i = 0; i < kMethodCount; ++i)
        counters[i] = &metrics.counter("sip_requests_total", "requests outside dialogs, new calls among them",
                                       Metrics::label("method", kMethods[i]));
    return counters;
}

int Stack::State::on_request(Magic*, nta_leg_t*, nta_incoming_t* request, sip_t const* sip) {
    IncomingHandle handle(request);
    State* self = here();
    if (!self || !sip || !sip->sip_request) return 500;
    self->loop.mark();
    self->take_request(std::move(handle), *sip);
    return 0;
}

// Scheme and extensions are judged before anything is said about who is asking or who is called.
bool Stack::State::refuse_badly_formed(nta_incoming_t* request, const sip_t& sip) {
    if (!is_sip(*sip.sip_request->rq_url)) return reply(request, SIP_416_UNSUPPORTED_URI), true;
    if (const std::string list = unsupported(sip); !list.empty())
        return reply(request, SIP_420_BAD_EXTENSION, SIPTAG_UNSUPPORTED_STR(list.c_str())), true;
    return false;
}

void Stack::State::take_request(IncomingHandle request, const sip_t& sip) {
    const sip_method_t method = sip.sip_request->rq_method;
    requests[method > 0 && method <= sip_method_publish ? static_cast<std::size_t>(method) : 0]->add();
    const Path path = transport->path_of(request.get());
    nta_incoming_t* const asked = request.get();
    if (path.transport == "tcp") {
        tcp_guard.heard(path.far);
        char uri[256] = "";  // a longer one is cut: only its beginning matters
        url_e(uri, sizeof uri, sip.sip_request->rq_url);
        if (!gate.admits({sip.sip_request->rq_method_name, uri, sip.sip_to->a_tag != nullptr}, path.far, now().at)) {
            if (method != sip_method_invite || !auth.trunk_of(path.far.ip)) tcp_guard.end(path.far);
            return method == sip_method_ack ? void() : overloaded(asked);
        }
    }
    if (method == sip_method_ack) return;  // of a final response that is forgotten
    if (sip.sip_to->a_tag && method != sip_method_register && method != sip_method_options)
        return reply(asked, SIP_481_NO_TRANSACTION);
    if (refuse_badly_formed(asked, sip)) return;

    switch (method) {
        case sip_method_invite: return take_invite(std::move(request), sip);
        case sip_method_register: return take_register(asked, sip);
        case sip_method_options:
            if (challenge_stranger(asked, sip, path.far)) return;
            return reply(asked, SIP_200_OK, SIPTAG_ALLOW_STR(kAllowOutside), SIPTAG_ACCEPT_STR(kAccept),
                         SIPTAG_SUPPORTED_STR(kSupported));
        case sip_method_refer: return reply(asked, SIP_403_FORBIDDEN);      // else a tool for toll fraud
        case sip_method_subscribe: return reply(asked, SIP_489_BAD_EVENT);  // nobody learns of dialogs
        case sip_method_cancel:
        case sip_method_bye:
        case sip_method_info:
        case sip_method_update:
        case sip_method_notify: return reply(asked, SIP_481_NO_TRANSACTION);
        case sip_method_unknown: return reply(asked, SIP_501_NOT_IMPLEMENTED, SIPTAG_ALLOW_STR(kAllowOutside));
        default: return reply(asked, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(kAllowOutside));
    }
}

// Phones that ask whether we are alive do so from where they are registered; a stranger hears what his INVITE would (RFC 3261
// §11.2).
bool Stack::State::challenge_stranger(nta_incoming_t* request, const sip_t& sip, const Address& source) {
    if (auth.trunk_of(source.ip) || bindings.is_source(source)) return false;
    const auto verdict = auth.prove(sip, user_of(*sip.sip_from->a_url), source, now());
    if (verdict == Authenticator::Verdict::Proven) return false;
    challenge(request, source, verdict);
    return true;
}

void Stack::State::challenge(nta_incoming_t* request, const Address& source, Authenticator::Verdict verdict) {
    if (verdict == Authenticator::Verdict::Malformed) return reply(request, SIP_400_BAD_REQUEST);
    if (verdict == Authenticator::Verdict::Another) return reply(request, SIP_403_FORBIDDEN);
    const std::string headers = auth.challenge(source, now().wall, verdict);
    reply(request, SIP_401_UNAUTHORIZED, SIPTAG_HEADER_STR(headers.c_str()));
}

// Only for overload, and never the same second for all (RFC 5390).
void Stack::State::overloaded(nta_incoming_t* request) {
    const std::string seconds = std::to_string(1 + random_below(kMaxRetryAfterS));
    reply(request, SIP_503_SERVICE_UNAVAILABLE, SIPTAG_RETRY_AFTER_STR(seconds.c_str()));
}

}  // namespace hotline::sip
