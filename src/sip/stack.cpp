// The tables of SIP, its rounds, and the port that the core calls.
//
//   core ─▶ Stack::ring, answer, dial …  ─▶ dialogs ─▶ libsofia ─▶ network
//   network ─▶ libsofia ─▶ callbacks (magic = a dialog's number) ─▶ dialogs ─▶ outbox ─▶ round ─▶ core
//
// Nothing is told from inside a port method or a callback of libsofia: events wait in the outbox for the end of the batch.
#include "hotline/sip/stack.h"

#include "hotline/base/check.h"
#include "hotline/base/log.h"
#include "sip/state.h"

namespace hotline::sip {
namespace {

constexpr Duration kSweepEvery{1s};
constexpr int kAlarmBits = 3;

std::uint64_t alarm_key(DialogId dialog, Alarm alarm) { return dialog.value << kAlarmBits | static_cast<std::uint64_t>(alarm); }

GateConfig gate_config(const Config& config, std::function<Standing(const Address&)> standing,
                       std::function<bool(std::string_view, const Address&)> may_cancel,
                       std::function<bool(std::string_view)> is_served) {
    GateConfig gate;
    gate.on = config.gate;
    gate.rates.source_rate = config.gate_rate;
    gate.rates.source_burst = config.gate_burst;
    gate.rates.total_rate = config.gate_total_rate;
    gate.rates.total_burst = config.gate_total_burst;
    gate.emergency_numbers = config.emergency_numbers;
    gate.standing = std::move(standing);
    gate.may_cancel = std::move(may_cancel);
    gate.is_served = std::move(is_served);
    return gate;
}

}  // namespace

Stack::State::State(Loop& the_loop, const Config& the_config, IdSource<call::LegId>& ids, std::function<void(call::Event)> the_sink,
                    Metrics& the_metrics)
    : loop(the_loop.native()),
      config(the_config),
      leg_ids(ids),
      sink(std::move(the_sink)),
      metrics(the_metrics),
      gate(gate_config(
               config,
               [this](const Address& source) {
                   return bindings.is_source(source) ? Standing::Contact
                          : auth.trunk_of(source.ip) ? Standing::Trunk
                                                     : Standing::Stranger;
               },
               [this](std::string_view branch, const Address& source) { return may_cancel(branch, source.ip); },
               [this](std::string_view branch) { return invites.contains(branch); }),
           metrics),
      gate_keeper(gate),
      tcp_guard(config.max_tcp_per_source, config.tcp_idle, metrics),
      auth(config, metrics),
      bindings({config.min_expires, config.default_expires, config.max_expires, config.max_contacts}),
      resolver(std::make_unique<NameResolver>(config.look_up)),
      requests(request_counters(metrics)),
      late(metrics.counter("sip_late_total", "steps that did not fit their dialog: late, repeated or crossing messages")),
      forged(metrics.counter("sip_forged_total", "requests inside a dialog from an address that is none of its own")) {
    HL_CHECK(!here(), "one SIP stack a thread");
    slot() = this;
}

Stack::State::~State() {
    resolver.reset();
    dialogs.clear();
    lines.clear();
    parting.clear();
    transport.reset();
    loop.set_inner_round(nullptr);
    slot() = nullptr;
}

Stack::State*& Stack::State::slot() {
    static thread_local State* state = nullptr;
    return state;
}

Outcome Stack::State::open() {
    if (config.gate)
        if (const Outcome proven = gate_keeper.self_test(); !proven) return proven.error();
    auto opened = Transport::open(loop.root.get(), config, on_request);
    if (!opened) return opened.error();
    transport = std::move(opened).value();
    loop.set_inner_round([this] { return round(); });
    for (const Address& one : transport->bound()) log::info("sip.listening", {{"address", one}});
    open_lines(config.accounts.trunks);
    return Done{};
}

// ── tables ──

Dialog* Stack::State::find(DialogId id) {
    const auto it = dialogs.find(id);
    return it == dialogs.end() ? nullptr : it->second.get();
}

Dialog* Stack::State::find(const Magic* magic) { return find(DialogId{from_magic(magic)}); }

Dialog* Stack::State::dialog_of(call::LegId leg) {
    const auto it = legs.find(leg);
    return it == legs.end() || it->second.branches.size() != 1 ? nullptr : find(it->second.branches.front());
}

Dialog& Stack::State::make_dialog(Phase phase) {
    const DialogId id = dialog_ids.next();
    auto& dialog = *dialogs.emplace(id, std::make_unique<Dialog>()).first->second;
    dialog.id = id;
    dialog.phase = phase;
    return dialog;
}

bool Stack::State::apply(Dialog& dialog, Step step) {
    const auto to = next(dialog.phase, step);
    if (!to) {
        late.add();
        return false;
    }
    dialog.phase = *to;
    return true;
}

void Stack::State::erase(Dialog& dialog) {
    for (const Alarm alarm : {Alarm::Refresh, Alarm::Expire, Alarm::Retry, Alarm::Decide, Alarm::Naming, Alarm::Silence})
        clear_alarm(dialog, alarm);
    if (const auto it = invites.find(dialog.branch); it != invites.end() && it->second == dialog.id) invites.erase(it);
    dialogs.erase(dialog.id);
}

void Stack::State::end_leg(call::LegId leg, call::LegEnded::Cause cause, int status, std::string text) {
    const auto it = legs.find(leg);
    if (it == legs.end()) return;
    for (const DialogId id : it->second.branches)
        if (Dialog* dialog = find(id)) dialog->leg = {};
    legs.erase(it);
    emit(call::LegEnded{cause, leg, status, std::move(text)});
}

// ── rounds ──

void Stack::State::emit(call::Event event) {
    outbox.push_back(std::move(event));
    loop.mark();
}

void Stack::State::deliver() {
    std::vector<call::Event> batch;
    batch.swap(outbox);  // what the core causes now is told in a later turn
    for (call::Event& event : batch) sink(std::move(event));
}

std::optional<Time> Stack::State::round() {
    const Now moment = now();
    while (const auto key = alarms.pop(moment.at))
        ring_alarm(DialogId{*key >> kAlarmBits}, static_cast<Alarm>(*key & ((1u << kAlarmBits) - 1)));
    ring_line_alarms(moment.at);
    if (const auto expiry = bindings.next_expiry(); expiry && *expiry <= moment.at)
        for (const std::string& agent : bindings.expire(moment.at)) tell_contacts(agent);
    if (!next_sweep || *next_sweep <= moment.at) {
        tcp_guard.sweep(moment.at);
        std::erase_if(registered_at, [&](const auto& entry) { return !bindings.is_source(entry.first); });
        next_sweep = moment.at + kSweepEvery;
    }
    deliver();
    std::optional<Time> deadline = next_sweep;
    for (const auto& one : {alarms.next(), line_alarms.next(), bindings.next_expiry()})
        if (one && *one < *deadline) deadline = one;
    return deadline;
}

void Stack::State::set_alarm(const Dialog& dialog, Alarm alarm, Time at) {
    alarms.set(alarm_key(dialog.id, alarm), at);
    loop.mark();
}

void Stack::State::clear_alarm(const Dialog& dialog, Alarm alarm) { alarms.cancel(alarm_key(dialog.id, alarm)); }

bool Stack::State::is_set(const Dialog& dialog, Alarm alarm) const { return alarms.has(alarm_key(dialog.id, alarm)); }

void Stack::State::ring_alarm(DialogId id, Alarm alarm) {
    Dialog* dialog = find(id);
    if (!dialog) return;
    switch (alarm) {
        case Alarm::Refresh: refresh(*dialog); break;
        case Alarm::Expire:
            fail_dialog(*dialog, call::LegEnded::Cause::SessionTimer, 0, "the session was not refreshed in time");
            break;
        case Alarm::Retry: next_exchange(*dialog); break;
        case Alarm::Decide: refuse_offer(*dialog, 500); break;
        case Alarm::Naming: named(id, {}, 0, {}); break;
        case Alarm::Silence: give_silent_way_up(*dialog); break;
    }
}

// ── the port ──

Stack::Stack(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stack::~Stack() = default;

Result<std::unique_ptr<Stack>> Stack::start(Loop& loop, const Config& config, IdSource<call::LegId>& leg_ids,
                                            std::function<void(call::Event)> sink, Metrics& metrics) {
    auto state = std::make_unique<State>(loop, config, leg_ids, std::move(sink), metrics);
    if (const Outcome opened = state->open(); !opened) return opened.error();
    return std::unique_ptr<Stack>(new Stack(std::move(state)));
}

const std::vector<Address>& Stack::bound() const { return state_->transport->bound(); }

void Stack::reload(const Accounts& accounts) {
    std::vector<std::string> gone;
    for (const auto& [agent, password] : state_->auth.accounts().passwords)
        if (!accounts.passwords.contains(agent)) gone.push_back(agent);
    state_->auth.reload(accounts);
    for (const std::string& agent : gone)
        if (state_->bindings.remove_agent(agent)) state_->tell_contacts(agent);
    state_->open_lines(accounts.trunks);
}

void Stack::say_goodbye() { state_->say_goodbye(); }

StackCensus Stack::census() const {
    StackCensus census;
    census.sessions = std::max(state_->dialogs.size(), state_->legs.size());
    census.contacts = state_->bindings.size();
    for (const auto& [id, dialog] : state_->dialogs) {
        census.nta_incoming += (dialog->their_invite ? 1u : 0u) + (dialog->exchange.theirs ? 1u : 0u);
        for (const OutgoingHandle* one : {&dialog->our_invite, &dialog->our_bye, &dialog->our_update, &dialog->exchange.ours})
            census.nta_outgoing += *one ? 1u : 0u;
    }
    for (const auto& [name, line] : state_->lines) census.trunk_requests += (line->asked ? 1u : 0u) + (line->registering ? 1u : 0u);
    for (const auto& line : state_->parting) census.trunk_requests += line->registering ? 1u : 0u;
    census.parting = state_->parting.size();
    const auto alive = state_->transport->alive();
    census.nta_legs = alive.legs;
    const std::size_t held = census.nta_incoming + census.nta_outgoing + census.trunk_requests;
    census.nta_lingering = alive.incoming + alive.outgoing - std::min(alive.incoming + alive.outgoing, held);
    return census;
}

void Stack::ring(call::LegId leg) {
    if (Dialog* dialog = state_->dialog_of(leg)) state_->ring(*dialog);
}
void Stack::early(call::LegId leg, const call::LocalAudio& audio) {
    if (Dialog* dialog = state_->dialog_of(leg)) state_->early(*dialog, audio);
}
void Stack::answer(call::LegId leg, const call::LocalAudio& audio) {
    if (Dialog* dialog = state_->dialog_of(leg)) state_->answer(*dialog, audio);
}
void Stack::refuse(call::LegId leg, int status, const std::string& phrase, int retry_after_s) {
    if (Dialog* dialog = state_->dialog_of(leg)) state_->refuse(*dialog, status, phrase, retry_after_s);
}
void Stack::dial(AgentCall call) { state_->dial(call); }
void Stack::dial(TrunkCall call) { state_->dial(call); }
void Stack::answer_offer(call::LegId leg, const call::LocalAudio& audio) {
    if (Dialog* dialog = state_->dialog_of(leg)) state_->answer_offer(*dialog, audio);
}
void Stack::refuse_offer(call::LegId leg, int status) {
    if (Dialog* dialog = state_->dialog_of(leg)) state_->refuse_offer(*dialog, status);
}
void Stack::offer(call::LegId leg, const call::LocalAudio& audio) {
    if (Dialog* dialog = state_->dialog_of(leg)) state_->offer(*dialog, audio);
}

void Stack::show(const std::string& agent, const std::string& text) { state_->show(agent, text); }
void Stack::hangup(call::LegId leg) {
    const auto it = state_->legs.find(leg);
    if (it == state_->legs.end()) return;
    const auto branches = it->second.branches;
    state_->end_leg(leg, call::LegEnded::Cause::Local, 0, "hung up by us");
    for (const DialogId id : branches)
        if (Dialog* dialog = state_->find(id)) state_->hang_up(*dialog);
}

}  // namespace hotline::sip
