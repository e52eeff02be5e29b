#include "world.h"

namespace hotline::sim {
namespace {

constexpr Duration kCalm = 3h;           // longer than any deadline of the core
constexpr int kMostRoundsAtOnce = 1000;  // more at one instant, and the core spins

std::string describe(const call::Event& event) {
    struct Describe {
        std::string operator()(const call::InviteArrived& e) const { return "INVITE " + e.caller + " → " + e.called + leg(e.leg); }
        std::string operator()(const call::LegRinging& e) const { return (e.under_way ? "183" : "180") + leg(e.leg); }
        std::string operator()(const call::LegAnswered& e) const { return "200" + leg(e.leg); }
        std::string operator()(const call::LegConfirmed& e) const { return "ACK" + leg(e.leg); }
        std::string operator()(const call::OfferReceived& e) const {
            return "re-INVITE direction " + std::to_string(static_cast<int>(e.offer.direction)) + leg(e.leg);
        }
        std::string operator()(const call::OfferAnswered& e) const { return "re-INVITE answered" + leg(e.leg); }
        std::string operator()(const call::LegEnded& e) const {
            return "ended, cause " + std::to_string(static_cast<int>(e.cause)) + leg(e.leg);
        }
        std::string operator()(const call::InfoDigit& e) const { return std::string("INFO ") + e.key + leg(e.leg); }
        std::string operator()(const call::AgentContacts& e) const {
            return "contacts of " + e.agent + ": " + std::to_string(e.contacts) + (e.signed_off ? ", signed off" : "");
        }
        std::string operator()(const call::TrunkState& e) const { return "trunk " + e.trunk + (e.up ? " is up" : " is down"); }
        std::string operator()(const call::AudioOpened& e) const { return "audio opened" + leg(e.leg); }
        std::string operator()(const call::AudioFailed& e) const { return "audio failed" + leg(e.leg); }
        std::string operator()(const call::PlayEnded& e) const { return "play ended" + leg(e.leg); }
        std::string operator()(const call::DigitHeard& e) const { return std::string("key ") + e.key + leg(e.leg); }
        std::string operator()(const call::AudioSilent& e) const { return "audio silent" + leg(e.leg); }
        std::string operator()(const call::AudioClosed& e) const { return "audio closed" + leg(e.leg); }
        std::string operator()(const call::RecordingSaved&) const { return "recording saved"; }
        std::string operator()(const call::RecordingLost&) const { return "recording lost"; }
        std::string operator()(const call::VoiceMessageEnded& e) const {
            return "message ended " + std::to_string(e.message.value);
        }
        std::string operator()(const call::VoiceMessageLoaded& e) const {
            return "message loaded " + std::to_string(e.message.value);
        }
        std::string operator()(const call::VoiceMessageSaved& e) const {
            return "message saved " + std::to_string(e.message.value);
        }
        std::string operator()(const call::VoiceMessageLost& e) const { return "message lost " + std::to_string(e.message.value); }
        std::string operator()(const call::CustomerFound& e) const {
            return "customer found, served by " + std::to_string(e.served.size());
        }
        std::string operator()(const call::SpeechReady& e) const { return "speech ready " + std::to_string(e.speech.value); }
        std::string operator()(const call::CallbacksLeftOpen& e) const {
            return "callbacks left open " + std::to_string(e.callbacks.size());
        }
        std::string operator()(const call::JournalFilled&) const { return "journal filled"; }
        std::string operator()(const call::InquiryAnswered& e) const {
            return "inquiry answered " + std::to_string(e.inquiry.value);
        }
        static std::string leg(LegId id) { return " · leg " + std::to_string(id.value); }
    };
    return std::visit(Describe{}, event);
}

}  // namespace

World::World(std::uint64_t seed, Story story, const Sabotage& sabotage)
    : dice_(seed),
      day_(dice_),
      sabotage_(sabotage),
      site_(draw_site(dice_, day_)),
      ledger_(verdict_, site_),
      signaling_(timeline_, dice_, day_, verdict_, *this, [this](const call::Event& e) { deliver(e); }),
      media_(timeline_, dice_, day_, verdict_, [this](const call::Event& e) { deliver(e); }),
      speech_(timeline_, dice_, day_, [this](const call::Event& e) { deliver(e); }),
      directory_(timeline_, dice_, day_, [this](const call::Event& e) { deliver(e); }),
      inquiries_(timeline_, dice_, day_, [this](const call::Event& e) { deliver(e); }),
      began_(timeline_.now().at),
      telling_(story == Story::Told) {
    if (telling_) ledger_.on_fact = [this](const std::string& line) { tell("    fact " + line); };
    ledger_.on_offered = [this](CallId call, const call::Offered& offer) { judge_offer(call, offer); };
    ledger_.on_dialled = [this](CallId call, const call::Dialled& dialled) { judge_dialling(call, dialled); };
    ledger_.on_answered = [this](const Ledger::CallBook& book, const std::string& agent) {
        if (!book.out) directory_.remember(book.caller, agent);
    };
    const call::Ports ports{signaling_, media_, speech_, directory_, ledger_, &inquiries_};
    board_ = std::make_unique<call::Switchboard>(sabotage_.ports(ports), leg_ids_, 1, told_site(), timeline_.now());
}

World::~World() = default;

std::string World::run() {
    for (const std::string& agent : kAgentNames) register_phone(agent, 1);
    for (const std::string& trunk : kTrunkNames) trunk_changes(trunk, true);
    if (dice_.chance(0.3)) take_up_callbacks();
    arrive();
    agents_live();
    if (day_.reloads_an_hour > 1) timeline_.after(dice_.between(10s, 100s), [this] { reload(); });
    if (dice_.chance(0.1)) {
        timeline_.after(dice_.between(10s, 60s), [this] { deliver(call::JournalFilled{0.95}); });
        timeline_.after(dice_.between(60s, 90s), [this] { deliver(call::JournalFilled{0.1}); });
    }
    run_until(began_ + day_.length);
    if (day_.drains) shut_down();
    calm_down();
    run_until(timeline_.now().at + kCalm);
    come_to_rest();
    return verdict_.text();
}

// ── The clock ──

void World::run_until(Time end) {
    while (!verdict_.broken() && step(end)) {
    }
    if (!verdict_.broken()) timeline_.move_to(end);
}

/// The next thing that happens: something from outside, or a deadline of the core. A loop is sometimes late, and then finds several
/// events at once: one round for all of them.
bool World::step(Time end) {
    const auto event = timeline_.next(), due = board_->next_deadline();
    if (!event && !due) return false;
    const Time next = !event ? *due : !due ? *event : std::min(*event, *due);
    if (next > end) return false;
    timeline_.move_to(next);
    if (!calm_ && dice_.chance(0.02)) timeline_.move_to(next + dice_.between(0ms, 300ms));
    while (timeline_.next() && *timeline_.next() <= timeline_.now().at) {
        timeline_.pop()();
        if (dice_.chance(0.5)) break;
    }
    round();
    return true;
}

void World::round() {
    const Time now = timeline_.now().at;
    const bool stopped = sabotage_.skip_rounds && now > began_ + 1min && now < began_ + 3min;
    rounds_at_once_ = now == last_round_ ? rounds_at_once_ + 1 : 0;
    last_round_ = now;
    verdict_.expect(rounds_at_once_ < kMostRoundsAtOnce, "the core spins: its deadline never comes to rest");
    if (stopped) {
        timeline_.move_to(now + 10ms);
    } else {
        board_->round(timeline_.now());
        const std::string broken = board_->broken_invariant(timeline_.now());
        verdict_.expect(broken.empty(), "the core's own books: ", broken);
    }
    watch();
}

void World::deliver(const call::Event& event) {
    if (telling_) tell(describe(event));
    if (const auto* contacts = std::get_if<call::AgentContacts>(&event)) told_contacts_[contacts->agent] = contacts->contacts;
    if (const auto* trunk = std::get_if<call::TrunkState>(&event)) told_trunks_[trunk->trunk] = trunk->up;
    board_->on(event, timeline_.now());
    if (const auto* invite = std::get_if<call::InviteArrived>(&event)) {
        const CallId call = media_.call_of(invite->leg);
        if (call) caller_legs_[call] = invite->leg;
    }
}

void World::tell(const std::string& line) {
    if (!telling_) return;
    char when[32];
    std::snprintf(when, sizeof when, "%9.3f  ", std::chrono::duration<double>(timeline_.now().at - began_).count());
    story_.push_back(when + line);
}

std::string World::story(std::size_t lines) const {
    std::string out;
    for (std::size_t i = story_.size() > lines ? story_.size() - lines : 0; i < story_.size(); ++i) out += story_[i] + '\n';
    return out;
}

// ── The house ──

std::shared_ptr<const call::Site> World::told_site() const {
    auto told = std::make_shared<call::Site>(*site_);
    sabotage_.site(*told);
    return told;
}

/// Queues, rules, agents and programs change under those who are in them.
void World::reload() {
    if (calm_) return;
    for (const auto& queue : site_->acd.queues)
        for (const auto& rule : queue.overflow)
            if (rule.action == acd::OverflowRule::Action::Widen) once_helped_[queue.name].insert(rule.to);
    site_ = draw_site(dice_, day_);
    ledger_.learn(*site_);
    tell("reload");
    board_->reload(told_site(), timeline_.now());
    timeline_.after(dice_.between(1s, Duration(2h) / static_cast<int>(day_.reloads_an_hour + 1)), [this] { reload(); });
}

/// What the day before has left in the store.
void World::take_up_callbacks() {
    call::CallbacksLeftOpen left;
    const Wall now = timeline_.now().wall;
    const auto so_long = [&](Duration least, Duration most) {
        return std::chrono::duration_cast<Wall::duration>(dice_.between(least, most));
    };
    for (std::size_t n = dice_.below(3) + 1; n > 0; --n) {
        call::CallbacksLeftOpen::One one;
        one.callback = CallId{n}, one.asked_in = CallId{n};
        one.caller = one.number = "1380000" + std::to_string(1000 + 3 * n);
        one.queue = dice_.chance(0.5) ? "service" : "domestic";
        one.language = "zh";
        one.place = now - so_long(1s, 300s);
        one.expires = now + so_long(1s, 200s);
        one.not_before = now + so_long(0s, 40s) - 20s;
        one.tries = static_cast<int>(dice_.below(2));
        left.callbacks.push_back(one);
    }
    ledger_.learn(left);
    deliver(left);
}

void World::shut_down() {
    draining_ = true;
    tell("drain");
    board_->drain(timeline_.now());
    const std::size_t before = ledger_.calls().size();
    for (int i = 0; i < 3; ++i) arrive();
    verdict_.expect(ledger_.calls().size() == before, "a call is taken while the house is closing");
    run_until(timeline_.now().at + dice_.between(0s, 20s));
    if (verdict_.broken()) return;
    board_->end_all("shutdown", timeline_.now());
    shut_ = timeline_.now().at;
    round();
}

void World::calm_down() {
    calm_ = true;
    signaling_.calm_down(), media_.calm_down(), speech_.calm_down();
    for (const auto& [call, leg] : caller_legs_) {
        timeline_.after(dice_.between(1min, 10min), [this, leg = leg] { signaling_.hang_up(leg); });
    }
}

/// Nothing may be left of a day but its facts.
void World::come_to_rest() {
    if (verdict_.broken()) return;
    const call::Census census = this->census();
    verdict_.expect(census.calls == 0, "after the calm there are calls: ", census.calls);
    verdict_.expect(census.legs == 0, "after the calm there are legs: ", census.legs);
    verdict_.expect(census.machines == 0, "after the calm there are IVR machines: ", census.machines);
    verdict_.expect(census.offers == 0, "after the calm there are offers: ", census.offers);
    verdict_.expect(census.timers == 0, "after the calm there are timers: ", census.timers);
    verdict_.expect(census.messages == 0, "after the calm there are voice messages: ", census.messages);
    for (const auto& [id, message] : media_.messages()) {
        using State = FakeMedia::Message::State;
        verdict_.expect(message.state == State::Kept || message.state == State::Gone, "a message of leg ", message.order.leg,
                        " is neither kept nor dropped");
    }
    verdict_.expect(ledger_.messages() == media_.saved(), "messages on disk: ", media_.saved().size(),
                    ", by the facts: ", ledger_.messages().size());
    for (const auto& [trunk, calls] : census.trunk_calls)
        verdict_.expect(calls == 0, "after the calm trunk ", trunk, " has calls: ", calls);
    for (const auto& queue : census.queues) verdict_.expect(queue.waiting == 0, "after the calm somebody waits in ", queue.name);
    for (const auto& [id, wire] : signaling_.wires()) verdict_.expect(wire.end_told, "after the calm a dialog stands: leg ", id);
    for (const auto& [id, port] : media_.ports()) {
        verdict_.expect(port.state == FakeMedia::Port::State::Closed || port.state == FakeMedia::Port::State::Failed,
                        "after the calm a port is open: leg ", id);
    }
    for (const auto& [id, book] : ledger_.calls()) {
        verdict_.expect(book.ended, "call ", id, " has no CallEnded");
        verdict_.expect(book.outcome != "voice_message" || book.messages + book.messages_missed > 0, "call ", id,
                        " left a message that there is not");
    }
    for (const auto& [name, agent] : ledger_.agents()) {
        const bool at_rest = agent.state.empty() || agent.state == "ready" || agent.state == "paused" || agent.state == "offline" ||
                             (agent.state == "wrap_up" && agent.until_done);
        verdict_.expect(at_rest, "after the calm agent ", name, " is ", agent.state);
    }
    board_->stop("end of the day", timeline_.now());
    // Nobody but who was reached as a machine by an agent's last word, at the stop: he is for the next start.
    for (const auto& [number, callback] : ledger_.callbacks())
        verdict_.expect(callback.waits && callback.may_try && callback.not_before >= timeline_.now().wall,
                        "after the end somebody is to be called back: ", number);
    verdict_.expect(board_->census(timeline_.now()).callbacks == ledger_.callbacks().size(),
                    "callbacks that the facts do not know");
    for (const auto& [name, agent] : ledger_.agents()) {
        verdict_.expect(agent.state.empty() || agent.state == "offline", "after the end agent ", name, " is ", agent.state);
    }
}

}  // namespace hotline::sim
