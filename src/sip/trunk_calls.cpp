// A call goes out through a trunk. Only here are challenges answered: with the trunk's own account, for a call that we placed
// there.
#include "hotline/base/log.h"
#include "sip/reading.h"
#include "sip/state.h"
#include "sip/uri_text.h"

namespace hotline::sip {

void Stack::State::dial(const call::Signaling::TrunkCall& call) {
    Leg& leg = legs[call.leg];
    const TrunkLine* line = find_line(call.trunk);
    if (!line || !line->ip) return end_leg(call.leg, call::LegEnded::Cause::Unreachable, 503, "the trunk has no address");
    if (dialogs.size() >= config.max_sessions)
        return end_leg(call.leg, call::LegEnded::Cause::Failed, 503, "max_sessions is reached");
    Dialog& dialog = make_dialog(Phase::Calling);
    dialog.leg = call.leg;
    dialog.trunk = call.trunk;
    dialog.path = path_to(*line);
    dialog.peers = {*line->ip};
    dialog.route = route_uri(dialog.path.far, dialog.path.transport);
    dialog.contact = transport->contact(dialog.path);
    dialog.request_uri = "sip:" + escaped_user(call.number) + "@" + line->host();
    dialog.local = call.audio;
    dialog.asked_expires_s = timer_policy().expires_s;
    if (!line->trunk.user.empty()) dialog.digest = std::make_unique<DigestClient>(line->trunk.user, line->trunk.password);
    write_offer(call.audio, dialog.own);

    const std::string& shown = call.caller.empty() ? line->trunk.user : call.caller;
    // Who registers, or has a domain there, is known by that; else by our own address.
    const bool known_there = !line->trunk.domain.empty() || line->trunk.registers;
    const std::string ours = known_there ? line->host() : uri_host(transport->local(dialog.path).ip);
    const std::string from = "<sip:" + (shown.empty() ? "anonymous" : escaped_user(shown)) + "@" + ours + ">";
    if (!shown.empty()) dialog.extra_headers = "P-Asserted-Identity: " + from + "\r\n";
    if (!begin_dialog(dialog, from, "<" + dialog.request_uri + ">") || !send_invite(dialog)) {
        erase(dialog);
        return end_leg(call.leg, call::LegEnded::Cause::Failed, 503, "the INVITE cannot be sent");
    }
    leg.branches.push_back(dialog.id);
}

/// Their 2xx: where our requests go from now on, and who may speak. By number as RFC 3261 says; a name or maddr leads nowhere else
/// than to the trunk itself, which knows what it meant.
void Stack::State::find_way_on(Dialog& dialog, const sip_t& ok) {
    const url_t* contact = ok.sip_contact ? ok.sip_contact->m_url : nullptr;
    const sip_record_route_t* last = ok.sip_record_route;
    while (last && last->r_next) last = last->r_next;
    const url_t* first_hop = last ? last->r_url : contact;  // the nearest to us stands last (RFC 3261 §12.1.2)
    for (const url_t* one : {contact, first_hop})
        if (one) learn_peer(dialog, *one);
    if (contact) dialog.request_uri = text_of(*contact, UriForm::Bare);
    if (first_hop && guard(*first_hop).routing == Routing::Routable) dialog.route.clear();
}

/// True: send the request again, with credentials.
bool Stack::State::answer_challenge(Dialog& dialog, const sip_t& response) {
    const int status = response.sip_status->st_status;
    if (status != 401 && status != 407) {
        if (dialog.digest && status >= 200) dialog.digest->settled();
        return false;
    }
    if (!dialog.digest || dialog.incoming) return false;
    if (dialog.digest->take(challenges_of(response)) == DigestClient::Verdict::Answerable) return true;
    log::warn("trunk.credentials_refused",
              {{"trunk", dialog.trunk}, {"leg", dialog.leg}, {"cure", "look at user and password in trunks.json"}});
    return false;
}

}  // namespace hotline::sip
