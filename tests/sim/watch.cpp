// The bystander: after every round, what the facts say, what the core says of itself and what the far ends see must be one story.
// Each rule is the grave of a defect that other systems have had.
#include "world.h"

namespace hotline::sim {

using Book = Ledger::CallBook;

void World::watch() {
    if (verdict_.broken()) return;
    watch_agents();
    watch_legs();
    watch_bridges();
    watch_census();
}

/// Serves this queue, is ready, and is not delayed after a miss: the queue could offer him a caller now.
bool World::may_take(const std::string& agent, const std::string& queue) const {
    const auto book = ledger_.agents().find(agent);
    if (book == ledger_.agents().end() || book->second.state != "ready" || timeline_.now().wall < book->second.delayed_until)
        return false;
    return serves(agent, queue);
}

/// Somebody who knows him was named, and the bounded wait for that one may still run.
bool World::may_wait_for_one(CallId call, const Book& book) const {
    constexpr auto kLongest = 30s + 5s;  // the longest affinity wait of any site, from when the directory answered at the latest
    return directory_.prefers(call) && timeline_.now().wall - book.enqueued < kLongest;
}

/// Reserved ends; nobody waits while somebody could take him.
void World::watch_agents() {
    std::set<std::string> queues_with_waiting;
    for (const auto& [id, entry] : ledger_.live()) {
        const Book& book = *entry;
        if (!book.offered_to.empty()) {
            const auto* rules = ledger_.queue(book.queue);
            const Duration longest = 15s + 1s;  // the longest ring time of any site, so that a reload cannot mislead
            verdict_.expect(rules && timeline_.now().wall - book.offered <= longest, "agent ", book.offered_to,
                            " is reserved for longer than the ring time, for call ", id);
        } else if (book.queued && !may_wait_for_one(id, book)) {
            queues_with_waiting.insert(book.queue);
        }
    }
    for (const std::string& queue : queues_with_waiting) {
        for (const std::string& agent : kAgentNames) {
            verdict_.expect(!may_take(agent, queue), "somebody waits in ", queue, " while agent ", agent, " is idle");
        }
    }
    for (const auto& [name, agent] : ledger_.agents()) {
        const bool ringing = agent.state == "ringing", talking = agent.state == "talking";
        verdict_.expect(agent.engaged ? ringing || talking : !ringing && !talking, "agent ", name, " is ", agent.state, " and is ",
                        agent.engaged ? "" : "not ", "in an offer or conversation");
        if (!agent.engaged) continue;
        const Book& book = ledger_.calls().at(*agent.engaged);
        verdict_.expect((ringing ? book.offered_to : book.talks_to) == name, "agent ", name, " is ", agent.state,
                        " in a call that says otherwise");
    }
}

/// No dialog and no port without a live call: once CallEnded is written every leg has been let go.
void World::watch_legs() {
    for (const auto& [id, entry] : media_.alive()) {
        const FakeMedia::Port& port = *entry;
        verdict_.expect(ledger_.calls().contains(port.call), "leg ", id, " belongs to no call");
        if (ledger_.live().contains(port.call)) continue;
        const bool open = port.state == FakeMedia::Port::State::Open || port.state == FakeMedia::Port::State::Opening;
        verdict_.expect(!open, "call ", port.call, " has ended and the port of leg ", id, " is open");
        const auto wire = signaling_.wires().find(id);
        if (wire == signaling_.wires().end()) continue;
        verdict_.expect(wire->second.let_go || wire->second.end_told, "call ", port.call, " has ended and leg ", id, " stands");
    }
}

/// Who talks hears his agent and nobody else; who does not talk is bridged to nobody.
void World::watch_bridges() {
    std::set<CallId> bridged;
    for (const auto& [id, port] : media_.alive()) {
        if (port->bridged) bridged.insert(port->call);
    }
    for (const auto& [id, book] : ledger_.live()) {
        if (book->out && book->talks_to.empty()) continue;  // he may hear the far end before it answers
        const bool should = !book->talks_to.empty() && book->holders.empty();
        verdict_.expect(should == bridged.contains(id), "call ", id,
                        should ? " talks and hears nobody" : " does not talk and is bridged");
    }
}

/// Counters are a fold of the facts.
void World::watch_census() {
    if (ledger_.size() == std::exchange(counted_facts_, ledger_.size())) return;
    const call::Census census = this->census();
    std::map<std::string, std::size_t> waiting, states;
    std::size_t open = ledger_.live().size(), offers = 0;
    for (const auto& [id, book] : ledger_.live()) {
        offers += !book->offered_to.empty();
        if (book->queued) ++waiting[book->queue];
    }
    verdict_.expect(census.calls >= open, "calls in the core: ", census.calls, ", by the facts: ", open);
    verdict_.expect(census.offers == offers, "offers in the core: ", census.offers, ", by the facts: ", offers);
    for (const auto& queue : census.queues) {
        verdict_.expect(queue.waiting == waiting[queue.name], "queue ", queue.name, " holds ", queue.waiting,
                        ", by the facts: ", waiting[queue.name]);
    }
    for (const auto& [name, agent] : ledger_.agents()) ++states[agent.state];
    for (const auto& [state, count] : census.agents_by_state) {
        verdict_.expect(count == states[state], "agents who are ", state, ": ", count, ", by the facts: ", states[state]);
    }
}

/// Only where the site has a way, which is there, and not more calls of one agent than any site allows him.
void World::judge_dialling(CallId call, const call::Dialled& dialled) {
    constexpr std::ptrdiff_t kMostAtOnce = 2;
    const auto rules = site_->trunks.find(dialled.trunk);
    verdict_.expect(rules != site_->trunks.end(), "call ", call, " goes out through trunk ", dialled.trunk, ", which there is not");
    verdict_.expect(told_trunks_[dialled.trunk], "call ", call, " goes out through trunk ", dialled.trunk, ", which is down");
    verdict_.expect(dialled.number.starts_with("1"), "call ", call, " goes out to ", dialled.number, ", which nobody may call");
    const auto own = std::ranges::count_if(ledger_.live(), [&](const auto& each) {
        return !each.second->dialling.empty() || (each.second->out && each.second->talks_to == dialled.agent)
                   ? each.second->caller == dialled.agent
                   : false;
    });
    verdict_.expect(own <= kMostAtOnce, "agent ", dialled.agent, " has ", own, " calls to the outside at once");
    std::size_t through = 0;
    for (const auto& [leg, wire] : signaling_.wires()) through += wire.trunk == dialled.trunk && !wire.let_go && !wire.end_told;
    const bool full = rules != site_->trunks.end() && rules->second.max_calls > 0 && through >= rules->second.max_calls;
    verdict_.expect(!full, "call ", call, " goes out through trunk ", dialled.trunk, ", which is full");
}

bool World::is_rescue(const std::string& queue) const {
    const auto* rules = ledger_.queue(queue);
    return rules && rules->priority >= acd::kRescue;
}

bool World::serves(const std::string& agent, const std::string& queue) const {
    for (const auto& config : site_->acd.agents)
        if (config.name == agent) return std::find(config.queues.begin(), config.queues.end(), queue) != config.queues.end();
    return false;
}

/// Rescue before all others, whichever of his queues the agent is offered a call from. First come, first served within a queue and
/// priority; only who has a phone is rung. A place counts from when he asked for the queue, which is before Enqueued by as long as
/// the directory is waited for.
void World::judge_offer(CallId call, const call::Offered& offer) {
    constexpr auto kLongestLookUp = 300ms;
    verdict_.expect(told_contacts_[offer.agent] > 0, "agent ", offer.agent, " is offered a call and has no phone");
    const auto mine = ledger_.calls().find(call);
    if (mine == ledger_.calls().end()) return;
    for (const auto& [id, entry] : ledger_.live()) {
        const Book& other = *entry;
        if (id == call || !other.queued || !other.offered_to.empty() || may_wait_for_one(id, other)) continue;
        verdict_.expect(is_rescue(offer.queue) || !is_rescue(other.queue) || !serves(offer.agent, other.queue), "agent ",
                        offer.agent, " is offered call ", call, " while call ", id, " waits in rescue");
        if (other.queue != offer.queue || other.boost < mine->second.boost) continue;
        verdict_.expect(other.boost == mine->second.boost && other.enqueued + kLongestLookUp >= mine->second.enqueued, "call ",
                        call, " is served before call ", id, " who came first");
    }
}

}  // namespace hotline::sim
