// The trunks that calls go out through: begun, kept up to date and ended; the core hears of each change.
#include "hotline/base/log.h"
#include "sip/state.h"
#include "sip/uri_text.h"

namespace hotline::sip {
namespace {

constexpr Duration kNameLife{60s};   // then it is looked up again
constexpr Duration kNameAgain{10s};  // when the look-up failed
constexpr int kLineAlarmBits = 2;
constexpr int kOverloaded = 503, kNeverAnswered = 408;

std::uint64_t line_alarm_key(TrunkId line, LineAlarm alarm) { return line.value << kLineAlarmBits | static_cast<std::uint64_t>(alarm); }

}  // namespace

TrunkLine::TrunkLine(TrunkId the_id, Trunk the_trunk, Metrics& metrics)
    : id(the_id),
      trunk(std::move(the_trunk)),
      ip(IpAddress::parse(trunk.host)),
      digest(trunk.user, trunk.password),
      call_id(random_token()),
      tag(random_token()),
      asked_expires_s(static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(trunk.register_expires).count())),
      up(metrics.gauge("trunk_up", "1: calls can go out through the trunk", Metrics::label("trunk", trunk.name))),
      is_registered(metrics.gauge("trunk_registered", "1: the trunk has our registration", Metrics::label("trunk", trunk.name))) {}

std::string TrunkLine::host() const {
    if (!trunk.domain.empty()) return trunk.domain;
    const auto number = IpAddress::parse(trunk.host);
    const std::string bare = number ? uri_host(*number) : trunk.host;
    return trunk.port == 5060 ? bare : bare + ":" + std::to_string(trunk.port);
}

TrunkLine* Stack::State::find_line(std::string_view name) {
    const auto it = lines.find(name);
    return it == lines.end() ? nullptr : it->second.get();
}

TrunkLine* Stack::State::find_line(TrunkId id) {
    for (auto& [name, line] : lines)
        if (line->id == id) return line.get();
    return nullptr;
}

/// Those that stay as they were are left alone: a reload asks no registrar anything.
void Stack::State::open_lines(const std::vector<Trunk>& trunks) {
    std::map<std::string, std::unique_ptr<TrunkLine>, std::less<>> before;
    before.swap(lines);
    for (const Trunk& trunk : trunks) {
        if (trunk.host.empty()) continue;
        const auto same = before.find(trunk.name);
        if (same != before.end() && same->second->trunk == trunk) {
            lines.emplace(trunk.name, std::move(same->second));
            before.erase(same);
        }
    }
    for (auto& [name, line] : before) close_line(*line);
    for (const Trunk& trunk : trunks)
        if (!trunk.host.empty() && !lines.contains(trunk.name)) open_line(trunk);
    for (auto& [name, line] : lines)
        if (line->ip) auth.learn(name, *line->ip);
}

void Stack::State::open_line(const Trunk& trunk) {
    auto& line = *lines.emplace(trunk.name, std::make_unique<TrunkLine>(line_ids.next(), trunk, metrics)).first->second;
    const Time moment = now().at;
    if (!line.ip) set_alarm(line, LineAlarm::Resolve, moment);
    if (line.trunk.options_every > 0s) set_alarm(line, LineAlarm::Ask, moment);
    if (line.trunk.registers) set_alarm(line, LineAlarm::Register, moment);
    tell_line(line);
}

void Stack::State::close_line(TrunkLine& line) {
    for (const auto alarm : {LineAlarm::Ask, LineAlarm::Register, LineAlarm::Lapse, LineAlarm::Resolve})
        line_alarms.cancel(line_alarm_key(line.id, alarm));
    if (line.registered) unregister(line);
    auth.forget(line.trunk.name);
    line.up.set(0);
    line.is_registered.set(0);
    if (!lines.contains(line.trunk.name)) emit(call::TrunkState{line.trunk.name, false, {}});
}

void Stack::State::set_alarm(const TrunkLine& line, LineAlarm alarm, Time at) {
    line_alarms.set(line_alarm_key(line.id, alarm), at);
    loop.mark();
}

void Stack::State::clear_alarm(const TrunkLine& line, LineAlarm alarm) { line_alarms.cancel(line_alarm_key(line.id, alarm)); }

void Stack::State::ring_line_alarms(Time moment) {
    while (const auto key = line_alarms.pop(moment)) {
        TrunkLine* line = find_line(TrunkId{*key >> kLineAlarmBits});
        if (!line) continue;
        switch (static_cast<LineAlarm>(*key & ((1u << kLineAlarmBits) - 1))) {
            case LineAlarm::Ask: ask(*line); break;
            case LineAlarm::Register: send_register(*line); break;
            case LineAlarm::Lapse: registration_lapsed(*line); break;
            case LineAlarm::Resolve: look_up(*line); break;
        }
    }
}

/// The core, the log and the metric hear of what has changed.
void Stack::State::tell_line(TrunkLine& line) {
    const bool is_up = line.is_up();
    const IpAddress ip = line.ip.value_or(IpAddress{});
    line.is_registered.set(line.registered ? 1 : 0);
    if (line.told_up == is_up && line.told_ip == ip) return;
    const bool news = line.told_up.has_value() && *line.told_up != is_up;
    line.told_up = is_up;
    line.told_ip = ip;
    line.up.set(is_up ? 1 : 0);
    if (news && is_up) log::info("trunk.up", {{"trunk", line.trunk.name}});
    if (news && !is_up)
        log::warn("trunk.down",
                  {{"trunk", line.trunk.name},
                   {"why", !line.ip        ? "its name has no address"
                           : !line.answers ? "no answer to OPTIONS"
                                           : "not registered"},
                   {"cure", "ask the provider, and look at the way there; calls take the next trunk of their route"}});
    emit(call::TrunkState{line.trunk.name, is_up, ip});
}

// ── its name ──

void Stack::State::look_up(TrunkLine& line) {
    set_alarm(line, LineAlarm::Resolve, now().at + kNameAgain);
    const auto family = transport->has_v4() ? Family::V4 : Family::V6;
    // As with the names in dialogs: the loop outlives us, and the resolver's destructor makes a later call impossible.
    auto done = [loop_of_posts = &loop, id = line.id](const NameAnswer& answer) {
        loop_of_posts->mailbox.post([id, answer] {
            if (State* self = here()) self->looked_up(id, answer);
        });
    };
    resolver->resolve(line.trunk.host, family, std::move(done));
}

/// A name server that is silent changes nothing, nor does a name that is gone: the address that we have is as good as any.
void Stack::State::looked_up(TrunkId id, const NameAnswer& answer) {
    TrunkLine* line = find_line(id);
    if (!line) return;
    if (answer.kind != NameAnswer::Kind::Found) {
        log::warn("trunk.name_unknown",
                  {{"trunk", line->trunk.name},
                   {"host", line->trunk.host},
                   {"why", answer.kind == NameAnswer::Kind::Silent ? "the name server is silent" : "the name has no address"},
                   {"cure", "look at the name in trunks.json and at this machine's name server"}});
        return;
    }
    set_alarm(*line, LineAlarm::Resolve, now().at + kNameLife);
    if (line->ip == answer.ip) return;
    const bool first = !line->ip;
    line->ip = answer.ip;
    auth.learn(line->trunk.name, answer.ip);
    if (first && line->trunk.options_every > 0s) set_alarm(*line, LineAlarm::Ask, now().at);
    if (line->trunk.registers) set_alarm(*line, LineAlarm::Register, now().at);
    tell_line(*line);
}

Path Stack::State::path_to(const TrunkLine& line) {
    return {transport->listener_for(*line.ip), line.trunk.transport, {*line.ip, line.trunk.port}};
}

// ── what asks it: OPTIONS ──

/// An answer that has not come by now will not: it is counted, and the next one is sent.
void Stack::State::ask(TrunkLine& line) {
    set_alarm(line, LineAlarm::Ask, now().at + line.trunk.options_every);
    if (!line.ip) return;
    if (line.asked) missed(line);
    const Path path = path_to(line);
    const std::string host = line.host();
    const std::string uri = "sip:" + host, from = "<sip:hotline@" + uri_host(transport->local(path).ip) + ">;tag=" + random_token();
    line.asked = send_outside(line, on_options_answer, SIP_METHOD_OPTIONS, uri, from, "<" + uri + ">", random_token(), 1,
                              SIPTAG_CONTACT_STR(transport->contact(path).c_str()), SIPTAG_ACCEPT_STR(kAccept));
    if (!line.asked) missed(line);
}

int Stack::State::on_options_answer(Magic* magic, nta_outgoing_t* request, sip_t const* sip) {
    State* self = here();
    TrunkLine* line = self ? self->find_line(TrunkId{from_magic(magic)}) : nullptr;
    if (!line || line->asked.get() != request) return 0;
    const int status = sip && sip->sip_status ? sip->sip_status->st_status : kNeverAnswered;
    if (status < 200) return 0;
    self->loop.mark();
    line->asked.reset();
    // Whoever says no is there all the same.
    if (status == kOverloaded || status == kNeverAnswered) {
        self->missed(*line);
    } else {
        line->misses = 0;
        line->answers = true;
        self->tell_line(*line);
    }
    return 0;
}

void Stack::State::missed(TrunkLine& line) {
    line.asked.reset();
    if (++line.misses >= line.trunk.options_misses) line.answers = false;
    tell_line(line);
}

}  // namespace hotline::sip
