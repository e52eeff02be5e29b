// INVITE → checks → audio port → 200 → ACK → service.
#include "hotline/base/log.h"
#include "hotline/ivr/local_time.h"
#include "state.h"

namespace hotline::call {
namespace {

constexpr double kJournalRefuses = 0.9;
constexpr int kServiceUnavailable = 503;

bool is_star_code(const Site& site, const std::string& called) {
    const auto& codes = site.star_codes;
    return called == codes.log_in || called == codes.log_out || called == codes.pause || called == codes.resume ||
           (called.starts_with(codes.code) && !site.wrapup_codes.empty());
}

/// One caller is one caller, however the trunk writes his number: +86139…, 0139…, 139…; 0571…, 571…. What is no number stays as it
/// is.
std::string caller_of(const Site& site, const InviteArrived& event) {
    if (event.origin.kind == Origin::Kind::Agent) return event.caller;
    const auto number = read_caller(event.caller, site.outbound.area_code);
    return number ? number->national : event.caller;
}

}  // namespace

std::string recording_path(const Site& site, CallId call, Wall wall, const std::string& more) {
    auto local = ivr::local_time(site.time_zone, wall);
    if (!local) local = ivr::local_time("UTC", wall);
    char day[48];
    std::snprintf(day, sizeof day, "recordings/%04d/%02d/%02d/", local ? local->year : 1970, local ? local->month : 1,
                  local ? local->day : 1);
    return day + to_text(call) + more + ".wav";
}

bool tells_who_calls(std::string_view caller) {
    constexpr std::string_view kWithheld[] = {"", "anonymous", "restricted", "unavailable", "unknown", "private", "withheld"};
    std::string lower(caller);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::ranges::find(kWithheld, lower) == std::end(kWithheld);
}

/// What the called number is for this caller: only agents have star codes and colleagues, and only they call out.
std::string Switchboard::State::purpose_of(const Call& call) const {
    const bool agent = call.origin.kind == Origin::Kind::Agent;
    if (agent && is_star_code(*site, call.called)) return "star_code";
    if (site->hotlines.contains(call.called)) return "hotline";
    if (agent && agents.contains(call.called)) return "colleague";
    return agent && number_outside(site->outbound, call.called) ? "outside" : "unknown";
}

void Switchboard::State::on(const InviteArrived& event, Now now) {
    const bool no_room = calls.size() >= site->max_calls || journal_filled >= kJournalRefuses || is_full(event.origin);
    if (draining || (no_room && !is_emergency_call(event.origin, event.called))) {
        // Shed before anything is made of it. The upstream must not stop all traffic for long (RFC 5390): 1–10 s at random.
        const char* why = draining                            ? "shutting down"
                          : journal_filled >= kJournalRefuses ? "journal nearly full"
                          : is_full(event.origin)             ? "max_calls of the trunk reached"
                                                              : "limits.max_calls reached";
        log::warn("call.shed", {{"why", why}, {"called", event.called}});
        ports.signaling.refuse(event.leg, kServiceUnavailable, "Service Unavailable", static_cast<int>(1 + random.below(10)));
        return;
    }

    const CallId id = new_call_id(now);
    auto& call = *calls.emplace(id, std::make_unique<Call>(id, now)).first->second;
    call.origin = event.origin;
    call.direction = event.origin.kind == Origin::Kind::Agent ? "internal" : "in";
    call.caller = caller_of(*site, event);
    call.caller_name = event.caller_name;
    call.called = event.called;
    call.purpose = purpose_of(call);
    if (call.purpose == "outside") {
        call.direction = "out";
        call.called = number_outside(site->outbound, event.called)->national;  // so he is found when he calls back
    }
    call.caller_leg = event.leg;
    call.offer = event.offer;
    Leg& leg = legs[event.leg];
    leg.id = event.leg;
    leg.call = id;
    leg.remote = event.offer;
    leg.source = event.source;
    if (event.origin.kind == Origin::Kind::Trunk) leg.trunk = event.origin.name;
    call.legs.push_back(leg.id);
    tell(id, CallArrived{call.direction, call.caller, call.caller_name, call.called, event.origin.name, call.purpose}, now);
    log::info("call.arrived", {{"call", id},
                               {"caller", call.caller},
                               {"called", call.called},
                               {"origin", event.origin.name},
                               {"sip", event.sip_call_id}});

    const bool agent = event.origin.kind == Origin::Kind::Agent;
    if (call.purpose == "star_code") {
        call.star_code = call.called;
    } else if (call.purpose == "hotline") {
        call.machine = std::make_unique<ivr::Machine>(site->hotlines.at(call.called), ivr::Party{call.caller, call.called});
    } else if (call.purpose == "unknown") {
        return refuse_unknown(call, now);
    }
    if (event.offer && !(leg.agreed = agree(*event.offer, codecs_of(leg))))
        return refuse(call, 488, "Not Acceptable Here", "no common codec", now);

    if (call.purpose == "outside") return call_outside(call, leg, now);
    if (!call.machine && call.star_code.empty()) return call_colleague(call, leg, now);
    if (agent) occupy(call, event.origin.name, now);
    if (call.machine && tells_who_calls(call.caller)) {
        ports.directory.find(id, call.caller);
    } else {
        call.directory_answered = true;
    }
    open_audio(call, leg, event.offer ? event.offer->rtp.ip : event.source);
}

void Switchboard::State::open_audio(Call& call, Leg& leg, const IpAddress& family_of) {
    leg.audio_opened = true;
    ports.media.open(call.id, leg.id, family_of);
}

void Switchboard::State::on(const AudioOpened& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->state != LegState::Opening) return late();
    leg->local = event.local;
    Call& call = call_of(*leg);
    if (leg->role == LegRole::Agent) return dial(call, *leg);
    if (leg->role == LegRole::Outside) return dial_outside(call, *leg, now);
    if (call.outside) return try_next_trunk(call, now);
    if (!call.colleague.empty()) return ring_colleague(call, now);
    answer_caller(call, *leg, now);
    call.clock.enter(Stage::Menu, now.at);
}

void Switchboard::State::answer_caller(Call& call, Leg& leg, Now now) {
    if (!step(leg, LegEvent::Answer)) return;
    tell(call.id, CallAccepted{}, now);
    if (leg.agreed) ports.media.connect(leg.id, *leg.agreed);
    // Left is who is no agent, whoever placed the call.
    if (site->record_calls)
        ports.media.record(call.id, call.outside ? call.agent_leg : leg.id, recording_path(*site, call.id, now.wall));
    ports.signaling.answer(leg.id, leg.agreed ? local_audio(leg, mirrored(leg.remote->direction)) : local_offer(leg, std::nullopt));
}

void Switchboard::State::on(const AudioFailed& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->audio_done) return late();
    leg->audio_done = true;
    log::error("audio.failed", {{"call", leg->call}, {"leg", leg->id}, {"why", event.text}});
    Call& call = call_of(*leg);
    if (leg->state != LegState::Opening) return forget(*leg, now);
    if (leg->role == LegRole::Agent) return offer_failed(call, *leg, acd::Miss::Unreachable, "failed", now);
    if (leg->role == LegRole::Outside)
        return outside_failed(call, *leg, {LegEnded::Cause::Failed, leg->id, kServiceUnavailable, "no audio port"}, now);
    call.outcome = "failed";
    refuse(call, kServiceUnavailable, "Service Unavailable", "no audio port", now);
}

void Switchboard::State::on(const LegConfirmed& event, Now now) {
    Leg* leg = find(event.leg);
    if (!leg || leg->role != LegRole::Caller || !step(*leg, LegEvent::Confirm)) {
        if (!leg) late();
        return;
    }
    Call& call = call_of(*leg);
    if (!leg->agreed) {
        if (event.answer) leg->agreed = agree(*event.answer, codecs_of(*leg));
        if (!leg->agreed) {
            return cut_off(call, "no common codec in the answer", now);
        }
        leg->remote = event.answer;
        ports.media.connect(leg->id, *leg->agreed);
    }
    if (call.colleague.empty() && !call.outside) begin_service(call, now);
}

bool is_silent_for_language(const Call& call) { return call.awaits_language && call.clock.stage() == Stage::Menu; }

/// The directory may know in which language he chose to be spoken to, and mostly has said so by now. It is waited for as before a
/// queue: until so long after the INVITE (300 ms at most) that nobody notices the silence.
void Switchboard::State::begin_service(Call& call, Now now) {
    const Time due = call.started.at + site->directory_wait;
    call.awaits_language = call.machine && call.machine->has_choice_of_language() && !call.directory_answered && now.at < due;
    if (call.awaits_language) return timers.set({call.id, Deadline::Directory}, due);
    timers.cancel({call.id, Deadline::Directory});
    if (call.machine) {
        if (!say_notice(call, site->notice, now)) begin_flow(call, now);
        return;
    }
    const ivr::Prompt* prompt = obey_star_code(call, now);
    call.chose = true;
    std::vector<ivr::Utterance> words;
    if (prompt) {
        const auto spoken = prompt->find(site->language);
        if (spoken != prompt->end()) words.push_back(spoken->second);
    }
    prepare(call, Ear::Use::Prompt, std::move(words), now);
}

void Switchboard::State::begin_flow(Call& call, Now now) {
    const CallId id = call.id;
    const std::string keys = std::exchange(call.typed_ahead, {});
    feed(call, ivr::Started{}, now);
    for (const char key : keys)
        if (Call* still = find(id)) press(*still, key, now);
}

}  // namespace hotline::call
