// Requests inside a dialog, in both directions, and its end.
#include <algorithm>

#include "hotline/base/log.h"
#include "sip/reading.h"
#include "sip/state.h"

namespace hotline::sip {
namespace {

constexpr const char* kAcceptInfo = "application/dtmf-relay, application/dtmf";

bool starts_with_word(std::string_view text, std::string_view word) {
    return text.size() >= word.size() &&
           std::ranges::equal(text.substr(0, word.size()), word, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The key in "Signal=5\r\nDuration=160" (application/dtmf-relay), or in "5" (application/dtmf). 10 and 11 are * and #.
std::optional<char> key_in(std::string_view body) {
    std::string_view signal = trimmed(body);
    if (starts_with_word(signal, "signal")) {
        const auto equals = signal.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        signal = signal.substr(equals + 1);
        signal = trimmed(signal.substr(0, signal.find_first_of("\r\n")));
    }
    if (signal == "10") return '*';
    if (signal == "11") return '#';
    if (signal.size() != 1) return std::nullopt;
    const char key = signal[0] >= 'a' && signal[0] <= 'd' ? static_cast<char>(signal[0] - 'a' + 'A') : signal[0];
    return std::string_view("0123456789*#ABCD").find(key) == std::string_view::npos ? std::nullopt : std::optional(key);
}

bool is_dtmf(const sip_t& sip) {
    const char* type = sip.sip_content_type ? sip.sip_content_type->c_type : nullptr;
    return type && starts_with_word(type, "application/dtmf");
}

}  // namespace

int Stack::State::on_dialog_request(Magic* magic, nta_leg_t*, nta_incoming_t* request, sip_t const* sip) {
    IncomingHandle handle(request);
    State* self = here();
    Dialog* dialog = self ? self->find(magic) : nullptr;
    if (!dialog || !sip || !sip->sip_request) return 481;
    self->loop.mark();
    self->dialog_request(*dialog, std::move(handle), *sip);
    return 0;
}

/// A carrier's requests may come from any of its machines.
bool Stack::State::may_speak(const Dialog& dialog, const IpAddress& source) const {
    if (std::ranges::find(dialog.peers, source) != dialog.peers.end()) return true;
    return !dialog.trunk.empty() && auth.is_of_trunk(source, dialog.trunk);
}

/// Whoever stands in Contact or Record-Route by number may speak inside the dialog.
void Stack::State::learn_peer(Dialog& dialog, const url_t& uri) {
    const auto verdict = guard(uri);
    if (verdict.routing == Routing::Routable) learn_peer(dialog, verdict.address.ip);
}

void Stack::State::learn_peer(Dialog& dialog, const IpAddress& ip) {
    if (std::ranges::find(dialog.peers, ip) != dialog.peers.end()) return;
    if (dialog.peers.size() >= kMaxPeers) dialog.peers.erase(dialog.peers.begin() + 1);  // never the one it came from first
    dialog.peers.push_back(ip);
}

bool Stack::State::may_cancel(std::string_view branch, const IpAddress& source) {
    const auto it = invites.find(branch);
    const Dialog* const dialog = it == invites.end() ? nullptr : find(it->second);
    if (!dialog || may_speak(*dialog, source)) return true;
    forged.add();
    return false;
}

bool Stack::State::is_forged(Dialog& dialog, nta_incoming_t* request, const sip_t& sip) {
    const Path path = transport->path_of(request);
    if (path.transport == "tcp") tcp_guard.heard(path.far);
    if (may_speak(dialog, path.far.ip)) {
        dialog.remote_cseq = std::max(dialog.remote_cseq, sip.sip_cseq->cs_seq);
        return false;
    }
    forged.add();
    log::warn("sip.forged", {{"source", path.far.ip}, {"leg", dialog.leg}});
    undo_cseq(dialog, sip);
    return true;
}

// libsofia has taken the forger's CSeq before it asked us, and would refuse the real peer's lower ones. It lets nobody set it back:
// the same dialog is made anew, with the addresses of the forgery, which are right or it would not have come here.
void Stack::State::undo_cseq(Dialog& dialog, const sip_t& forgery) {
    nta_leg_t* const old = dialog.nta.get();
    if (nta_leg_get_rseq(old) <= dialog.remote_cseq) return;
    const sip_route_t* hops = nullptr;
    const sip_contact_t* target = nullptr;
    nta_leg_get_route(old, &hops, &target);
    const std::string cseq = std::to_string(nta_leg_get_seq(old)) + " INVITE";
    LegHandle anew(nta_leg_tcreate(transport->agent(), on_dialog_request, to_magic(dialog.id.value),
                                   SIPTAG_CALL_ID(forgery.sip_call_id), SIPTAG_FROM(forgery.sip_to), SIPTAG_TO(forgery.sip_from),
                                   SIPTAG_ROUTE(hops), NTATAG_TARGET(target), NTATAG_REMOTE_CSEQ(dialog.remote_cseq),
                                   SIPTAG_CSEQ_STR(nta_leg_get_seq(old) ? cseq.c_str() : nullptr), TAG_END()));
    if (!anew) return;
    if (target) nta_leg_client_route(anew.get(), nullptr, target);  // reads from the first hop whether routing is loose
    dialog.nta = std::move(anew);
}

void Stack::State::dialog_request(Dialog& dialog, IncomingHandle request, const sip_t& sip) {
    nta_incoming_t* const asked = request.get();
    const sip_method_t method = sip.sip_request->rq_method;
    if (is_forged(dialog, asked, sip)) {
        if (method != sip_method_ack) reply(asked, SIP_481_NO_TRANSACTION);
        return;
    }
    const bool may_be_refused = method != sip_method_ack && method != sip_method_bye;
    if (may_be_refused && refuse_badly_formed(asked, sip)) return;
    switch (method) {
        case sip_method_ack: return;  // repeated, its transaction is over
        case sip_method_invite: return take_reinvite(dialog, std::move(request), sip);
        case sip_method_update: return take_update(dialog, std::move(request), sip);
        case sip_method_bye: return take_bye(dialog, asked);
        case sip_method_info: return take_info(dialog, asked, sip);
        case sip_method_options:
            return reply(asked, SIP_200_OK, SIPTAG_ALLOW_STR(kAllow), SIPTAG_ACCEPT_STR(kAccept), SIPTAG_SUPPORTED_STR("timer"));
        case sip_method_refer: return reply(asked, SIP_403_FORBIDDEN);
        case sip_method_subscribe: return reply(asked, SIP_489_BAD_EVENT);
        case sip_method_notify: return reply(asked, SIP_481_NO_TRANSACTION);
        case sip_method_unknown: return reply(asked, SIP_501_NOT_IMPLEMENTED, SIPTAG_ALLOW_STR(kAllow));
        default: return reply(asked, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(kAllow));
    }
}

void Stack::State::take_bye(Dialog& dialog, nta_incoming_t* request) {
    if (!apply(dialog, Step::Bye)) return reply(request, SIP_481_NO_TRANSACTION);
    reply(request, SIP_200_OK);
    if (dialog.phase == Phase::Closing) return;  // ours is still to be answered
    if (dialog.their_invite) reply(dialog.their_invite.get(), SIP_487_REQUEST_TERMINATED);
    drop_exchange(dialog);
    const auto leg = dialog.leg;
    erase(dialog);
    end_leg(leg, call::LegEnded::Cause::Remote, 0, "BYE");
}

void Stack::State::take_info(Dialog& dialog, nta_incoming_t* request, const sip_t& sip) {
    if (body_of(sip).empty()) return reply(request, SIP_200_OK);  // a sign of life
    if (!is_dtmf(sip)) return reply(request, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR(kAcceptInfo));
    const auto key = key_in(body_of(sip));
    if (!key) return reply(request, 400, "Unknown Key");
    reply(request, SIP_200_OK);
    if (dialog.leg) emit(call::InfoDigit{dialog.leg, *key});
}

// ── the end ──

// Ends a dialog in any phase by what fits it. The leg is not told: whoever calls this knows why.
void Stack::State::hang_up(Dialog& dialog, Step why) {
    if (!apply(dialog, why)) return;
    switch (dialog.phase) {
        case Phase::Closed:  // their INVITE was not answered yet
            reply(dialog.their_invite.get(), SIP_480_TEMPORARILY_UNAVAILABLE);
            return erase(dialog);
        case Phase::Cancelling:
            nta_outgoing_tcancel(dialog.our_invite.get(), nullptr, nullptr, TAG_END());  // waits for a 1xx by itself
            return;
        case Phase::Closing: return send_bye(dialog);
        default: return;  // HungUpUnacked: after the ACK
    }
}

void Stack::State::send_bye(Dialog& dialog) {
    for (const Alarm alarm : {Alarm::Refresh, Alarm::Expire, Alarm::Retry, Alarm::Decide}) clear_alarm(dialog, alarm);
    drop_exchange(dialog);
    if (dialog.digest) dialog.digest->settled();  // its own try, whatever became of the requests before
    dialog.our_bye = send(dialog, on_bye_answer, SIP_METHOD_BYE);
    if (dialog.our_bye) return;
    log::warn("sip.bye_unsent", {{"dialog", dialog.id.value}});
    erase(dialog);
}

int Stack::State::on_bye_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip) {
    State* self = here();
    Dialog* dialog = self ? self->find(magic) : nullptr;
    if (!dialog || dialog->our_bye.get() != request) return 0;
    if (sip && sip->sip_status && sip->sip_status->st_status < 200) return 0;
    if (sip && sip->sip_status && self->answer_challenge(*dialog, request, *sip)) {  // else the trunk would go on counting minutes
        dialog->our_bye = self->send(*dialog, on_bye_answer, SIP_METHOD_BYE);
        if (dialog->our_bye) return 0;
    }
    if (self->apply(*dialog, Step::ByeDone)) self->erase(*dialog);  // 401 too: of an agent's phone we answer no challenge
    return 0;
}

void Stack::State::fail_dialog(Dialog& dialog, call::LegEnded::Cause cause, int status, const std::string& text) {
    end_leg(dialog.leg, cause, status, text);
    hang_up(dialog);
}

// A media change under way ends with its dialog.
void Stack::State::drop_exchange(Dialog& dialog) {
    Exchange& exchange = dialog.exchange;
    if (exchange.kind == Exchange::Kind::TheirsUndecided) reply(exchange.theirs.get(), SIP_487_REQUEST_TERMINATED);
    // Cancelled and let go: libsofia absorbs its answers, and ACKs and ends a late 200.
    if (exchange.ours) nta_outgoing_tcancel(exchange.ours.get(), nullptr, nullptr, TAG_END());
    exchange = Exchange{};
    dialog.our_update.reset();
    dialog.wanted.reset();
    dialog.refresh_wanted = false;
}

// Also for a 2xx that we do not want. A 2xx repeated later is ACKed again by libsofia, which keeps this one. It is told the branch
// of the INVITE: when it looks for that by itself it copies the INVITE's credentials, wherever the ACK goes.
void Stack::State::send_ack(Dialog& dialog, const nta_outgoing_t* invite, const sip_t& response) {
    const std::string cseq = std::to_string(response.sip_cseq->cs_seq) + " ACK";
    if (!send(dialog, nullptr, SIP_METHOD_ACK, NTATAG_ACK_BRANCH(nta_outgoing_branch(invite)), SIPTAG_CSEQ_STR(cseq.c_str())))
        log::warn("sip.ack_unsent", {{"dialog", dialog.id.value}});
}

}  // namespace hotline::sip
