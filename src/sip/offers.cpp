// Changes of an established session: their re-INVITE and UPDATE, our own offers and refreshes, and what happens when both cross.
//
//   their offer ─▶ unchanged (same o=)? answered here with what we said last ─▶ else the core decides: answer_offer, refuse_offer
//   our offer   ─▶ re-INVITE ─▶ 2xx: ACK, OfferAnswered · 491: again after a while · else: as before
#include "hotline/base/log.h"
#include "sip/reading.h"
#include "sip/state.h"

namespace hotline::sip {
namespace {

// RFC 3261 §14.1, in steps of 10 ms: who made the Call-ID waits longer, so that the two never meet again.
Duration glare_wait(bool we_made_the_call_id) {
    return we_made_the_call_id ? Duration(2100ms + 10ms * random_below(191)) : Duration(10ms * random_below(201));
}

std::string timer_text(const TimerAnswer& timer) {
    return std::to_string(timer.timer.expires_s) + (timer.refresher == Refresher::Uac ? ";refresher=uac" : ";refresher=uas");
}

bool they_hold(const std::optional<RemoteSdp>& remote) {
    return remote && (remote->audio.direction == call::Direction::SendOnly || remote->audio.direction == call::Direction::Inactive);
}

// A peer without the extension answers our refresh without Session-Expires: it was a sign of life all the same.
std::optional<SessionTimer> timer_after(const sip_t& response, const std::optional<SessionTimer>& before) {
    if (const auto agreed = agreed_timer(timer_headers(response))) return agreed;
    return before && before->role == SessionTimer::Role::WeRefresh ? before : std::nullopt;
}

constexpr Duration kRefreshLater{1s};
constexpr int kMaxRaised = 3;  // as many proxies with an interval of their own may stand on the way

}  // namespace

TimerPolicy Stack::State::timer_policy() const {
    const auto seconds = [](Duration d) {
        return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(d).count());
    };
    return {seconds(config.session_expires), seconds(config.min_se)};
}

/// The interval that we ask for, 0: none.
std::uint32_t Stack::State::interval_s(const Dialog& dialog) const {
    return std::max(dialog.timer ? dialog.timer->expires_s : timer_policy().expires_s, dialog.min_se_s);
}

std::uint32_t Stack::State::least_interval_s(const Dialog& dialog) const {
    return std::max(timer_policy().min_se_s, dialog.min_se_s);
}

// 422: once more, with the interval that they ask for (RFC 4028 §7.4). False: they do not know what they want.
bool Stack::State::take_longer_interval(Dialog& dialog, const sip_t& sip) {
    const std::uint32_t least = timer_headers(sip).min_se_s;
    if (least <= interval_s(dialog) || dialog.intervals_raised >= kMaxRaised) return false;
    ++dialog.intervals_raised;
    dialog.min_se_s = least;
    return true;
}

void Stack::State::start_timer(Dialog& dialog, std::optional<SessionTimer> timer) {
    clear_alarm(dialog, Alarm::Refresh);
    clear_alarm(dialog, Alarm::Expire);
    dialog.timer = timer;
    if (!timer) return;
    const Time last = now().at;
    if (timer->role == SessionTimer::Role::WeRefresh) set_alarm(dialog, Alarm::Refresh, timer->refresh_at(last));
    set_alarm(dialog, Alarm::Expire, timer->give_up_at(last));
}

// ── theirs ──

bool Stack::State::refuse_refresh(nta_incoming_t* request, const sip_t& sip) {
    const auto least = too_small(timer_headers(sip), timer_policy());
    if (!least) return false;
    const std::string seconds = std::to_string(*least);
    reply(request, SIP_422_SESSION_TIMER_TOO_SMALL, SIPTAG_MIN_SE_STR(seconds.c_str()));
    return true;
}

// Contact in a re-INVITE, an UPDATE or their 2xx moves the remote target. False: nobody could send there.
bool Stack::State::refresh_target(Dialog& dialog, const sip_t& message) {
    if (!message.sip_contact) return true;
    const UriVerdict verdict = guard(*message.sip_contact->m_url);
    if (verdict.routing == Routing::Unroutable) return false;
    // Before their 2xx, which says it again, our INVITE may yet be sent once more to whom it was for.
    if (dialog.phase == Phase::Calling || dialog.phase == Phase::Ringing) return true;
    // With a fixed route the Contact is only text for the request line; a bare one must be a number to be sent to.
    const sip_route_t* hops = nullptr;
    nta_leg_get_route(dialog.nta.get(), &hops, nullptr);
    if (dialog.route.empty() && !hops && verdict.routing == Routing::NeedsName) return true;  // the old target stays
    nta_leg_server_route(dialog.nta.get(), nullptr, message.sip_contact);
    if (!dialog.trunk.empty() && !dialog.incoming) {
        dialog.request_uri = text_of(*message.sip_contact->m_url, UriForm::Bare);
        if (dialog.route.empty() && !hops) dialog.next_hop = verdict.address.ip;
    }
    learn_peer(dialog, *message.sip_contact->m_url);
    return true;
}

void Stack::State::take_reinvite(Dialog& dialog, IncomingHandle request, const sip_t& sip) {
    nta_incoming_t* const asked = request.get();
    switch (dialog.phase) {
        case Phase::Established: break;
        case Phase::Answered:
        case Phase::HungUpUnacked:
        case Phase::Calling:
        case Phase::Ringing: return reply(asked, SIP_491_REQUEST_PENDING);
        default: return reply(asked, SIP_481_NO_TRANSACTION);
    }
    switch (dialog.exchange.kind) {
        case Exchange::Kind::None: return take_offer(dialog, std::move(request), sip, true);
        case Exchange::Kind::Ours: return reply(asked, SIP_491_REQUEST_PENDING);
        default: {  // one after the other (RFC 3261 §14.2)
            const std::string seconds = std::to_string(random_below(11));
            return reply(asked, SIP_500_INTERNAL_SERVER_ERROR, SIPTAG_RETRY_AFTER_STR(seconds.c_str()));
        }
    }
}

void Stack::State::take_update(Dialog& dialog, IncomingHandle request, const sip_t& sip) {
    nta_incoming_t* const asked = request.get();
    const bool early = dialog.phase != Phase::Established;
    if (dialog.phase == Phase::Closing || dialog.phase == Phase::Cancelling) return reply(asked, SIP_481_NO_TRANSACTION);
    if (body_kind(sip) == Body::None) {
        if (refuse_refresh(asked, sip)) return;
        if (!refresh_target(dialog, sip)) return reply(asked, 400, "Unusable Contact");
        return answer_without_body(dialog, asked, sip);
    }
    // RFC 3311 §5.2: while our offer is open 491, while theirs is open 500.
    const bool ours_open = dialog.exchange.kind == Exchange::Kind::Ours || (early && !dialog.incoming);
    if (ours_open) return reply(asked, SIP_491_REQUEST_PENDING);
    if (early || dialog.exchange.kind != Exchange::Kind::None) {
        const std::string seconds = std::to_string(random_below(11));
        return reply(asked, SIP_500_INTERNAL_SERVER_ERROR, SIPTAG_RETRY_AFTER_STR(seconds.c_str()));
    }
    take_offer(dialog, std::move(request), sip, false);
}

// An UPDATE that only says "still here".
void Stack::State::answer_without_body(Dialog& dialog, nta_incoming_t* request, const sip_t& sip) {
    const auto timer = answer_timer(timer_headers(sip), timer_policy());
    const std::string expires = timer ? timer_text(*timer) : "";
    reply(request, SIP_200_OK, SIPTAG_CONTACT_STR(dialog.contact.c_str()), SIPTAG_ALLOW_STR(kAllow), SIPTAG_SUPPORTED_STR("timer"),
          SIPTAG_SESSION_EXPIRES_STR(timer ? expires.c_str() : nullptr),
          SIPTAG_REQUIRE_STR(timer && timer->require ? "timer" : nullptr));
    if (dialog.phase == Phase::Established) start_timer(dialog, timer ? std::optional(timer->timer) : std::nullopt);
}

void Stack::State::take_offer(Dialog& dialog, IncomingHandle request, const sip_t& sip, bool is_invite) {
    nta_incoming_t* const asked = request.get();
    if (body_kind(sip) == Body::Other) return reply(asked, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR(kAccept));
    if (refuse_refresh(asked, sip)) return;
    auto offer = sdp_of(sip);
    if (!offer) return reply(asked, 400, "Unreadable Session Description");
    if (*offer && !(*offer)->usable) return reply(asked, SIP_488_NOT_ACCEPTABLE);
    if (!refresh_target(dialog, sip)) return reply(asked, 400, "Unusable Contact");

    Exchange& exchange = dialog.exchange;
    exchange = Exchange{};
    exchange.theirs_is_invite = is_invite;
    exchange.offer = std::move(offer).value();
    exchange.offer_in_answer = !exchange.offer;
    dialog.their_timer = timer_headers(sip);
    if (is_invite) nta_incoming_bind(asked, on_reinvite_ended, to_magic(dialog.id.value));
    exchange.theirs = std::move(request);
    if (exchange.offer_in_answer) {
        // Their chance to end a hold of theirs: we offer to send and receive again (RFC 6337 §5.2.5).
        if (they_hold(dialog.remote)) dialog.local.direction = call::Direction::SendRecv;
        return answer_theirs(dialog, write_offer(dialog.local, dialog.own));
    }
    if (dialog.remote && exchange.offer->origin_key == dialog.remote->origin_key) return answer_theirs(dialog, dialog.own.last);
    exchange.kind = Exchange::Kind::TheirsUndecided;
    set_alarm(dialog, Alarm::Decide, now().at + config.t1x64);
    emit(call::OfferReceived{dialog.leg, exchange.offer->audio});
}

void Stack::State::answer_theirs(Dialog& dialog, const std::string& body) {
    Exchange& exchange = dialog.exchange;
    clear_alarm(dialog, Alarm::Decide);
    const auto timer = answer_timer(dialog.their_timer, timer_policy());
    const std::string expires = timer ? timer_text(*timer) : "";
    reply(exchange.theirs.get(), SIP_200_OK, SIPTAG_CONTACT_STR(dialog.contact.c_str()), SIPTAG_ALLOW_STR(kAllow),
          SIPTAG_SUPPORTED_STR("timer"), SIPTAG_SESSION_EXPIRES_STR(timer ? expires.c_str() : nullptr),
          SIPTAG_REQUIRE_STR(timer && timer->require ? "timer" : nullptr), SIPTAG_CONTENT_TYPE_STR(kAccept),
          SIPTAG_PAYLOAD_STR(body.c_str()));
    start_timer(dialog, timer ? std::optional(timer->timer) : std::nullopt);
    if (exchange.offer) dialog.remote = std::exchange(exchange.offer, std::nullopt);
    exchange.kind = Exchange::Kind::TheirsUnacked;
    if (exchange.theirs_is_invite) return;
    exchange = Exchange{};
    next_exchange(dialog);
}

void Stack::State::answer_offer(Dialog& dialog, const call::LocalAudio& audio) {
    if (dialog.exchange.kind != Exchange::Kind::TheirsUndecided) return late.add();
    dialog.local = audio;
    answer_theirs(dialog, write_answer(audio, dialog.own, *dialog.exchange.offer));
}

void Stack::State::refuse_offer(Dialog& dialog, int status) {
    if (dialog.exchange.kind != Exchange::Kind::TheirsUndecided) return late.add();
    clear_alarm(dialog, Alarm::Decide);
    reply(dialog.exchange.theirs.get(), status, nullptr);
    dialog.exchange = Exchange{};
    next_exchange(dialog);
}

int Stack::State::on_reinvite_ended(Magic* magic, nta_incoming_t* request, sip_t const* sip) {
    State* self = here();
    Dialog* dialog = self ? self->find(magic) : nullptr;
    if (!dialog || dialog->exchange.theirs.get() != request) return 0;
    self->loop.mark();
    if (!sip) {
        self->fail_dialog(*dialog, call::LegEnded::Cause::NoAck, 0, "no ACK for our 200 to a re-INVITE");
    } else if (sip->sip_request && sip->sip_request->rq_method == sip_method_ack) {
        self->reinvite_acked(*dialog, *sip);
    } else if (sip->sip_request && sip->sip_request->rq_method == sip_method_cancel) {
        if (dialog->exchange.kind == Exchange::Kind::TheirsUndecided) self->refuse_offer(*dialog, 487);
    }
    return 0;
}

void Stack::State::reinvite_acked(Dialog& dialog, const sip_t& ack) {
    const bool answer_due = dialog.exchange.offer_in_answer;
    dialog.exchange = Exchange{};
    if (answer_due) {
        auto answer = sdp_of(ack);
        const bool usable = answer && *answer && (*answer)->usable;
        const bool news = usable && (!dialog.remote || (*answer)->origin_key != dialog.remote->origin_key);
        if (usable) dialog.remote = std::move(answer).value();
        if (news) emit(call::OfferAnswered{dialog.leg, dialog.remote->audio});
    }
    next_exchange(dialog);
}

// ── ours ──

void Stack::State::offer(Dialog& dialog, const call::LocalAudio& audio) {
    if (dialog.phase != Phase::Established && dialog.phase != Phase::Answered) {
        late.add();
        return emit(call::OfferAnswered{dialog.leg, std::nullopt});
    }
    if (dialog.wanted) emit(call::OfferAnswered{dialog.leg, std::nullopt});  // overtaken before it was sent
    dialog.wanted = audio;
    next_exchange(dialog);
}

// After each exchange, and when the wait after a 491 is over.
void Stack::State::next_exchange(Dialog& dialog) {
    if (dialog.phase != Phase::Established || dialog.exchange.kind != Exchange::Kind::None || is_set(dialog, Alarm::Retry)) return;
    if (dialog.wanted || dialog.refresh_wanted) send_offer(dialog);
}

// A refresh repeats our last description to the letter: the same o= says that nothing changed (RFC 4028 §7.4).
void Stack::State::send_offer(Dialog& dialog) {
    Exchange& exchange = dialog.exchange;
    exchange = Exchange{};
    exchange.kind = Exchange::Kind::Ours;
    exchange.before = dialog.own;
    exchange.for_core = dialog.wanted.has_value();
    const std::string body = dialog.wanted ? write_offer(*dialog.wanted, dialog.own) : dialog.own.last;
    const std::uint32_t asked = interval_s(dialog);
    const std::string expires = std::to_string(asked), min_se = std::to_string(least_interval_s(dialog));
    exchange.ours =
        send(dialog, on_offer_answer, SIP_METHOD_INVITE, SIPTAG_CONTACT_STR(dialog.contact.c_str()), SIPTAG_ALLOW_STR(kAllow),
             SIPTAG_SUPPORTED_STR("timer"), SIPTAG_SESSION_EXPIRES_STR(asked > 0 ? expires.c_str() : nullptr),
             SIPTAG_MIN_SE_STR(asked > 0 ? min_se.c_str() : nullptr), SIPTAG_CONTENT_TYPE_STR(kAccept),
             SIPTAG_PAYLOAD_STR(body.c_str()));
    if (!exchange.ours) offer_refused(dialog, 503);
}

// What was valid before the first of them is valid again when the last one is refused.
void Stack::State::send_offer_again(Dialog& dialog) {
    const OwnSdp before = dialog.exchange.before;
    dialog.own = before;
    send_offer(dialog);
}

int Stack::State::on_offer_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip) {
    State* self = here();
    Dialog* dialog = self ? self->find(magic) : nullptr;
    if (!dialog || dialog->exchange.ours.get() != request || !sip || !sip->sip_status) return 0;
    self->loop.mark();
    self->offer_answer(*dialog, *sip);
    return 0;
}

void Stack::State::offer_answer(Dialog& dialog, const sip_t& sip) {
    const int status = sip.sip_status->st_status;
    if (status < 200) return;
    if (answer_challenge(dialog, dialog.exchange.ours.get(), sip)) return send_offer_again(dialog);
    if (status < 300) return offer_accepted(dialog, sip);
    switch (status) {
        case 422:
            if (take_longer_interval(dialog, sip)) return send_offer_again(dialog);
            return offer_refused(dialog, status);
        case 491: {
            dialog.own = dialog.exchange.before;
            dialog.exchange = Exchange{};
            return set_alarm(dialog, Alarm::Retry, now().at + glare_wait(!dialog.incoming));
        }
        case 401:  // it was no trunk's where we have an account, or that was refused
        case 407:
        case 408:  // RFC 3261 §12.2.1.2: the dialog is gone
        case 481: return fail_dialog(dialog, call::LegEnded::Cause::Failed, status, "our re-INVITE met the end of the dialog");
        default: return offer_refused(dialog, status);
    }
}

void Stack::State::offer_accepted(Dialog& dialog, const sip_t& sip) {
    const bool for_core = dialog.exchange.for_core;
    refresh_target(dialog, sip);  // an unusable Contact changes nothing: the old target stays
    send_ack(dialog, dialog.exchange.ours.get(), sip);
    dialog.exchange = Exchange{};
    if (for_core) dialog.local = *std::exchange(dialog.wanted, std::nullopt);
    dialog.refresh_wanted = false;
    start_timer(dialog, timer_after(sip, dialog.timer));
    auto answer = sdp_of(sip);
    const bool usable = answer && *answer && (*answer)->usable;
    const bool news = usable && (!dialog.remote || (*answer)->origin_key != dialog.remote->origin_key);
    if (usable) dialog.remote = std::move(answer).value();
    if (for_core || news) emit(call::OfferAnswered{dialog.leg, usable ? std::optional(dialog.remote->audio) : std::nullopt});
    next_exchange(dialog);
}

void Stack::State::offer_refused(Dialog& dialog, int status) {
    const bool for_core = dialog.exchange.for_core;
    dialog.own = dialog.exchange.before;
    dialog.exchange = Exchange{};
    if (for_core) dialog.wanted.reset();
    dialog.refresh_wanted = false;  // the interval runs on: without a refresh it ends the leg
    log::info("sip.offer_refused", {{"leg", dialog.leg}, {"status", status}});
    if (for_core) emit(call::OfferAnswered{dialog.leg, std::nullopt});
    next_exchange(dialog);
}

// ── refreshing the session ──

void Stack::State::refresh(Dialog& dialog) {
    if (dialog.phase != Phase::Established) {
        if (dialog.phase == Phase::Answered) set_alarm(dialog, Alarm::Refresh, now().at + kRefreshLater);
        return;
    }
    if (!dialog.allows_update || !dialog.timer) {
        dialog.refresh_wanted = true;
        return next_exchange(dialog);
    }
    const std::string expires = std::to_string(interval_s(dialog)) + ";refresher=uac";
    const std::string min_se = std::to_string(least_interval_s(dialog));
    dialog.our_update =
        send(dialog, on_update_answer, SIP_METHOD_UPDATE, SIPTAG_CONTACT_STR(dialog.contact.c_str()), SIPTAG_ALLOW_STR(kAllow),
             SIPTAG_SUPPORTED_STR("timer"), SIPTAG_SESSION_EXPIRES_STR(expires.c_str()), SIPTAG_MIN_SE_STR(min_se.c_str()));
}

int Stack::State::on_update_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip) {
    State* self = here();
    Dialog* dialog = self ? self->find(magic) : nullptr;
    if (!dialog || dialog->our_update.get() != request || !sip || !sip->sip_status) return 0;
    self->loop.mark();
    self->update_answer(*dialog, *sip);
    return 0;
}

void Stack::State::update_answer(Dialog& dialog, const sip_t& sip) {
    const int status = sip.sip_status->st_status;
    if (status < 200) return;
    const bool challenged = answer_challenge(dialog, dialog.our_update.get(), sip);
    dialog.our_update.reset();
    if (challenged) return refresh(dialog);
    if (status < 300) {
        refresh_target(dialog, sip);
        return start_timer(dialog, timer_after(sip, dialog.timer));
    }
    switch (status) {
        case 401:
        case 407:
        case 408:
        case 481: return fail_dialog(dialog, call::LegEnded::Cause::Failed, status, "our UPDATE met the end of the dialog");
        case 422:
            if (!take_longer_interval(dialog, sip)) dialog.allows_update = false;
            return refresh(dialog);
        case 491: return set_alarm(dialog, Alarm::Refresh, now().at + glare_wait(!dialog.incoming));  // theirs crossed it
        default:  // it does not like UPDATE after all
            dialog.allows_update = false;
            return refresh(dialog);
    }
}

}  // namespace hotline::sip
