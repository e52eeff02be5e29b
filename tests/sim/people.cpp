// Those at the far ends: customers who press, wait, lose patience and hang up in any state; agents who answer, refuse, forget their
// phone, pause by star code, go home and come back.
#include "world.h"

namespace hotline::sim {
namespace {

constexpr int kNumbers = 12;  // so few that they call again, and somebody knows them
constexpr const char kKeys[] = "0001122334455566699**##78";

}  // namespace

// ── Customers ──

void World::arrive() {
    if (calm_) return;
    call::InviteArrived invite;
    invite.leg = leg_ids_.next();
    invite.origin = {call::Origin::Kind::Trunk, "local"};
    invite.caller = dice_.chance(0.95) ? "1380000" + std::to_string(1000 + dice_.below(kNumbers)) : "";
    invite.called = dice_.chance(0.97) ? kHotline : "12345";
    if (dice_.chance(0.9)) invite.offer = dice_.chance(0.97) ? usable_audio(dice_) : unusable_audio();
    invite.source = *IpAddress::parse("127.0.0.1");
    signaling_.invite(invite);
    behave(invite.leg);
    if (!draining_) timeline_.after(dice_.between(0s, 2 * day_.between_calls), [this] { arrive(); });
}

/// Gives up at any moment: some before the first 200 (CANCEL), some in the menu, most much later.
void World::behave(LegId leg) {
    const Duration patience = dice_.chance(0.15) ? dice_.between(0ms, 500ms) : dice_.between(1s, day_.patience);
    timeline_.after(patience, [this, leg] { signaling_.hang_up(leg); });
}

void World::accepted(LegId leg) {
    press_something(leg);
    // Later, in a queue: what its offer of a callback asks for, or a key that leads out.
    for (int i = 0; i < 3; ++i)
        if (dice_.chance(0.4))
            timeline_.after(dice_.between(8s, 40s), [this, leg, key = "01278"[dice_.below(5)]] {
                if (!calm_) media_.press(leg, key);
            });
    if (dice_.chance(0.15)) {
        timeline_.after(dice_.between(0s, 30s), [this, leg] {
            signaling_.reoffer(leg, dice_.chance(0.9) ? usable_audio(dice_, call::Direction::SendOnly) : unusable_audio());
        });
        timeline_.after(dice_.between(5s, 50s), [this, leg] { signaling_.reoffer(leg, usable_audio(dice_)); });
    }
}

void World::press_something(LegId leg) {
    if (calm_ || dice_.chance(0.1)) return;
    timeline_.after(dice_.between(0ms, 4s), [this, leg] {
        const char key = kKeys[dice_.below(sizeof kKeys - 1)];
        dice_.chance(0.8) ? media_.press(leg, key) : signaling_.press(leg, key);
        if (dice_.chance(0.7)) press_something(leg);
    });
}

// ── Agents ──

void World::agents_live() {
    if (calm_) return;
    const std::string& agent = dice_.pick(kAgentNames);
    if (dice_.chance(0.1)) trunk_changes(dice_.pick(kTrunkNames), dice_.chance(0.5));
    if (dice_.chance(0.4)) {
        register_phone(agent, dice_.chance(0.2) ? 0 : static_cast<int>(1 + dice_.below(2)));
    } else if (phones_[agent].contacts > 0) {
        star_code(agent);
    }
    timeline_.after(dice_.between(1s, 15s), [this] { agents_live(); });
}

void World::register_phone(const std::string& agent, int contacts) {
    Phone& phone = phones_[agent];
    phone.contacts = contacts;
    phone.last_word = std::max(phone.last_word, timeline_.now().at + dice_.latency());  // the registrar tells in order
    const bool signs_off = contacts == 0 && dice_.chance(0.5);
    timeline_.at(phone.last_word, [this, agent, contacts, signs_off] {
        deliver(call::AgentContacts{agent, contacts, *IpAddress::parse("127.0.0.1"), signs_off});
    });
}

/// His own call: a star code, mostly; or the hotline, like any customer, or a colleague; or somebody outside, also where he may
/// not.
void World::star_code(const std::string& agent) {
    const char* codes[] = {"*71",          "*71",         "*72",         "*73",
                           "*74",          "*74",         kHotline,      dice_.pick(kAgentNames).c_str(),
                           "13900001234",  "13900001234", "13900005678", "13900009999",
                           "+19005551234", "8099",        "*751",        "*759"};
    dials(agent, codes[dice_.below(std::size(codes))]);
}

void World::dials(const std::string& agent, const std::string& number) {
    call::InviteArrived invite;
    invite.leg = leg_ids_.next();
    invite.origin = {call::Origin::Kind::Agent, agent};
    invite.caller = agent;
    invite.called = number;
    invite.offer = usable_audio(dice_);
    invite.source = *IpAddress::parse("127.0.0.1");
    signaling_.invite(invite);
    timeline_.after(dice_.between(0s, 20s), [this, leg = invite.leg] { signaling_.hang_up(leg); });
}

/// Told in order, like everything about one thing.
void World::trunk_changes(const std::string& trunk, bool up) {
    Time& last = trunk_words_[trunk];
    last = std::max(last, timeline_.now().at + dice_.latency());
    timeline_.at(last, [this, trunk, up] { deliver(call::TrunkState{trunk, up, *IpAddress::parse("127.0.0.1")}); });
}

CarrierReaction World::carries(const std::string&) {
    using Kind = CarrierReaction::Kind;
    const Duration after = dice_.between(100ms, 8s);
    if (calm_) return {Kind::Answer, after};
    const Kind kinds[] = {Kind::Answer, Kind::Answer, Kind::Answer, Kind::EarlySound, Kind::EarlySound,  Kind::Late,
                          Kind::Silent, Kind::Rings,  Kind::Refuse, Kind::Refuse,     Kind::RefuseLater, Kind::AnswerUnusably};
    const int statuses[] = {486, 603, 404, 480, 408, 500, 503, 503, 407};
    const Kind kind = kinds[dice_.below(std::size(kinds))];
    return {kind, kind == Kind::Late ? dice_.between(2s, 20s) : after, statuses[dice_.below(std::size(statuses))]};
}

Reaction World::rings(const std::string& agent) {
    using Kind = Reaction::Kind;
    if (phones_[agent].contacts == 0) return {Kind::Unreachable};
    const Duration after = dice_.between(100ms, 8s);
    if (calm_ || !dice_.chance(day_.unruly_agents)) return {Kind::Answer, after};
    const Kind kinds[] = {Kind::Reject, Kind::Busy, Kind::Ignore, Kind::Ignore, Kind::GiveUp, Kind::Break, Kind::AnswerUnusably};
    return {kinds[dice_.below(std::size(kinds))], dice_.between(100ms, 16s)};
}

/// Most callers answer what they are asked once he has hung up, whatever they press before.
void World::talks(LegId leg, const std::string& agent) {
    const Duration talk = dice_.between(0s, day_.talk);
    timeline_.after(talk, [this, leg] { signaling_.hang_up(leg); });
    // Whom we call may be asked for a key first. Who has none is a machine, or has his hands full.
    if (agent.empty() && dice_.chance(0.7)) timeline_.after(dice_.between(100ms, 8s), [this, leg] { media_.press(leg, '1'); });
    // What it was about is said while he still wraps it up, by those who say it.
    if (!agent.empty() && dice_.chance(0.4))
        timeline_.after(talk + dice_.between(500ms, 5s), [this, agent, code = dice_.chance(0.5) ? "*751" : "*752"] {
            if (!calm_ && phones_[agent].contacts > 0) dials(agent, code);
        });
    const auto caller = caller_legs_.find(media_.call_of(leg));
    if (caller != caller_legs_.end() && dice_.chance(0.6))
        timeline_.after(talk + dice_.between(100ms, 8s),
                        [this, to = caller->second, key = "123"[dice_.below(3)]] { media_.press(to, key); });
    if (calm_ || !dice_.chance(0.2)) return;
    timeline_.after(dice_.between(1s, 20s),
                    [this, leg] { signaling_.reoffer(leg, usable_audio(dice_, call::Direction::Inactive)); });
    timeline_.after(dice_.between(5s, 40s), [this, leg] { signaling_.reoffer(leg, usable_audio(dice_)); });
}

}  // namespace hotline::sim
