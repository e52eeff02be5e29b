// A call goes out through a trunk, by one address of its name after the other. Only here are challenges answered: the trunk's own,
// with its own account, for a call that we placed there.
//
//   address ──nothing at all in its time, 503, cannot be sent──▶ next address ──none left──▶ LegEnded: the core tries the next
//   trunk
//      └─ 100, 183 without sound: it goes on · 180, sound, 200: no other address any more
#include <algorithm>

#include "hotline/base/log.h"
#include "sip/reading.h"
#include "sip/state.h"
#include "sip/uri_text.h"

namespace hotline::sip {
namespace {

constexpr Duration kLongestSilence{2s};  // 100 comes at once (RFC 3261 §8.2.6.1); by then the INVITE was sent three times

}  // namespace

void Stack::State::dial(const call::Signaling::TrunkCall& call) {
    Leg& leg = legs[call.leg];
    const TrunkLine* line = find_line(call.trunk);
    if (!line || !line->ip) return end_leg(call.leg, call::LegEnded::Cause::Unreachable, 503, "the trunk has no address");
    leg.out = WayOut{call, line->ways()};
    leg.out->patience = std::min(kLongestSilence, call.silence / static_cast<int>(leg.out->left.size()));
    dial_next_way(call.leg);
}

/// The first of the addresses that are left that an INVITE can be sent to.
void Stack::State::dial_next_way(call::LegId id) {
    WayOut& out = *legs.at(id).out;
    while (!out.left.empty()) {
        const TrunkLine* line = find_line(out.call.trunk);
        if (!line) break;  // gone from the site meanwhile
        if (dialogs.size() >= config.max_sessions)
            return end_leg(id, call::LegEnded::Cause::Failed, 503, "max_sessions is reached");
        const IpAddress ip = out.left.front();
        out.left.erase(out.left.begin());
        if (std::ranges::find(line->ips, ip) == line->ips.end()) continue;  // its name leads elsewhere now
        if (dial_way(id, *line, ip)) return;
    }
    end_leg(id, call::LegEnded::Cause::Failed, 503, "the INVITE cannot be sent");
}

bool Stack::State::dial_way(call::LegId id, const TrunkLine& line, const IpAddress& ip) {
    Leg& leg = legs.at(id);
    const auto& call = leg.out->call;
    Dialog& dialog = make_dialog(Phase::Calling);
    dialog.leg = id;
    dialog.trunk = call.trunk;
    dialog.trunk_ips = line.ips;
    dialog.path = path_to(line, ip);
    dialog.peers = {ip};
    dialog.route = route_uri(dialog.path.far, dialog.path.transport);
    dialog.contact = transport->contact(dialog.path);
    dialog.request_uri = "sip:" + escaped_user(call.number) + "@" + line.host();
    dialog.local = call.audio;
    if (!line.trunk.user.empty()) dialog.digest = std::make_unique<DigestClient>(line.trunk.user, line.trunk.password);
    write_offer(call.audio, dialog.own);

    const std::string& shown = call.caller.empty() ? line.trunk.user : call.caller;
    // Who registers, or has a domain there, is known by that; else by our own address.
    const bool known_there = !line.trunk.domain.empty() || line.trunk.registers;
    const std::string ours = known_there ? line.host() : uri_host(transport->local(dialog.path).ip);
    const std::string from = "<sip:" + (shown.empty() ? "anonymous" : escaped_user(shown)) + "@" + ours + ">";
    if (!shown.empty()) dialog.extra_headers = "P-Asserted-Identity: " + from + "\r\n";
    if (!begin_dialog(dialog, from, "<" + dialog.request_uri + ">") || !send_invite(dialog)) {
        erase(dialog);
        return false;
    }
    if (!leg.out->left.empty()) set_alarm(dialog, Alarm::Silence, now().at + leg.out->patience);
    leg.branches = {dialog.id};
    return true;
}

/// One address has failed. False: there is no other, or somebody has rung: what he says is final. An address that is silent is
/// left by the whole trunk; one that says 503 may mean this call.
bool Stack::State::try_next_way(call::LegId id, const IpAddress& failed, Word whose) {
    const auto it = legs.find(id);
    if (it == legs.end() || !it->second.out) return false;
    Leg& leg = it->second;
    TrunkLine* line = find_line(leg.out->call.trunk);
    if (line && whose == Word::Nobodys) leave_address(*line, failed);
    if (leg.told_ringing || leg.told_early || leg.out->left.empty()) return false;
    log::info("trunk.address_failed",
              {{"trunk", leg.out->call.trunk}, {"leg", id}, {"address", failed}, {"next", leg.out->left.front()}});
    leg.branches.clear();
    dial_next_way(id);
    return true;
}

void Stack::State::give_silent_way_up(Dialog& dialog) {
    if (dialog.phase != Phase::Calling) return;
    const call::LegId leg = std::exchange(dialog.leg, call::LegId{});
    const IpAddress there = dialog.path.far.ip;
    const DialogId id = dialog.id;
    hang_up(dialog);  // a late 200 from there is ACKed and ended
    if (!try_next_way(leg, there, Word::Nobodys)) branch_failed(leg, id, 408, "silence");
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
    const UriVerdict hop = first_hop ? guard(*first_hop) : UriVerdict{Routing::Unroutable, {}};
    if (hop.routing != Routing::Routable) return;
    dialog.route.clear();
    dialog.next_hop = hop.address.ip;
}

/// Whether the next request of this dialog reaches the trunk, and nobody whom it has named, first.
bool Stack::State::goes_to_trunk(const Dialog& dialog) const {
    return !dialog.next_hop || *dialog.next_hop == dialog.path.far.ip ||
           std::ranges::find(dialog.trunk_ips, *dialog.next_hop) != dialog.trunk_ips.end();
}

/// True: send the request again, with credentials. The challenge must be the trunk's, and the answer must reach it: whoever else
/// has a hash of our password can guess at leisure.
bool Stack::State::answer_challenge(Dialog& dialog, nta_outgoing_t* request, const sip_t& response) {
    const int status = response.sip_status->st_status;
    if (status != 401 && status != 407) {
        if (dialog.digest && status >= 200) dialog.digest->settled();
        return false;
    }
    if (!dialog.digest || dialog.incoming) return false;
    const IpAddress source = Transport::source_of(request).value_or(IpAddress{});
    const bool its_own = source == dialog.path.far.ip || auth.is_of_trunk(source, dialog.trunk) ||
                         std::ranges::find(dialog.trunk_ips, source) != dialog.trunk_ips.end();
    if (!its_own || !goes_to_trunk(dialog)) {
        log::warn("trunk.challenge_from_elsewhere", {{"trunk", dialog.trunk}, {"leg", dialog.leg}, {"source", source}});
        return false;
    }
    if (dialog.digest->take(challenges_of(response)) == DigestClient::Verdict::Answerable) return true;
    log::warn("trunk.credentials_refused",
              {{"trunk", dialog.trunk}, {"leg", dialog.leg}, {"cure", "look at user and password in trunks.json"}});
    return false;
}

}  // namespace hotline::sip
