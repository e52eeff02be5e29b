// The trunks that calls go out through: begun, kept up to date and ended; the core hears of each change.
#include <algorithm>
#include <tuple>

#include "hotline/base/log.h"
#include "sip/state.h"
#include "sip/uri_text.h"

namespace hotline::sip {
namespace {

constexpr Duration kNameLife{60s};   // then it is looked up again
constexpr Duration kNameAgain{10s};  // when the look-up failed
constexpr int kLineAlarmBits = 3;
constexpr int kOverloaded = 503, kNeverAnswered = 408;

std::uint32_t whole_seconds(Duration duration) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

std::uint64_t line_alarm_key(TrunkId line, LineAlarm alarm) {
    return line.value << kLineAlarmBits | static_cast<std::uint64_t>(alarm);
}

}  // namespace

bool same_far_end(const Trunk& a, const Trunk& b) {
    const auto of = [](const Trunk& t) { return std::tie(t.host, t.port, t.transport, t.domain, t.user, t.password, t.registers); };
    return of(a) == of(b);
}

TrunkLine::TrunkLine(TrunkId the_id, Trunk the_trunk, Metrics& metrics)
    : id(the_id),
      trunk(std::move(the_trunk)),
      ip(IpAddress::parse(trunk.host)),
      digest(trunk.user, trunk.password),
      call_id(random_token()),
      tag(random_token()),
      asked_expires_s(whole_seconds(trunk.register_expires)),
      up(metrics.gauge("trunk_up", "1: calls can go out through the trunk", Metrics::label("trunk", trunk.name))),
      is_registered(metrics.gauge("trunk_registered", "1: the trunk has our registration", Metrics::label("trunk", trunk.name))) {
    if (ip) ips = {*ip};
}

std::string TrunkLine::host() const {
    if (!trunk.domain.empty()) return trunk.domain;
    const auto number = IpAddress::parse(trunk.host);
    const std::string bare = number ? uri_host(*number) : trunk.host;
    return trunk.port == 5060 ? bare : bare + ":" + std::to_string(trunk.port);
}

std::vector<IpAddress> TrunkLine::ways() const {
    std::vector<IpAddress> out = ips;
    if (const auto used = std::ranges::find(out, ip.value_or(IpAddress{})); used != out.end())
        std::rotate(out.begin(), used, out.end());
    return out;
}

bool TrunkLine::has_binding_of(const TrunkLine& other) const {
    return trunk.registers && other.trunk.registers && trunk.user == other.trunk.user && host() == other.host() &&
           trunk.transport == other.trunk.transport;
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

/// Those whose far end is what it was are asked nothing: they keep their address and their registration.
void Stack::State::open_lines(const std::vector<Trunk>& trunks) {
    if (goodbye_said) return;
    std::map<std::string, std::unique_ptr<TrunkLine>, std::less<>> before;
    before.swap(lines);
    for (const Trunk& trunk : trunks) {
        if (trunk.host.empty()) continue;
        auto known = before.extract(trunk.name);
        if (known && same_far_end(known.mapped()->trunk, trunk)) {
            adapt_line(*lines.emplace(trunk.name, std::move(known.mapped())).first->second, trunk);
            continue;
        }
        const TrunkLine& line = open_line(trunk, known ? known.mapped().get() : nullptr);
        if (!known) continue;
        stop_line(*known.mapped());
        // What the new one registers takes the old one's place: taking that back, too, could come last and undo it.
        if (!line.has_binding_of(*known.mapped())) depart(std::move(known.mapped()));
    }
    for (auto& [name, line] : before) {
        stop_line(*line);
        auth.forget(name);
        line->up.set(0);
        line->is_registered.set(0);
        emit(call::TrunkState{name, false, {}});
        depart(std::move(line));
    }
    for (const auto& [name, line] : lines) {
        if (line->ip)
            auth.learn(name, line->ips);
        else
            auth.forget(name);
    }
}

/// Where `before` was the same trunk under another account, or otherwise, what is still true of it is taken over.
TrunkLine& Stack::State::open_line(const Trunk& trunk, const TrunkLine* before) {
    auto& line = *lines.emplace(trunk.name, std::make_unique<TrunkLine>(line_ids.next(), trunk, metrics)).first->second;
    const Time moment = now().at;
    const bool has_name = !line.ip;
    if (before && before->trunk.host == trunk.host) {
        line.ips = before->ips;
        line.ip = before->ip;
    }
    if (before && line.has_binding_of(*before)) {  // a late message of the old one is known by its CSeq
        line.call_id = before->call_id;
        line.tag = before->tag;
        line.cseq = before->cseq;
    }
    if (has_name) set_alarm(line, LineAlarm::Resolve, moment);
    if (line.trunk.options_every > 0s) set_alarm(line, LineAlarm::Ask, moment);
    if (line.trunk.registers) set_alarm(line, LineAlarm::Register, moment);
    tell_line(line);
    return line;
}

/// The same far end under other rules.
void Stack::State::adapt_line(TrunkLine& line, const Trunk& trunk) {
    const Trunk before = std::exchange(line.trunk, trunk);
    if (before.register_expires != trunk.register_expires) line.asked_expires_s = whole_seconds(trunk.register_expires);
    if (before.options_every != trunk.options_every && trunk.options_every > 0s)
        set_alarm(line, LineAlarm::Ask, now().at + (before.options_every > 0s ? trunk.options_every : Duration{}));
    if (trunk.options_every == 0s) {
        clear_alarm(line, LineAlarm::Ask);
        line.asked.reset();
        line.misses = 0;
        line.passed_over = 0;
    }
    line.answers = line.misses < trunk.options_misses;
    tell_line(line);
}

void Stack::State::stop_line(TrunkLine& line) {
    for (const auto alarm : {LineAlarm::Ask, LineAlarm::Register, LineAlarm::Lapse, LineAlarm::Resolve}) clear_alarm(line, alarm);
    line.asked.reset();
}

void Stack::State::set_alarm(const TrunkLine& line, LineAlarm alarm, Time at) {
    line_alarms.set(line_alarm_key(line.id, alarm), at);
    loop.mark();
}

void Stack::State::clear_alarm(const TrunkLine& line, LineAlarm alarm) { line_alarms.cancel(line_alarm_key(line.id, alarm)); }

void Stack::State::ring_line_alarms(Time moment) {
    while (const auto key = line_alarms.pop(moment)) {
        const TrunkId id{*key >> kLineAlarmBits};
        const auto alarm = static_cast<LineAlarm>(*key & ((1u << kLineAlarmBits) - 1));
        TrunkLine* line = alarm == LineAlarm::Part ? find_parting(id) : find_line(id);
        if (!line) continue;
        switch (alarm) {
            case LineAlarm::Ask: ask(*line); break;
            case LineAlarm::Register: send_register(*line); break;
            case LineAlarm::Lapse: registration_lapsed(*line); break;
            case LineAlarm::Resolve: look_up(*line, transport->has_v4() ? Family::V4 : Family::V6); break;
            case LineAlarm::Part: parted(*line); break;
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

/// One family at a time: what we offer to the far side is of one, too.
void Stack::State::look_up(TrunkLine& line, Family family) {
    set_alarm(line, LineAlarm::Resolve, now().at + kNameAgain);
    // As with the names in dialogs: the loop outlives us, and the resolver's destructor makes a later call impossible.
    auto done = [loop_of_posts = &loop, id = line.id, family](const NameAnswer& answer) {
        loop_of_posts->mailbox.post([id, family, answer] {
            if (State* self = here()) self->looked_up(id, family, answer);
        });
    };
    resolver->resolve(line.trunk.host, family, std::move(done));
}

/// A name server that is silent changes nothing, nor does a name that is gone: the address that we have is as good as any.
void Stack::State::looked_up(TrunkId id, Family family, const NameAnswer& answer) {
    TrunkLine* line = find_line(id);
    if (!line) return;
    if (answer.kind == NameAnswer::Kind::NoAddress && family == Family::V4 && transport->has_v6())
        return look_up(*line, Family::V6);
    if (answer.kind != NameAnswer::Kind::Found) {
        log::warn("trunk.name_unknown",
                  {{"trunk", line->trunk.name},
                   {"host", line->trunk.host},
                   {"why", answer.kind == NameAnswer::Kind::Silent ? "the name server is silent" : "the name has no address"},
                   {"cure", "look at the name in trunks.json and at this machine's name server"}});
        return;
    }
    set_alarm(*line, LineAlarm::Resolve, now().at + kNameLife);
    line->ips = answer.ips;
    auth.learn(line->trunk.name, answer.ips);
    if (line->ip && std::ranges::find(line->ips, *line->ip) != line->ips.end()) return;
    const bool first = !line->ip;
    line->ip = line->ips.front();
    if (first && line->trunk.options_every > 0s) set_alarm(*line, LineAlarm::Ask, now().at);
    if (line->trunk.registers) set_alarm(*line, LineAlarm::Register, now().at);
    tell_line(*line);
}

/// The address is silent, or sends us away: the name's next one is used from now on. False: it has no other, or is used no longer.
bool Stack::State::move_on(TrunkLine& line, const IpAddress& silent) {
    if (line.ip != silent || line.ips.size() < 2) return false;
    line.ip = line.ways()[1];
    log::info("trunk.next_address", {{"trunk", line.trunk.name}, {"silent", silent}, {"next", *line.ip}});
    tell_line(line);
    return true;
}

/// … and calls shall come from there, too. A registration that is under way, or waits, finds the new address by itself.
void Stack::State::leave_address(TrunkLine& line, const IpAddress& silent) {
    if (move_on(line, silent) && line.trunk.registers && !line.registering && line.failures == 0)
        set_alarm(line, LineAlarm::Register, now().at);
}

Path Stack::State::path_to(const TrunkLine& line) { return path_to(line, *line.ip); }

Path Stack::State::path_to(const TrunkLine& line, const IpAddress& ip) {
    return {transport->listener_for(ip), line.trunk.transport, {ip, line.trunk.port}};
}

// ── what asks it: OPTIONS ──

/// An answer that has not come by now will not: it is counted, and the next one is sent.
void Stack::State::ask(TrunkLine& line) {
    if (line.asked) missed(line);
    set_alarm(line, LineAlarm::Ask, now().at + line.trunk.options_every);
    if (!line.ip) return;
    const Path path = path_to(line);
    line.asked_at = *line.ip;
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
        line->passed_over = 0;
        line->answers = true;
        self->tell_line(*line);
    }
    return 0;
}

/// It has missed a question when none of its addresses has answered it.
void Stack::State::missed(TrunkLine& line) {
    line.asked.reset();
    leave_address(line, line.asked_at);
    if (++line.passed_over < line.ips.size()) return set_alarm(line, LineAlarm::Ask, now().at);
    line.passed_over = 0;
    if (++line.misses >= line.trunk.options_misses) line.answers = false;
    tell_line(line);
}

}  // namespace hotline::sip
