// A menu hands its caller on: to an agent's phone, or to a number outside. He hears music meanwhile, or what the far network sends.
//
//   TransferTo ─▶ whom? may he? ──no──────────▶ back to the menu: busy, failed
//                   ├ an agent: his phone, and no queue offers him anyone meanwhile ─┐
//                   └ outside: the trunks of its route, one after the other ─────────┼ 200: bridged, Talking ─ the called one hangs
//                                                                                    │         up ─▶ `after`, or the end of the
//                                                                                    call └ busy, no answer, failed: back to the
//                                                                                    menu
//
// A transfer that cannot even begin is told after kTransferRefused, not at once: the menu may ask again.
#include "hotline/base/log.h"
#include "state.h"

namespace hotline::call {
namespace {

constexpr Duration kAnHour = 1h;
constexpr std::size_t kMostCallersCounted = 10'000;

using News = ivr::TransferNews;

std::string_view to_text(News news) {
    switch (news) {
        case News::Busy: return "busy";
        case News::NoAnswer: return "no_answer";
        case News::Failed:
        case News::Over: break;
    }
    return "failed";
}

bool permits(const ivr::Transfer::Only& only, const Number& number, const std::string& area_code) {
    const auto is_it = [&](const std::string& whole) { return read_number(whole, area_code) == number; };
    return std::ranges::any_of(only.numbers, is_it) || is_among(only.prefixes, number);
}

/// A hotline of our own would come back to us as a call of the carrier's, and the next, and the next.
bool is_own(const Site& site, const std::string& to, const Number& number) {
    return site.hotlines.contains(to) || std::ranges::any_of(site.hotlines, [&](const auto& one) {
               return read_number(one.first, site.outbound.area_code) == number;
           });
}

}  // namespace

// ── Whom, and may he? ──

void Switchboard::State::begin_transfer(Call& call, const ivr::TransferTo& wish, Now now) {
    call.left_message = false;  // he wants a person after all
    call.talk_ended_by.reset();
    call.handed_on = true;
    Transfer transfer;
    transfer.node = call.machine->node();
    transfer.ring = wish.ring;
    transfer.comes_back = wish.comes_back;
    transfer.since = now.at;
    if (!wish.head_of.empty()) transfer.head_of = wish.head_of;
    call.transfer = std::move(transfer);
    call.clock.enter(Stage::Transferring, now.at);

    const auto head = site->heads.find(wish.head_of);
    const std::string to = wish.head_of.empty() ? wish.to : head == site->heads.end() ? "" : head->second;
    log::info("transfer.begins", {{"call", call.id}, {"node", call.transfer->node}, {"to", to}});
    if (call.calling_back) return nobody_rings(call, News::Failed, "whom a queue calls back is handed on to nobody else", now);
    if (to.empty()) return nobody_rings(call, News::Failed, "nobody is head of " + wish.head_of, now);
    const bool agents_too = !wish.only || wish.only->agents;
    const auto& all = site->acd.agents;
    if (agents_too && std::ranges::find(all, to, &acd::AgentConfig::name) != all.end()) return ring_agent(call, to, wish, now);
    call_number(call, to, wish, now);
}

/// Paused or logged out he is rung all the same, as by a colleague: it is his own number. Who talks, or is being offered a caller,
/// or wraps up is busy.
void Switchboard::State::ring_agent(Call& call, const std::string& name, const ivr::TransferTo& wish, Now now) {
    const AgentRecord& agent = agents.at(name);
    const acd::AgentId id = acd.agent(name);
    const auto view = acd.view(id);
    call.transfer->agent = name;
    if (agent.contacts == 0 || !view) return nobody_rings(call, News::Failed, "no phone of his is registered", now);
    if (view->occupancy != acd::Occupancy::Idle) return nobody_rings(call, News::Busy, "in another call", now);
    occupy(call, name, now);
    call.transfer->engages = true;
    begin_ringing_sound(call, wish, now);
    Leg& leg = new_agent_leg(call, id, name, now);
    timers.set({call.id, Deadline::Ring}, now.at + call.transfer->ring);
    open_audio(call, leg, agent.phone_address);
}

void Switchboard::State::call_number(Call& call, const std::string& to, const ivr::TransferTo& wish, Now now) {
    const auto number = read_number(to, site->outbound.area_code);
    if (!number) return nobody_rings(call, News::Failed, "neither an agent's number nor one of the numbering plan", now);
    OutsideCall outside;
    outside.number = *number;
    if (const auto shown = site->queue_caller_ids.find(call.queue_name); shown != site->queue_caller_ids.end())
        outside.caller_id = shown->second;
    if (const Route* route = route_for(site->outbound, *number, now.wall)) outside.trunks = route->trunks;
    const char* refusal = is_own(*site, to, *number) ? "own_number" : refusal_of(call, *number, wish, now);
    call.transfer->outside = std::move(outside);
    if (refusal) {
        ++outbound_refused[refusal];
        log::warn("outbound.refused",
                  {{"call", call.id}, {"by", "node " + call.transfer->node}, {"number", number->national}, {"reason", refusal}});
        return nobody_rings(call, News::Failed, refusal, now);
    }
    begin_ringing_sound(call, wish, now);
    try_next_trunk(call, now);
}

/// Why this number may not be called for this caller now; null: it may, and is counted.
const char* Switchboard::State::refusal_of(const Call& call, const Number& number, const ivr::TransferTo& wish, Now now) {
    const auto& rules = site->outbound.transfers;
    if (wish.only && !permits(*wish.only, number, site->outbound.area_code)) return "not_allowed";
    if (!is_among(rules.allowed, number)) return "not_allowed";
    const auto under_way = std::ranges::count_if(calls, [](const auto& entry) {
        const Call& other = *entry.second;
        return other.transfer && !other.transfer->trunk.empty() && other.clock.stage() != Stage::Ending;
    });
    if (static_cast<std::size_t>(under_way) >= rules.max_calls) return "too_many_at_once";
    for (auto& [name, times] : handed_on)
        while (!times.empty() && now.at - times.front() >= kAnHour) times.pop_front();
    std::erase_if(handed_on, [](const auto& entry) { return entry.second.empty(); });
    const std::string caller = tells_who_calls(call.caller) ? call.caller : "";  // those who withhold it count together
    const auto counted = handed_on.find(caller);
    const std::size_t before = counted == handed_on.end() ? 0 : counted->second.size();
    if (before >= rules.max_calls_per_hour || (before == 0 && handed_on.size() >= kMostCallersCounted)) return "too_many_an_hour";
    handed_on[caller].push_back(now.at);
    return nullptr;
}

/// Told to the menu in a moment.
void Switchboard::State::nobody_rings(Call& call, News news, std::string why, Now now) {
    call.transfer->news = news;
    call.transfer->why = std::move(why);
    timers.set({call.id, Deadline::Ring}, now.at + kTransferRefused);
}

void Switchboard::State::begin_ringing_sound(Call& call, const ivr::TransferTo& wish, Now now) {
    auto words = wish.announcement;
    words.push_back(wish.music);
    prepare(call, Ear::Use::QueueTalk, std::move(words), now);
}

// ── What comes of it ──

void Switchboard::State::transfer_answered(Call& call, Leg& leg, Now now) {
    timers.cancel({call.id, Deadline::Ring});
    Leg& caller = *find(call.caller_leg);
    const OutsideCall* outside = dialling(call);
    const bool early = outside && outside->early;
    silence(call);
    ports.media.connect(leg.id, *leg.agreed);
    mark_answered(call, leg, now);
    if (outside) tell(call.id, DialEnded{leg.trunk, leg.agent_name, "answered", 200, to_ms(leg.rang)}, now);
    tell_transferred(call, "answered", "", now);
    tell(call.id, Answered{"", leg.agent_name, to_ms(now.at - call.transfer->since), to_ms(leg.rang)}, now);
    call.clock.enter(Stage::Talking, now.at);
    if (caller.holding) return hold_changed(call, caller, true, now);  // he did so while it rang: the conversation begins held
    if (!early) ports.media.bridge(caller.id, leg.id);
}

/// The agent's phone said no.
void Switchboard::State::transfer_declined(Call& call, Leg& leg, std::string_view result, Now now) {
    const std::string why(result);
    offer_over(call, leg, result, now);
    const News news = why == "busy" || why == "rejected" ? News::Busy : why == "missed" ? News::NoAnswer : News::Failed;
    transfer_in_vain(call, news, why, now);
}

/// Deadline::Ring.
void Switchboard::State::transfer_rings_no_more(Call& call, Now now) {
    Leg* leg = find(call.agent_leg);
    if (!leg) return transfer_in_vain(call, call.transfer->news, call.transfer->why, now);
    leg->role == LegRole::Outside ? outside_timed_out(call, *leg, now) : transfer_declined(call, *leg, "missed", now);
}

/// Back to the menu.
void Switchboard::State::transfer_in_vain(Call& call, News news, std::string why, Now now) {
    timers.cancel({call.id, Deadline::Ring});
    tell_transferred(call, to_text(news), std::move(why), now);
    silence(call);
    if (const OutsideCall* outside = dialling(call); outside && outside->early) ports.media.unbridge(call.caller_leg);
    end_transfer(call, now);
    call.transfer.reset();
    call.overflowed = true;
    call.clock.enter(Stage::Menu, now.at);
    feed(call, news, now);
}

/// Queues may offer him callers again.
void Switchboard::State::end_transfer(Call& call, Now now) {
    if (!call.transfer->engages) return;
    std::erase(call.occupied, call.transfer->agent);
    release(call.transfer->agent, now);
}

/// The call ends while it rings.
void Switchboard::State::transfer_withdrawn(Call& call, Now now) {
    if (Leg* leg = find(call.agent_leg))
        leg->role == LegRole::Outside ? dial_over(call, *leg, "withdrawn", 0, now) : offer_over(call, *leg, "withdrawn", now);
    tell_transferred(call, "withdrawn", "the call ended", now);
}

/// The called one has gone, and the flow goes on with its caller. False: this was no transfer, or that is the end of the call.
bool Switchboard::State::comes_back(Call& call, Leg& leg, Now now) {
    const Stage stage = call.clock.stage();
    const bool talked = (stage == Stage::Talking || stage == Stage::Held) && leg.id == call.agent_leg;
    const Leg* caller = find(call.caller_leg);
    if (!talked || !call.transfer || !call.transfer->comes_back || !caller || caller->state != LegState::Confirmed) return false;
    log::info("transfer.over", {{"call", call.id}, {"node", call.transfer->node}});
    silence(call);
    ports.media.stop(caller->id);
    ports.media.unbridge(caller->id);
    talk_over(call, leg, now);
    end_transfer(call, now);
    call.talk_ended_by = leg.role == LegRole::Outside ? HangupBy::Called : HangupBy::Agent;
    call.transfer.reset();
    call.agent_leg = {};
    call.clock.enter(Stage::Menu, now.at);
    close_leg(leg, now);
    feed(call, News::Over, now);
    return true;
}

void Switchboard::State::tell_transferred(const Call& call, std::string_view result, std::string why, Now now) {
    const Transfer& transfer = *call.transfer;
    Transferred fact;
    fact.caller = call.caller;
    fact.node = transfer.node;
    fact.head_of = transfer.head_of;
    if (!transfer.agent.empty()) fact.agent = transfer.agent;
    if (transfer.outside) fact.number = transfer.outside->number.national;
    if (!transfer.trunk.empty()) fact.trunk = transfer.trunk;
    fact.result = result;
    fact.why = std::move(why);
    fact.ring_ms = to_ms(now.at - transfer.since);
    log::info("transfer.ended",
              {{"call", call.id}, {"node", fact.node}, {"result", result}, {"why", fact.why}, {"ring_ms", fact.ring_ms}});
    tell(call.id, std::move(fact), now);
}

}  // namespace hotline::call
