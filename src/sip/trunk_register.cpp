// We register with a trunk (RFC 3261 §10.2): refreshed before the end, answered challenges, back-off while it will not have us.
//
//   send ─▶ 401, 407: once more with credentials · 423: once more, longer
//        ├▶ 2xx: registered, refresh in time      ├▶ silence, 503: the next address of its name
//        │                                        └▶ everything else: again after 2, 4, 8 … 300 s; what we had holds to its end
//   gone from the site, or the end: Expires: 0, and its challenge is answered, too
#include <algorithm>

#include "hotline/base/log.h"
#include "hotline/base/text.h"
#include "sip/reading.h"
#include "sip/state.h"
#include "sip/uri_text.h"

namespace hotline::sip {
namespace {

constexpr int kNoAnswerCame = 408, kIntervalTooBrief = 423, kUnavailable = 503;
constexpr int kMaxRaisedExpiries = 3;
constexpr std::size_t kMaxParting = 100;  // reloads faster than registrars answer
constexpr std::uint32_t kLongestRetryAfterS = 3600;
constexpr double kJitterSteps = 1000;

bool is_challenge(int status) { return status == 401 || status == 407; }

double jitter() { return random_below(static_cast<std::uint32_t>(kJitterSteps)) / kJitterSteps; }

std::optional<std::uint32_t> expiry_in(const char* text) {
    if (!text || !*text) return std::nullopt;
    std::uint64_t value = 0;
    for (const char* c = text; *c; ++c) {
        if (*c < '0' || *c > '9') return std::nullopt;
        value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(*c - '0'), UINT32_MAX);
    }
    return static_cast<std::uint32_t>(value);
}

/// Of our contact among all that the account has; else what holds for all, else what we asked for.
std::uint32_t granted_s(const sip_t& sip, const Address& ours, std::uint32_t asked) {
    const bool alone = sip.sip_contact && !sip.sip_contact->m_next;  // whatever a NAT or the registrar made of its address
    for (const sip_contact_t* one = sip.sip_contact; one; one = one->m_next) {
        const UriVerdict verdict = guard(*one->m_url);
        if (!alone && (verdict.routing != Routing::Routable || verdict.address != ours)) continue;
        if (const auto seconds = expiry_in(one->m_expires)) return *seconds;
    }
    if (sip.sip_expires) return static_cast<std::uint32_t>(std::min<unsigned long>(sip.sip_expires->ex_delta, UINT32_MAX));
    return asked;
}

}  // namespace

OutgoingHandle Stack::State::make_register(TrunkLine& line, std::uint32_t expires_s) {
    const Path path = path_to(line);
    const std::string uri = "sip:" + line.host(), address = "<sip:" + escaped_user(line.trunk.user) + "@" + line.host() + ">";
    const std::string contact = "<sip:" + escaped_user(line.trunk.user) + "@" + to_text(transport->local(path)) +
                                (path.transport == "tcp" ? ";transport=tcp>" : ">");
    const std::string expires = std::to_string(expires_s), credentials = line.digest.headers("REGISTER", uri);
    line.registering_at = *line.ip;
    return send_outside(line, on_register_answer, SIP_METHOD_REGISTER, uri, address + ";tag=" + line.tag, address, line.call_id,
                        ++line.cseq, SIPTAG_CONTACT_STR(contact.c_str()), SIPTAG_EXPIRES_STR(expires.c_str()),
                        SIPTAG_HEADER_STR(credentials.empty() ? nullptr : credentials.c_str()));
}

void Stack::State::send_register(TrunkLine& line) {
    if (!line.ip) return;  // looked_up() sets the alarm
    line.registering = make_register(line, line.asked_expires_s);
    if (!line.registering) registration_failed(line, "it cannot be sent", 0, Elsewhere::Try);
}

int Stack::State::on_register_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip) {
    State* self = here();
    const TrunkId id{from_magic(magic)};
    TrunkLine* const standing = self ? self->find_line(id) : nullptr;
    TrunkLine* const line = standing || !self ? standing : self->find_parting(id);
    if (!line || line->registering.get() != request) return 0;
    if (sip && sip->sip_status && sip->sip_status->st_status < 200) return 0;
    self->loop.mark();
    const sip_t* const said = sip && sip->sip_status ? sip : nullptr;
    standing ? self->register_answer(*line, said) : self->parting_answer(*line, said);
    return 0;
}

void Stack::State::register_answer(TrunkLine& line, const sip_t* sip) {
    const int status = sip ? sip->sip_status->st_status : kNoAnswerCame;
    if (is_challenge(status)) {
        if (can_answer(line, line.registering.get(), *sip)) return send_register(line);
        line.digest.settled();  // the next try is a new one
        return registration_failed(line, "user or password is wrong", 0);
    }
    line.digest.settled();
    if (status == kIntervalTooBrief && sip->sip_min_expires) {
        const auto least = static_cast<std::uint32_t>(std::min<unsigned long>(sip->sip_min_expires->me_delta, 86400));
        if (least > line.asked_expires_s && ++line.intervals_raised <= kMaxRaisedExpiries) {
            line.asked_expires_s = least;
            return send_register(line);
        }
    }
    if (status >= 200 && status < 300) return registered(line, *sip);
    const auto* wait = sip ? sip->sip_retry_after : nullptr;
    const auto wait_s = wait ? static_cast<std::uint32_t>(std::min<unsigned long>(wait->af_delta, kLongestRetryAfterS)) : 0;
    const bool silent = !sip || nta_sip_is_internal(sip);
    registration_failed(
        line,
        sip ? std::to_string(status) + " " + valid_text(sip->sip_status->st_phrase ? sip->sip_status->st_phrase : "") : "no answer",
        wait_s, silent || status == kUnavailable ? Elsewhere::Try : Elsewhere::Useless);
}

/// Of the trunk itself, with the account that we have there.
bool Stack::State::can_answer(TrunkLine& line, nta_outgoing_t* request, const sip_t& response) {
    const auto source = Transport::source_of(request);
    const bool its_own = source && (std::ranges::find(line.ips, *source) != line.ips.end() || *source == line.registering_at ||
                                    auth.is_of_trunk(*source, line.trunk.name));
    if (its_own) return line.digest.take(challenges_of(response)) == DigestClient::Verdict::Answerable;
    log::warn("trunk.challenge_from_elsewhere", {{"trunk", line.trunk.name}, {"source", source.value_or(IpAddress{})}});
    return false;
}

void Stack::State::registered(TrunkLine& line, const sip_t& sip) {
    const std::uint32_t granted = granted_s(sip, transport->local(path_to(line)), line.asked_expires_s);
    if (granted == 0) return registration_failed(line, "it was granted for no time at all", 0);
    line.registering.reset();
    line.failures = 0;
    line.register_passed_over = 0;
    line.intervals_raised = 0;
    const Duration life = std::chrono::seconds(granted);
    if (!std::exchange(line.registered, true)) log::info("trunk.registered", {{"trunk", line.trunk.name}, {"expires_s", granted}});
    set_alarm(line, LineAlarm::Register, now().at + refresh_after(life));
    set_alarm(line, LineAlarm::Lapse, now().at + life);
    tell_line(line);
}

void Stack::State::registration_failed(TrunkLine& line, const std::string& why, std::uint32_t wait_s, Elsewhere elsewhere) {
    line.registering.reset();
    if (elsewhere == Elsewhere::Try) {
        move_on(line, line.registering_at);
        if (++line.register_passed_over < line.ips.size()) return send_register(line);
    }
    line.register_passed_over = 0;
    line.intervals_raised = 0;
    const Duration wait = std::max<Duration>(retry_after(++line.failures, jitter()), std::chrono::seconds(wait_s));
    set_alarm(line, LineAlarm::Register, now().at + wait);
    log::warn("trunk.register_failed", {{"trunk", line.trunk.name},
                                        {"why", why},
                                        {"failures", line.failures},
                                        {"again_ms", to_ms(wait)},
                                        {"cure", "look at address, user and password in trunks.json, or ask the provider"}});
    tell_line(line);
}

void Stack::State::registration_lapsed(TrunkLine& line) {
    line.registered = false;
    tell_line(line);
}

// ── taking it back ──

/// No longer the site's: its calls shall not come here any more. A REGISTER that is under way is let through first (RFC 3261
/// §10.2).
void Stack::State::depart(std::unique_ptr<TrunkLine> line) {
    if (!line->ip || (!line->registered && !line->registering)) return;
    TrunkLine& parting_line = *parting.emplace_back(std::move(line));
    if (!parting_line.registering) take_back(parting_line);
    if (parting.size() > kMaxParting) parted(*parting.front());
}

void Stack::State::take_back(TrunkLine& line) {
    line.registering = make_register(line, 0);
    line.taking_back = true;
    if (!line.registering) parted(line);
}

void Stack::State::parting_answer(TrunkLine& line, const sip_t* sip) {
    const int status = sip ? sip->sip_status->st_status : kNoAnswerCame;
    const bool had_it_then = !line.taking_back && (line.registered || (status >= 200 && status < 300));
    if (is_challenge(status) && (line.taking_back || had_it_then) && can_answer(line, line.registering.get(), *sip))
        return take_back(line);
    if (!is_challenge(status)) line.digest.settled();
    if (had_it_then) return take_back(line);
    log::info("trunk.unregistered", {{"trunk", line.trunk.name}, {"status", status}});
    parted(line);
}

void Stack::State::parted(TrunkLine& line) {
    clear_alarm(line, LineAlarm::Part);
    std::erase_if(parting, [&](const auto& one) { return one.get() == &line; });
    loop.mark();
}

TrunkLine* Stack::State::find_parting(TrunkId id) {
    const auto it = std::ranges::find(parting, id, [](const auto& one) { return one->id; });
    return it == parting.end() ? nullptr : it->get();
}

/// The daemon ends.
void Stack::State::say_goodbye() {
    goodbye_said = true;
    auto all = std::exchange(lines, {});
    for (auto& [name, line] : all) {
        stop_line(*line);
        depart(std::move(line));
    }
    for (const auto& line : parting) set_alarm(*line, LineAlarm::Part, now().at + config.goodbye);
}

}  // namespace hotline::sip
