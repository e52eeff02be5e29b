// Join, wait, offer, ring, miss: between the menu and the conversation.
#include <set>

#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "hotline/ivr/local_time.h"
#include "state.h"

namespace hotline::call {
namespace {

std::string_view to_text(const acd::Reason& reason) {
    return reason.by_name ? "named" : reason.by_affinity ? "affinity" : acd::to_word(reason.strategy);
}

std::string_view refusal_word(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Full: return "full";
        case ErrorKind::NotFound: return "queue_gone";
        default: return "nobody_there";
    }
}

/// On the screen of his phone.
std::string words_for_paused(const Site& site, int missed) {
    const std::string times = std::to_string(missed), code = site.star_codes.resume;
    if (site.language.starts_with("zh")) return "您连续" + times + "次未接听，已自动暂停。拨" + code + "恢复接听。";
    return "You did not answer " + times + " times in a row and are paused now. Dial " + code + " to take calls again.";
}

}  // namespace

void Switchboard::State::join(Call& call, const ivr::Enqueue& wish, Now now) {
    if (call.calling_back && !call.calling_back->reached) return customer_confirmed(call, wish, now);
    call.left_message = false;  // he wants a person after all
    call.will_be_called_back = false;
    call.talk_ended_by.reset();
    call.queue = acd.queue(wish.queue);
    call.queue_name = wish.queue;
    call.joined = now;
    call.priority = wish.priority;
    call.skills.clear();
    for (const auto& [skill, level] : wish.skills) call.skills.push_back({skill, level});
    const auto of_callback = take_place_back(call, now);
    call.asked_queue = wish.queue;
    call.wait_may_rise = true;
    call.returned = of_callback.has_value();
    call.place = of_callback.value_or(now.at);
    call.clock.enter(Stage::Joining, now.at);

    call.named = wish.agent;
    begin_waiting_sound(call, wish.announcement, now);

    // Who served him before decides the first offer: worth a moment's wait, and no more.
    const Time answer_due = call.started.at + site->directory_wait;
    if (call.directory_answered || answer_due <= now.at) return enter_queue(call, now);
    timers.set({call.id, Deadline::Directory}, answer_due);
}

void Switchboard::State::enter_queue(Call& call, Now now) {
    timers.cancel({call.id, Deadline::Directory});
    if (call.clock.stage() != Stage::Joining) return late();
    call.clock.enter(Stage::Waiting, now.at);
    const auto kept = places.find(customer_of(call), call.queue_name, now.at);
    call.returned |= kept.has_value();
    if (kept) call.place = std::min(call.place, *kept);
    acd::Caller caller;
    caller.call = call.id;
    caller.queue = call.queue;
    caller.entered = call.place;
    caller.priority_boost = call.priority;
    caller.skills = call.skills;
    caller.returns = call.returned;
    caller.affinity = preferred(call.served, now);
    caller.named = acd.agent(call.named);
    caller.been = call.been;
    const Outcome entered = acd.enqueue(caller, now.at);
    if (entered) {
        if (kept) places.use(customer_of(call), *kept);
        return tell_enqueued(call, now);
    }
    if (call.returned && !kept) keep_place(call, now);  // the place of a callback
    for (const auto deadline : {Deadline::Announce, Deadline::CallbackOffer}) timers.cancel({call.id, deadline});
    call.overflowed = true;
    call.clock.enter(Stage::Menu, now.at);
    const bool full = entered.error().kind == ErrorKind::Full;
    log::info("queue.refused", {{"call", call.id}, {"queue", call.queue_name}, {"why", entered.error().text}});
    tell(call.id, QueueRefused{call.queue_name, customer_of(call), std::string(refusal_word(entered.error().kind))}, now);
    silence(call);
    feed(call, full ? ivr::QueueExit::Full : ivr::QueueExit::Unavailable, now);
}

void Switchboard::State::tell_enqueued(Call& call, Now now) {
    const auto view = acd.view(call.queue, now.at);
    const auto position = acd.position(call.id).value_or(1);
    plan_callback_offer(call, now);
    Enqueued fact{call.queue_name,
                  customer_of(call),
                  acd.priority(call.id, call.queue).value_or(call.priority),
                  static_cast<std::int64_t>(position),
                  now.wall - std::chrono::duration_cast<Wall::duration>(now.at - call.place),
                  {},
                  {}};
    for (const auto& [skill, level] : call.skills) fact.skills.push_back({skill, level});
    if (!call.named.empty()) fact.agent = call.named;
    tell(call.id, std::move(fact), now);
    log::info("queue.joined",
              {{"call", call.id}, {"queue", call.queue_name}, {"position", position}, {"waiting", view ? view->waiting : 0}});
}

std::vector<acd::AgentId> Switchboard::State::preferred(const std::vector<CustomerFound::Served>& served, Now now) const {
    std::vector<acd::AgentId> out;
    for (const auto& one : served) {
        if (now.wall - one.last > site->affinity_window) continue;
        if (const auto agent = acd.agent(one.agent)) out.push_back(agent);
    }
    return out;
}

/// His call goes on without: in the site's language, to any agent.
void Switchboard::State::directory_is_late(Call& call, Now now) {
    if (is_silent_for_language(call)) return begin_service(call, now);
    enter_queue(call, now);
}

void Switchboard::State::on(const CustomerFound& event, Now now) {
    Call* call = find(event.call);
    if (!call || call->directory_answered) return late();
    call->directory_answered = true;
    call->served = event.served;
    if (call->machine && !event.language.empty()) call->machine->prefer(event.language);
    if (is_silent_for_language(*call)) return begin_service(*call, now);
    if (call->clock.stage() == Stage::Joining) return enter_queue(*call, now);
    if (call->clock.stage() == Stage::Waiting) acd.set_affinity(call->id, preferred(call->served, now), now.at);
}

/// A callback for which nobody is to be disturbed now gives its agent back at once: the next one in line has him in the same round.
void Switchboard::State::decide(Now now) {
    while (carry_out(acd.decide(now.at), now)) {
    }
}

/// True: an offer came to nothing before anybody was rung, and will not be made again for a while.
bool Switchboard::State::carry_out(const acd::Decisions& decisions, Now now) {
    for (const auto& lapsed : decisions.lapsed) {
        Call* call = find(lapsed.call);
        if (!call) continue;
        if (call->calling_back && call->calling_back->reserved == lapsed.id) unreserve(*call, now);
        for (const LegId id : offers_of(*call))
            if (Leg& leg = *find(id); leg.offer == lapsed.id) offer_over(*call, leg, "missed", now);
    }
    for (const auto& taken : decisions.withdrawn) {
        if (Call* call = find(taken.call))
            for (const LegId id : offers_of(*call))
                if (Leg& leg = *find(id); leg.offer == taken.id) offer_over(*call, leg, "withdrawn", now);
        // The next caller has him in this very round: on record is that he was free for him.
        if (AgentRecord* agent = agent_record(taken.agent); agent && agent->state == "ringing")
            change_agent(*agent, "ready", "", now);
    }
    for (const auto& ended : decisions.wrapups) {
        AgentRecord* agent = agent_record(ended.agent);
        if (!agent) continue;
        tell(ended.call, WrapUpEnded{agent->last_queue, agent->name, ended.by_deadline ? "deadline" : "done", to_ms(ended.lasted)},
             now);
        write_code(*agent, ended.call, now);
        refresh_agent(*agent, now);
    }
    for (const auto& paused : decisions.paused) {
        if (const AgentRecord* agent = agent_record(paused.agent)) {
            log::warn(
                "agent.auto_paused",
                {{"agent", agent->name}, {"missed", paused.missed}, {"cure", "the agent resumes by " + site->star_codes.resume}});
            ports.signaling.show(agent->name, words_for_paused(*site, paused.missed));
        }
        refresh_agent(paused.agent, now);
    }
    for (const auto& one : decisions.expired) expired(one, now);
    bool given_back = false;
    for (const auto& offer : decisions.offers) given_back |= !make_offer(offer, now);
    return given_back;
}

bool Switchboard::State::make_offer(const acd::Offer& offer, Now now) {
    Call* call = find(offer.call);
    AgentRecord* agent = agent_record(offer.agent);
    HL_CHECK(agent, "an offer of an agent who is not there");
    if (!call) call = begin_calling_back(offer.call, now);
    if (!call) {
        refresh_agent(*agent, now);  // the end of his wrap-up may have shown him as ringing
        return false;
    }
    call->affinity = offer.reason.affinity;

    Offered fact;
    fact.queue = call->queue_name;
    fact.agent = agent->name;
    fact.reason = to_text(offer.reason);
    fact.affinity = call::to_text(offer.reason.affinity);
    fact.wait_ms = to_ms(now.at - call->joined.at);
    fact.relaxed = offer.reason.relaxed;
    for (const auto& candidate : offer.reason.candidates)
        if (const AgentRecord* other = agent_record(candidate.agent))
            fact.candidates.push_back({other->name, to_ms(candidate.idle)});
    for (const auto& [who, why] : offer.reason.passed)
        if (const AgentRecord* other = agent_record(who)) fact.passed.push_back({other->name, std::string(why)});
    for (const auto& [why, count] : offer.reason.skipped) fact.skipped.push_back({std::string(why), count});
    log::info("queue.offered", {{"call", call->id},
                                {"queue", call->queue_name},
                                {"agent", agent->name},
                                {"reason", fact.reason},
                                {"wait_ms", fact.wait_ms}});
    tell(call->id, std::move(fact), now);

    const bool fetch = call->calling_back && call->calling_back->mode == CallbackRules::Mode::CustomerFirst;
    if (fetch && !call->calling_back->reached) {
        fetch_customer(*call, offer, now);
        return true;
    }
    Leg& leg = new_agent_leg(*call, offer.agent, agent->name, now);
    leg.offer = offer.id;
    refresh_agent(*agent, now);
    open_audio(*call, leg, agent->phone_address);
    return true;
}

Leg& Switchboard::State::new_agent_leg(Call& call, acd::AgentId agent, const std::string& name, Now now) {
    const LegId id = leg_ids.next();
    Leg& leg = legs[id];
    leg.id = id;
    leg.call = call.id;
    leg.role = LegRole::Agent;
    leg.agent = agent;
    leg.agent_name = name;
    leg.dialled = now.at;
    leg.dialled_wall = now.wall;
    call.agent_leg = id;
    call.legs.push_back(id);
    if (call.ringing++ == 0) call.rings_since = now.at;
    return leg;
}

/// Which queue rings, and who calls.
std::string Switchboard::State::screen_name(const Call& call) const {
    const std::string name = call.calling_back ? "Callback" : call.caller_name;
    const auto prefix = site->caller_name_prefixes.find(call.queue_name);
    if (prefix == site->caller_name_prefixes.end() || call.transfer || !call.colleague.empty()) return name;
    return name.empty() ? prefix->second : prefix->second + ' ' + name;
}

void Switchboard::State::dial(Call& call, Leg& leg) {
    if (!step(leg, LegEvent::Dial)) return;
    const Leg* caller = find(call.caller_leg);
    Signaling::AgentCall out;
    out.leg = leg.id;
    out.agent = leg.agent_name;
    out.caller = customer_of(call);
    out.caller_name = screen_name(call);
    // The caller's own codec first: where the phone takes it nothing has to be transcoded.
    out.audio = local_offer(leg, caller && caller->agreed ? std::optional(caller->agreed->codec) : std::nullopt);
    out.headers = {{"X-Hotline-Call", hotline::to_text(call.id)}, {"X-Hotline-Queue", call.queue_name}};
    if (call.calling_back) out.headers.emplace_back("X-Hotline-Callback", call.calling_back->number);
    ports.signaling.dial(std::move(out));
}

void Switchboard::State::on(const LegRinging& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->role == LegRole::Caller) return late();
    if (step(*leg, LegEvent::Progress) && leg->role == LegRole::Outside) outside_rings(call_of(*leg), *leg, event, now);
}

void Switchboard::State::on(const LegAnswered& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->role == LegRole::Caller || !step(*leg, LegEvent::Confirm)) {
        if (!leg) late();
        return;
    }
    Call& call = call_of(*leg);
    leg->agreed = agree(event.audio, codecs_of(*leg));
    const bool outside = leg->role == LegRole::Outside;
    if (!leg->agreed && outside)
        return outside_failed(call, *leg, {LegEnded::Cause::NoCommonCodec, leg->id, 0, "no common codec in the answer"}, now);
    if (!leg->agreed) return offer_failed(call, *leg, acd::Miss::Unreachable, "failed", now);
    if (outside) {
        leg->remote = event.audio;
        return outside_answered(call, *leg, now);
    }
    if (call.transfer) {
        leg->remote = event.audio;
        return transfer_answered(call, *leg, now);
    }
    if (!call.colleague.empty()) {
        leg->remote = event.audio;
        return colleague_answered(call, *leg, now);
    }
    if (!acd.on_answered(leg->offer, now.at)) {
        // Ring time ended in this very moment: the phone was too late and is hung up; the caller keeps his place.
        late();
        return offer_over(call, *leg, "missed", now);
    }
    leg->remote = event.audio;
    leg->offer = {};
    call.agent_leg = leg->id;
    call.been.clear();
    withdraw_offers(call, "elsewhere", now);
    ports.media.connect(leg->id, *leg->agreed);
    if (call.calling_back && !call.calling_back->reached) return agent_fetched(call, *leg, now);
    begin_talk(call, *leg, now);
}

/// The phone said no: the agent is marked, the caller goes on waiting at his old place.
void Switchboard::State::offer_failed(Call& call, Leg& leg, acd::Miss why, std::string_view result, Now now) {
    if (!call.colleague.empty()) return colleague_declined(call, leg, result, now);
    if (call.transfer) return transfer_declined(call, leg, result, now);
    if (!acd.on_missed(leg.offer, why, now.at)) late();
    offer_over(call, leg, result, now);
}

void Switchboard::State::offer_over(Call& call, Leg& leg, std::string_view result, Now now) {
    const Duration rang = now.at - leg.dialled;
    stop_ringing(call, leg, now);
    log::info("queue.offer_ended", {{"call", call.id}, {"agent", leg.agent_name}, {"result", result}, {"ring_ms", to_ms(rang)}});
    tell(call.id,
         SegmentEnded{call.transfer ? "" : call.queue_name, leg.agent_name, leg.dialled_wall, std::nullopt, std::string(result),
                      to_ms(rang), 0, 0},
         now);
    const acd::AgentId agent = leg.agent;
    leg.offer = {};
    if (call.agent_leg == leg.id) {
        const auto others = offers_of(call);
        call.agent_leg = others.empty() ? LegId{} : others.front();
    }
    close_leg(leg, now);
    refresh_agent(agent, now);
}

/// Phones that ring for him by a queue's decision.
std::vector<LegId> Switchboard::State::offers_of(const Call& call) {
    std::vector<LegId> out;
    for (const LegId id : call.legs)
        if (const Leg* leg = find(id); leg && leg->offer) out.push_back(id);
    return out;
}

void Switchboard::State::withdraw_offers(Call& call, std::string_view result, Now now) {
    for (const LegId id : offers_of(call)) offer_over(call, *find(id), result, now);
}

/// Of several phones that ring at a time the time counts once.
void Switchboard::State::stop_ringing(Call& call, const Leg& leg, Now now) {
    if (leg.role != LegRole::Agent) {
        call.rang += now.at - leg.dialled;
    } else if (--call.ringing == 0) {
        call.rang += now.at - call.rings_since;
    }
}

void Switchboard::State::leave_queue(Call& call, std::string_view result, Now now, const SentOn& sent_on) {
    for (const auto deadline : {Deadline::Announce, Deadline::CallbackOffer}) timers.cancel({call.id, deadline});
    call.callback_offered = false;
    const Leg* agent_leg = find(call.agent_leg);
    tell(
        call.id,
        QueueLeft{call.queue_name, customer_of(call), call.joined.wall, to_ms(now.at - call.joined.at), std::string(result),
                  result == "answered" && agent_leg ? std::optional(agent_leg->agent_name) : std::nullopt, sent_on.why, sent_on.to},
        now);
    // Cut off is as bad as given up, for him: a dead zone on his way, or a fault of ours.
    if (result == "abandoned" || result == "failed") keep_place(call, now);
}

/// Under the queue that he asked for, and the one that he was moved to meanwhile.
void Switchboard::State::keep_place(const Call& call, Now now) {
    if (!tells_who_calls(customer_of(call))) return;
    for (const std::string& queue : std::set{call.asked_queue, call.queue_name}) {
        const auto within = site->returns_within.find(queue);
        if (within != site->returns_within.end() && within->second > Duration{0})
            places.keep(customer_of(call), queue, call.place, now.at + within->second);
    }
}

/// Midnight at the site: what the strategies count of an agent's day begins anew. A reload may have moved the site to another zone,
/// where it is another day.
void Switchboard::State::turn_the_page(Now now) {
    if (now.wall < day_ends) return;
    const auto local = ivr::local_time(site->time_zone, now.wall);
    const auto today = local ? std::tuple(local->year, local->month, local->day) : std::tuple(0, 0, 0);
    day_ends = ivr::next_midnight(site->time_zone, now.wall).value_or(now.wall + std::chrono::hours(24));
    const bool later = day && (today > *day || !local);
    day = today;
    if (later) acd.new_day(now.at);
}

}  // namespace hotline::call
