// A call comes in: from INVITE to ACK.
#include "hotline/base/log.h"
#include "hotline/base/text.h"
#include "sip/reading.h"
#include "sip/state.h"
#include "sip/uri_text.h"

namespace hotline::sip {
namespace {

constexpr Duration kNamingLimit{3s};  // how long our 200 waits for their host name
constexpr int kTemporarilyUnavailable = 480;

// Does the sender take a session description as an answer?
bool accepts_sdp(const sip_t& sip) {
    Home home;
    return nta_check_accept(nullptr, &sip, sip_accept_make(home, kAccept), nullptr, TAG_END()) == 0;
}

}  // namespace

void Stack::State::take_invite(IncomingHandle request, const sip_t& sip) {
    nta_incoming_t* const asked = request.get();
    const Path path = transport->path_of(asked);
    if (sip.sip_max_forwards && sip.sip_max_forwards->mf_count == 0) return reply(asked, SIP_483_TOO_MANY_HOPS);
    auto origin = origin_of(asked, sip, path);
    if (!origin) return;  // 401, 403 or 400 was sent

    if (body_kind(sip) == Body::Other) return reply(asked, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR(kAccept));
    if (!accepts_sdp(sip)) return reply(asked, SIP_406_NOT_ACCEPTABLE, SIPTAG_ACCEPT_STR(kAccept));
    if (const auto least = too_small(timer_headers(sip), timer_policy())) {
        const std::string seconds = std::to_string(*least);
        return reply(asked, SIP_422_SESSION_TIMER_TOO_SMALL, SIPTAG_MIN_SE_STR(seconds.c_str()));
    }
    auto offer = sdp_of(sip);
    if (!offer) return reply(asked, 400, "Unreadable Session Description");
    if (*offer && !(*offer)->usable) return reply(asked, SIP_488_NOT_ACCEPTABLE);
    if (sip.sip_contact && guard(*sip.sip_contact->m_url).routing == Routing::Unroutable)
        return reply(asked, 400, "Unusable Contact");
    if (sip.sip_record_route && guard(*sip.sip_record_route->r_url, Maddr::Ignored).routing == Routing::Unroutable)
        return reply(asked, 400, "Unusable Record-Route");
    if (dialogs.size() >= config.max_sessions) return overloaded(asked);
    accept_invite(std::move(request), sip, path, std::move(*origin), std::move(offer).value());
}

// An agent is whom his credentials prove; a trunk is where it comes from; all others are strangers, who learn nothing.
std::optional<call::Origin> Stack::State::origin_of(nta_incoming_t* request, const sip_t& sip, const Path& path) {
    const std::string from = user_of(*sip.sip_from->a_url);
    const std::string claimed = auth.claimed_user(sip).value_or("");
    const bool as_agent = auth.is_agent(from) || auth.is_agent(claimed);
    if (!as_agent)
        if (const Trunk* trunk = auth.trunk_of(path.far.ip)) return call::Origin{call::Origin::Kind::Trunk, trunk->name};
    const auto verdict = auth.prove(sip, from, path.far, now());
    if (verdict == Authenticator::Verdict::Proven) return call::Origin{call::Origin::Kind::Agent, from};
    challenge(request, path.far, verdict);
    return std::nullopt;
}

void Stack::State::accept_invite(IncomingHandle request, const sip_t& sip, const Path& path, call::Origin origin,
                                 std::optional<RemoteSdp> offer) {
    const std::string tag = random_token();
    Dialog& dialog = make_dialog(Phase::Arrived);
    dialog.incoming = true;
    dialog.remote_cseq = sip.sip_cseq->cs_seq;
    dialog.path = path;
    dialog.contact = transport->contact(path);
    dialog.their_timer = timer_headers(sip);
    dialog.allows_update = allows(sip, "UPDATE");
    dialog.remote = std::move(offer);
    nta_incoming_tag(request.get(), tag.c_str());
    dialog.nta.reset(nta_leg_tcreate(transport->agent(), on_dialog_request, to_magic(dialog.id.value),
                                     SIPTAG_CALL_ID(sip.sip_call_id), SIPTAG_FROM(sip.sip_to), SIPTAG_TO(sip.sip_from),
                                     NTATAG_REMOTE_CSEQ(sip.sip_cseq->cs_seq), TAG_END()));
    if (!dialog.nta || !nta_leg_tag(dialog.nta.get(), tag.c_str()) ||
        nta_leg_server_route(dialog.nta.get(), sip.sip_record_route, sip.sip_contact) < 0) {
        reply(request.get(), SIP_500_INTERNAL_SERVER_ERROR);
        return erase(dialog);
    }
    nta_incoming_bind(request.get(), on_invite_ended, to_magic(dialog.id.value));
    dialog.their_invite = std::move(request);
    find_way_back(dialog, sip, origin);
    if (origin.kind == call::Origin::Kind::Trunk) dialog.trunk = origin.name;
    if (sip.sip_via && sip.sip_via->v_branch) {
        dialog.branch = sip.sip_via->v_branch;
        invites.insert_or_assign(dialog.branch, dialog.id);
    }

    dialog.leg = leg_ids.next();
    legs[dialog.leg].branches = {dialog.id};
    call::InviteArrived arrived;
    arrived.leg = dialog.leg;
    arrived.caller = origin.kind == call::Origin::Kind::Agent ? origin.name : valid_text(user_of(*sip.sip_from->a_url));
    arrived.caller_name = valid_text(display_of(*sip.sip_from));
    arrived.called = valid_text(user_of(*sip.sip_request->rq_url));
    arrived.origin = std::move(origin);
    if (dialog.remote) arrived.offer = dialog.remote->audio;
    arrived.sip_call_id = valid_text(sip.sip_call_id->i_id);
    arrived.source = path.far.ip;
    emit(std::move(arrived));
}

// Where our requests go. A phone is answered where it speaks from, since its Contact often is an address behind a NAT; a trunk
// where it says, unless it says so by maddr or not at all (RFC 2543): we follow no maddr to third parties. Whoever stands in
// Contact or Record-Route by number may speak inside the dialog.
void Stack::State::find_way_back(Dialog& dialog, const sip_t& sip, const call::Origin& origin) {
    dialog.peers = {dialog.path.far.ip};
    const url_t* contact = sip.sip_contact ? sip.sip_contact->m_url : nullptr;
    const url_t* first_hop = sip.sip_record_route ? sip.sip_record_route->r_url : contact;
    for (const url_t* one : {contact, first_hop})
        if (one) learn_peer(dialog, *one);
    const auto says = first_hop ? guard(*first_hop).routing : Routing::Unroutable;
    if (origin.kind == call::Origin::Kind::Agent || says == Routing::Unroutable)
        dialog.route = route_uri(dialog.path.far, dialog.path.transport);
    else if (says == Routing::NeedsName)
        resolve(dialog, *first_hop);
}

// Meanwhile the core decides; only our 200 waits for the name.
void Stack::State::resolve(Dialog& dialog, const url_t& uri) {
    char transport_name[16] = "udp";
    if (uri.url_params) url_param(uri.url_params, "transport", transport_name, sizeof transport_name);
    const auto family = dialog.path.far.ip.v6 ? Family::V6 : Family::V4;
    const std::uint16_t port = port_of(uri);
    // The loop outlives us, not the other way round; the resolver's destructor makes this lambda's last call impossible.
    auto done = [loop_of_posts = &loop, id = dialog.id, port,
                 transport_text = std::string(transport_name)](const NameAnswer& answer) {
        loop_of_posts->mailbox.post([id, answer, port, transport_text] {
            if (State* self = here()) self->named(id, answer, port, transport_text);
        });
    };
    dialog.naming = Dialog::Naming::Asked;
    dialog.asked_name = uri.url_host;
    set_alarm(dialog, Alarm::Naming, now().at + kNamingLimit);
    if (!resolver->resolve(uri.url_host, family, std::move(done))) named(dialog.id, {}, 0, {});
}

// A carrier is not turned away because a name server is silent: he is answered where he speaks from.
void Stack::State::named(DialogId id, const NameAnswer& answer, std::uint16_t port, const std::string& transport_name) {
    Dialog* dialog = find(id);
    if (!dialog || dialog->naming != Dialog::Naming::Asked) return;
    clear_alarm(*dialog, Alarm::Naming);
    dialog->naming = answer.kind == NameAnswer::Kind::NoAddress ? Dialog::Naming::Failed : Dialog::Naming::Done;
    if (answer.kind == NameAnswer::Kind::Found) {
        dialog->route = route_uri({answer.ips.front(), port}, transport_name);
        for (const IpAddress& ip : answer.ips) learn_peer(*dialog, ip);
    } else if (answer.kind == NameAnswer::Kind::Silent) {
        dialog->route = route_uri(dialog->path.far, dialog->path.transport);
        log::warn("sip.name_server_silent", {{"host", valid_text(dialog->asked_name, 64)}, {"instead", dialog->path.far}});
    }
    if (const auto waiting = std::exchange(dialog->answer_waiting, std::nullopt)) send_answer(*dialog, *waiting);
}

// ── what the core decides ──

void Stack::State::ring(Dialog& dialog) {
    if (!apply(dialog, Step::Ring)) return;
    reply(dialog.their_invite.get(), SIP_180_RINGING, SIPTAG_CONTACT_STR(dialog.contact.c_str()), SIPTAG_ALLOW_STR(kAllow));
}

/// 183 with what the 200 will say again to the letter (RFC 3261 §13.2.1: here it may already be used).
void Stack::State::early(Dialog& dialog, const call::LocalAudio& audio) {
    if (!dialog.remote) return ring(dialog);  // their INVITE had no offer
    if (!apply(dialog, Step::Ring)) return;
    const std::string body = write_answer(audio, dialog.own, *dialog.remote);
    reply(dialog.their_invite.get(), SIP_183_SESSION_PROGRESS, SIPTAG_CONTACT_STR(dialog.contact.c_str()), SIPTAG_ALLOW_STR(kAllow),
          SIPTAG_CONTENT_TYPE_STR(kAccept), SIPTAG_PAYLOAD_STR(body.c_str()));
}

void Stack::State::answer(Dialog& dialog, const call::LocalAudio& audio) {
    if (!next(dialog.phase, Step::Answer)) return late.add();
    if (dialog.naming == Dialog::Naming::Asked) {
        dialog.answer_waiting = audio;
        return;
    }
    send_answer(dialog, audio);
}

void Stack::State::send_answer(Dialog& dialog, const call::LocalAudio& audio) {
    if (dialog.naming == Dialog::Naming::Failed) {
        end_leg(dialog.leg, call::LegEnded::Cause::Failed, 400, "the host name in Contact has no address");
        return refuse(dialog, 400, "Unresolvable Contact", 0);
    }
    if (!apply(dialog, Step::Answer)) return;
    dialog.local = audio;
    const std::string body = dialog.remote ? write_answer(audio, dialog.own, *dialog.remote) : write_offer(audio, dialog.own);
    const auto timer = answer_timer(dialog.their_timer, timer_policy());
    const std::string expires =
        timer ? std::to_string(timer->timer.expires_s) + (timer->refresher == Refresher::Uac ? ";refresher=uac" : ";refresher=uas")
              : "";
    reply(dialog.their_invite.get(), SIP_200_OK, SIPTAG_CONTACT_STR(dialog.contact.c_str()), SIPTAG_ALLOW_STR(kAllow),
          SIPTAG_SUPPORTED_STR("timer"), SIPTAG_SESSION_EXPIRES_STR(timer ? expires.c_str() : nullptr),
          SIPTAG_REQUIRE_STR(timer && timer->require ? "timer" : nullptr), SIPTAG_CONTENT_TYPE_STR(kAccept),
          SIPTAG_PAYLOAD_STR(body.c_str()));
    start_timer(dialog, timer ? std::optional(timer->timer) : std::nullopt);
}

void Stack::State::refuse(Dialog& dialog, int status, const std::string& phrase, int retry_after_s) {
    if (!apply(dialog, Step::Refuse)) return;
    const std::string seconds = std::to_string(retry_after_s);
    reply(dialog.their_invite.get(), status, phrase.empty() ? nullptr : phrase.c_str(),
          SIPTAG_RETRY_AFTER_STR(retry_after_s > 0 ? seconds.c_str() : nullptr));
    const auto leg = dialog.leg;
    erase(dialog);
    end_leg(leg, call::LegEnded::Cause::Local, status, "refused");
}

// ── what becomes of their INVITE ──

int Stack::State::on_invite_ended(Magic* magic, nta_incoming_t* request, sip_t const* sip) {
    State* self = here();
    Dialog* dialog = self ? self->find(magic) : nullptr;
    if (!dialog || dialog->their_invite.get() != request) return 0;
    self->loop.mark();
    if (!sip) {
        self->ack_timeout(*dialog);
    } else if (sip->sip_request && sip->sip_request->rq_method == sip_method_ack) {
        self->acked(*dialog, *sip);
    } else if (sip->sip_request && sip->sip_request->rq_method == sip_method_cancel) {
        const MessageHandle cancel(nta_incoming_getrequest_ackcancel(request));
        if (cancel && self->may_speak(*dialog, Address::from(msg_addr(cancel.get())->su_sa).ip))
            self->cancelled(*dialog);
        else
            self->forged.add();
    }
    return 0;
}

void Stack::State::acked(Dialog& dialog, const sip_t& ack) {
    if (!apply(dialog, Step::Acked)) return;
    dialog.their_invite.reset();
    if (dialog.phase == Phase::Closing) return send_bye(dialog);
    call::LegConfirmed confirmed{dialog.leg, std::nullopt};
    if (!dialog.remote) {  // the offer was ours
        auto answer = sdp_of(ack);
        if (!answer || !*answer || !(*answer)->usable)
            return fail_dialog(dialog, call::LegEnded::Cause::NoCommonCodec, 0, "the ACK brought no answer that we can use");
        dialog.remote = std::move(answer).value();
        confirmed.answer = dialog.remote->audio;
    }
    emit(std::move(confirmed));
    next_exchange(dialog);
}

void Stack::State::ack_timeout(Dialog& dialog) {
    if (!apply(dialog, Step::AckTimeout)) return;
    dialog.their_invite.reset();
    end_leg(dialog.leg, call::LegEnded::Cause::NoAck, 0, "no ACK for our 200");
    send_bye(dialog);
}

void Stack::State::cancelled(Dialog& dialog) {
    if (!apply(dialog, Step::Cancelled)) return;
    reply(dialog.their_invite.get(), SIP_487_REQUEST_TERMINATED);
    const auto leg = dialog.leg;
    erase(dialog);
    end_leg(leg, call::LegEnded::Cause::Remote, 487, "cancelled");
}

}  // namespace hotline::sip
