// A call goes out: to all phones of an agent at once, each a branch with a dialog of its own. The first 2xx wins.
#include <algorithm>

#include "hotline/base/log.h"
#include "sip/reading.h"
#include "sip/state.h"
#include "sip/uri_text.h"

namespace hotline::sip {
namespace {

using Cause = call::LegEnded::Cause;

Cause cause_of(int status) {
    switch (status) {
        case 486:
        case 600: return Cause::Busy;
        case 408:
        case 480: return Cause::NoAnswer;
        case 404:
        case 410:
        case 604: return Cause::Unreachable;
        case 488:
        case 606: return Cause::NoCommonCodec;
        default: return status >= 500 && status < 600 ? Cause::Unreachable : Cause::Rejected;
    }
}

// Of several phones that failed the one that tells most about the agent speaks for all: a refusal before busy before silence.
int weight(int status) {
    if (status >= 600) return 5;
    switch (cause_of(status)) {
        case Cause::Busy: return 4;
        case Cause::Rejected: return 3;
        case Cause::NoAnswer: return 2;
        default: return 1;
    }
}

int on_shown(Magic*, nta_outgoing_t*, sip_t const*) { return 0; }

std::string extra_headers(const call::Signaling::AgentCall& call) {
    std::string lines;
    for (const auto& [name, value] : call.headers)
        if (const auto line = header_line(name, value)) lines += *line;
    return lines;
}

}  // namespace

void Stack::State::dial(const call::Signaling::AgentCall& call) {
    Leg& leg = legs[call.leg];
    const auto contacts = bindings.contacts(call.agent);
    if (contacts.empty()) return end_leg(call.leg, Cause::Unreachable, 480, "no phone is registered");
    if (dialogs.size() + contacts.size() > config.max_sessions)
        return end_leg(call.leg, Cause::Failed, 503, "max_sessions is reached");
    for (const Contact& contact : contacts) dial_contact(leg, call, contact);
    if (leg.branches.empty()) end_leg(call.leg, Cause::Unreachable, 400, "no INVITE can be sent to any registered contact");
}

void Stack::State::dial_contact(Leg& leg, const call::Signaling::AgentCall& call, const Contact& contact) {
    Home home;
    const url_t* uri = url_make(home, contact.uri.c_str());
    if (!uri) return;
    Dialog& dialog = make_dialog(Phase::Calling);
    dialog.leg = call.leg;
    dialog.path = path_to(contact);
    dialog.peers = {contact.source.ip};
    dialog.route = route_uri(contact.source, contact.transport);
    dialog.contact = transport->contact(dialog.path);
    dialog.request_uri = text_of(*uri, UriForm::Bare);  // its headers part would become headers of our INVITE
    dialog.local = call.audio;
    dialog.extra_headers = extra_headers(call);
    if (!contact.path.empty()) dialog.extra_headers += "Route: " + contact.path + "\r\n";
    write_offer(call.audio, dialog.own);

    const std::string host = uri_host(transport->local(dialog.path).ip);
    const std::string display = quoted(call.caller_name);
    const std::string user = call.caller.empty() ? "anonymous" : escaped_user(call.caller);
    const std::string from = display + (display.empty() ? "<sip:" : " <sip:") + user + "@" + host + ">";
    const std::string to = "<sip:" + escaped_user(call.agent) + "@" + host + ">";
    if (!begin_dialog(dialog, from, to) || !send_invite(dialog)) return erase(dialog);
    leg.branches.push_back(dialog.id);
}

Path Stack::State::path_to(const Contact& contact) const {
    const auto listener = registered_at.find(contact.source);
    return {listener == registered_at.end() ? transport->listener_for(contact.source.ip) : listener->second, contact.transport,
            contact.source};
}

/// Outside dialogs and without a Contact (RFC 3428 §5, §8). The handles are given back at once: libsofia repeats the request until
/// it is answered or its time is over, and we hear no more of it.
void Stack::State::show(const std::string& agent, const std::string& text) {
    for (const Contact& contact : bindings.contacts(agent)) {
        Home home;
        const url_t* uri = url_make(home, contact.uri.c_str());
        if (!uri) continue;
        const Path path = path_to(contact);
        const std::string host = uri_host(transport->local(path).ip), target = text_of(*uri, UriForm::Bare);
        const std::string from = "<sip:hotline@" + host + ">;tag=" + random_token();
        const std::string to = "<sip:" + escaped_user(agent) + "@" + host + ">";
        const std::string route = route_uri(contact.source, contact.transport), branch = random_branch(), call_id = random_token();
        const std::string headers = contact.path.empty() ? "" : "Route: " + contact.path + "\r\n";
        const OutgoingHandle sent(nta_outgoing_tcreate(
            transport->outside(), on_shown, nullptr, URL_STRING_MAKE(route.c_str()), SIP_METHOD_MESSAGE,
            URL_STRING_MAKE(target.c_str()), TPTAG_IDENT(transport->ident(path.listener)), NTATAG_BRANCH_KEY(branch.c_str()),
            SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(to.c_str()), SIPTAG_CALL_ID_STR(call_id.c_str()),
            SIPTAG_CSEQ_STR("1 MESSAGE"), SIPTAG_HEADER_STR(headers.empty() ? nullptr : headers.c_str()),
            SIPTAG_CONTENT_TYPE_STR("text/plain;charset=UTF-8"), SIPTAG_PAYLOAD_STR(text.c_str()), TAG_END()));
        if (!sent) log::warn("sip.not_shown", {{"agent", agent}, {"contact", contact.uri}});
    }
}

/// Call-ID and tag that nobody guesses.
bool Stack::State::begin_dialog(Dialog& dialog, const std::string& from, const std::string& to) {
    const std::string call_id = random_token();
    dialog.nta.reset(nta_leg_tcreate(transport->agent(), on_dialog_request, to_magic(dialog.id.value),
                                     SIPTAG_CALL_ID_STR(call_id.c_str()), SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(to.c_str()),
                                     TAG_END()));
    return dialog.nta && nta_leg_tag(dialog.nta.get(), random_token().c_str());
}

bool Stack::State::send_invite(Dialog& dialog) {
    const std::uint32_t interval = interval_s(dialog);
    const std::string expires = std::to_string(interval), min_se = std::to_string(least_interval_s(dialog));
    const bool timed = interval > 0;
    dialog.our_invite =
        send(dialog, on_invite_answer, SIP_METHOD_INVITE, NTATAG_PASS_100(dialog.trunk.empty() ? 0 : 1),
             SIPTAG_CONTACT_STR(dialog.contact.c_str()), SIPTAG_ALLOW_STR(kAllow), SIPTAG_SUPPORTED_STR("timer"),
             SIPTAG_SESSION_EXPIRES_STR(timed ? expires.c_str() : nullptr), SIPTAG_MIN_SE_STR(timed ? min_se.c_str() : nullptr),
             SIPTAG_HEADER_STR(dialog.extra_headers.empty() ? nullptr : dialog.extra_headers.c_str()),
             SIPTAG_CONTENT_TYPE_STR(kAccept), SIPTAG_PAYLOAD_STR(dialog.own.last.c_str()));
    return dialog.our_invite != nullptr;
}

int Stack::State::on_invite_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip) {
    State* self = here();
    Dialog* dialog = self ? self->find(magic) : nullptr;
    if (!dialog || dialog->our_invite.get() != request) return 0;
    self->loop.mark();
    if (sip && sip->sip_status)
        self->invite_answer(*dialog, *sip);
    else
        self->invite_failure(*dialog, 408, "no answer", Word::Nobodys);
    return 0;
}

void Stack::State::invite_answer(Dialog& dialog, const sip_t& sip) {
    const int status = sip.sip_status->st_status;
    clear_alarm(dialog, Alarm::Silence);
    if (status < 200) return invite_progress(dialog, sip);
    if (status < 300) return invite_success(dialog, sip);
    const bool open = dialog.phase == Phase::Calling || dialog.phase == Phase::Ringing;
    if (open && answer_challenge(dialog, dialog.our_invite.get(), sip) && send_invite(dialog)) return;
    if (open && status == 422 && take_longer_interval(dialog, sip) && send_invite(dialog)) return;
    const char* phrase = sip.sip_status->st_phrase;
    invite_failure(dialog, status, phrase ? phrase : "", nta_sip_is_internal(&sip) ? Word::Nobodys : Word::Theirs);
}

void Stack::State::invite_progress(Dialog& dialog, const sip_t& sip) {
    const int status = sip.sip_status->st_status;
    if (!apply(dialog, Step::Provisional) || (status != 180 && status != 182 && status != 183)) return;
    const auto leg = legs.find(dialog.leg);
    if (leg == legs.end()) return;
    call::LegRinging ringing{dialog.leg, std::nullopt};
    if (auto early = sdp_of(sip); early && *early && (*early)->usable) {
        ringing.early = (*early)->audio;
        if (!dialog.trunk.empty()) dialog.remote = std::move(early).value();  // a gateway's 200 may not say it again
    }
    Leg& told = leg->second;
    ringing.under_way = status == 183 && !ringing.early;
    const bool news =
        ringing.under_way ? !told.told_under_way && !told.told_ringing : !told.told_ringing || (ringing.early && !told.told_early);
    (ringing.under_way ? told.told_under_way : told.told_ringing) = true;
    told.told_early |= ringing.early.has_value();
    if (news) emit(std::move(ringing));
}

void Stack::State::invite_success(Dialog& dialog, const sip_t& sip) {
    if (!apply(dialog, Step::Success)) return;
    nta_leg_rtag(dialog.nta.get(), sip.sip_to->a_tag);
    const bool usable_contact = sip.sip_contact && guard(*sip.sip_contact->m_url).routing != Routing::Unroutable;
    nta_leg_client_reroute(dialog.nta.get(), sip.sip_record_route, usable_contact ? sip.sip_contact : nullptr, 1);
    if (!dialog.trunk.empty() && usable_contact) find_way_on(dialog, sip);
    if (dialog.digest) dialog.digest->settled();
    send_ack(dialog, dialog.our_invite.get(), sip);
    dialog.our_invite.reset();
    dialog.allows_update = allows(sip, "UPDATE");
    if (dialog.phase == Phase::Closing) return send_bye(dialog);  // given up meanwhile

    if (dialog.trunk.empty() && sip.sip_contact) learn_peer(dialog, *sip.sip_contact->m_url);
    if (dialog.trunk.empty() && sip.sip_record_route) learn_peer(dialog, *sip.sip_record_route->r_url);

    // From here the dialog stands: whatever is wrong with it is ended by BYE.
    auto answer = sdp_of(sip);
    if (answer && !*answer && dialog.remote) answer = std::exchange(dialog.remote, std::nullopt);
    const bool usable_answer = answer && *answer && (*answer)->usable;
    if (!usable_contact || !usable_answer) {
        const auto leg = std::exchange(dialog.leg, call::LegId{});
        const DialogId id = dialog.id;
        hang_up(dialog);
        return branch_failed(leg, id, usable_contact ? 488 : 400,
                             usable_contact ? "the 200 has no answer that we can use" : "the Contact of the 200 cannot be reached");
    }
    dialog.remote = std::move(answer).value();
    cancel_others(dialog.leg, dialog.id);
    start_timer(dialog, agreed_timer(timer_headers(sip)));
    emit(call::LegAnswered{dialog.leg, dialog.remote->audio});
}

void Stack::State::invite_failure(Dialog& dialog, int status, const std::string& phrase, Word whose) {
    if (!apply(dialog, Step::Failure)) return;
    const auto leg = dialog.leg;
    const DialogId id = dialog.id;
    const IpAddress there = dialog.path.far.ip;
    erase(dialog);
    if ((whose == Word::Nobodys || status == 503) && try_next_way(leg, there, whose)) return;
    branch_failed(leg, id, status, phrase);
}

void Stack::State::cancel_others(call::LegId leg, DialogId winner) {
    const auto branches = std::exchange(legs[leg].branches, {winner});
    for (const DialogId id : branches) {
        Dialog* other = id == winner ? nullptr : find(id);
        if (!other) continue;
        other->leg = {};
        hang_up(*other);
    }
}

// A phone will not answer: the leg goes on with the others, or ends with the word that tells most.
void Stack::State::branch_failed(call::LegId leg_id, DialogId id, int status, const std::string& text) {
    const auto it = legs.find(leg_id);
    if (it == legs.end()) return;
    Leg& leg = it->second;
    std::erase(leg.branches, id);
    if (leg.best_status == 0 || weight(status) > weight(leg.best_status)) {
        leg.best_status = status;
        leg.best_text = text;
    }
    if (!leg.branches.empty() && status < 600) return;
    const auto others = leg.branches;  // 6xx speaks for the person, not for the phone (RFC 3261 §21.6)
    end_leg(leg_id, cause_of(leg.best_status), leg.best_status, leg.best_text);
    for (const DialogId one : others)
        if (Dialog* other = find(one)) hang_up(*other);
}

}  // namespace hotline::sip
