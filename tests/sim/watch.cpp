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

// What waiting brings comes at an instant, and facts tell times in microseconds: near that instant both readings are right.
constexpr auto kBlur = 1ms;

/// Is ready, and not delayed after a miss: a queue could offer him a caller now.
bool World::is_free(const std::string& agent) const {
    const auto book = ledger_.agents().find(agent);
    return book != ledger_.agents().end() && book->second.state == "ready" && timeline_.now().wall >= book->second.delayed_until;
}

/// Whether this agent may take this caller when he has waited `waited`: serves his queue or one that it was widened by, and has the
/// skills that are still wanted.
bool World::fits(const std::string& agent, const Book& book, Wall::duration waited, std::set<std::string> queues) const {
    const auto* rules = ledger_.queue(book.queue);
    if (!rules) return false;
    std::map<std::string, std::int64_t> wanted;
    for (const auto& [skill, level] : book.skills) wanted[skill] = std::max(wanted[skill], level);
    queues.insert(book.queue);
    for (const auto& step : rules->relax) {
        if (waited < step.after) break;
        for (auto& [skill, level] : wanted) level = std::max<std::int64_t>(1, level - step.lower);
        for (const auto& skill : step.drop) wanted.erase(skill);
        queues.insert(step.widen.begin(), step.widen.end());
    }
    const auto& agents = site_->acd.agents;
    const auto config = std::ranges::find(agents, agent, &acd::AgentConfig::name);
    if (config == agents.end()) return false;
    const auto level_of = [&](const std::string& skill) {
        const auto found = config->skills.find(skill);
        return found == config->skills.end() ? 0 : found->second;
    };
    return std::ranges::any_of(config->queues, [&](const auto& queue) { return queues.contains(queue) && ledger_.queue(queue); }) &&
           std::ranges::all_of(wanted, [&](const auto& one) { return level_of(one.first) >= one.second; });
}

bool World::surely_fits(const std::string& agent, const Book& book) const {
    return fits(agent, book, timeline_.now().wall - book.place - kBlur, {});
}

/// … or a rule of overflow may have let other agents help, or he asked for this one.
bool World::may_fit(const std::string& agent, const Book& book, const call::Offered& offer) {
    if (offer.reason == "named") return book.named;
    return fits(agent, book, timeline_.now().wall - book.place + kBlur, ledger_.helpers(book.queue));
}

/// Somebody who knows him was named, and the bounded wait for that one may still run.
bool World::may_wait_for_one(CallId call, const Book& book) const {
    constexpr auto kLongest = 30s + 5s;   // the longest affinity wait of any site, from when the directory answered at the latest
    constexpr auto kLongestByName = 30s;  // before that, if he asked for one by name
    const auto waited = timeline_.now().wall - book.enqueued;
    if (!book.calls_back.empty()) return waited < kLongest + kLongestByName;  // who knows him is not told of this call
    return (book.named && waited < kLongest + kLongestByName) || (directory_.prefers(call) && waited < kLongest);
}

/// Reserved ends; nobody waits while somebody could take him.
void World::watch_agents() {
    std::vector<std::string> free;
    for (const std::string& agent : kAgentNames)
        if (is_free(agent)) free.push_back(agent);
    for (const auto& [id, entry] : ledger_.live()) {
        const Book& book = *entry;
        if (!book.offered_to.empty()) {
            const auto* rules = ledger_.queue(book.queue);
            // The longest of any site, so that a reload cannot mislead: ringing, and for a callback the customer's phone, too.
            const Duration longest = book.calls_back.empty() ? 15s + 1s : 15s + 2 * 8s + 20s + 20s + 1s;
            verdict_.expect(rules && timeline_.now().wall - book.offered <= longest, "agent ", *book.offered_to.begin(),
                            " is reserved for longer than the ring time, for call ", id);
        } else if (book.queued) {
            verdict_.expect(may_stay(book), "call ", id, " stays in ", book.queue, " although nobody is there");
            if (may_wait_for_one(id, book)) continue;
            for (const std::string& agent : free)
                verdict_.expect(!surely_fits(agent, book), "somebody waits in ", book.queue, " while agent ", agent, " is idle");
        }
    }
    for (const auto& [name, agent] : ledger_.agents()) {
        const bool ringing = agent.state == "ringing", talking = agent.state == "talking";
        verdict_.expect(agent.engaged ? ringing || talking : !ringing && !talking, "agent ", name, " is ", agent.state, " and is ",
                        agent.engaged ? "" : "not ", "in an offer or conversation");
        if (!agent.engaged) continue;
        const Book& book = ledger_.calls().at(*agent.engaged);
        const bool fetches = !book.calls_back.empty() && book.offered_to.contains(name);  // hears how the customer is called
        verdict_.expect(ringing ? book.offered_to.contains(name) : book.talks_to == name || fetches, "agent ", name, " is ",
                        agent.state, " in a call that says otherwise");
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

constexpr auto kNoticeAtMost = 10s + 300ms;  // two who talk hear it out first; a round may be late

/// Who talks hears his agent and nobody else; who does not talk is bridged to nobody.
void World::watch_bridges() {
    std::set<CallId> bridged;
    for (const auto& [id, port] : media_.alive()) {
        if (port->bridged) bridged.insert(port->call);
    }
    for (const auto& [id, book] : ledger_.live()) {
        if ((book->out || !book->dialling.empty()) && book->talks_to.empty())
            continue;  // the far end may be heard before it answers
        const bool should = !book->talks_to.empty() && book->holders.empty();
        const bool notices = day_.notices || !book->calls_back.empty();
        if (should && notices && timeline_.now().wall - book->answered <= kNoticeAtMost) continue;
        verdict_.expect(should == bridged.contains(id), "call ", id,
                        should ? " talks and hears nobody" : " does not talk and is bridged");
    }
}

/// Counters are a fold of the facts.
void World::watch_census() {
    if (ledger_.size() == std::exchange(counted_facts_, ledger_.size())) return;
    const call::Census census = this->census();
    std::map<std::string, std::size_t> waiting, expired, states;
    std::size_t open = ledger_.live().size(), offers = 0, back = 0;
    for (const auto& [id, book] : ledger_.live()) {
        (book->calls_back.empty() ? offers : back) += book->offered_to.size();
        if (book->queued) ++waiting[book->queue];
    }
    for (const auto& [number, callback] : ledger_.callbacks())
        if (callback.waits) ++(callback.dialled_by && callback.expires <= timeline_.now().wall ? expired : waiting)[callback.queue];
    verdict_.expect(census.callbacks == ledger_.callbacks().size(), "callbacks in the core: ", census.callbacks,
                    ", by the facts: ", ledger_.callbacks().size());
    verdict_.expect(census.calls >= open, "calls in the core: ", census.calls, ", by the facts: ", open);
    // An agent who is kept for a customer, or hears him called, is offered and rings no more.
    verdict_.expect(census.offers >= offers && census.offers <= offers + back, "offers in the core: ", census.offers,
                    ", by the facts: ", offers, " and of callbacks ", back);
    for (const auto& queue : census.queues) {
        const std::size_t least = waiting[queue.name], most = least + expired[queue.name];
        verdict_.expect(queue.waiting >= least && queue.waiting <= most, "queue ", queue.name, " holds ", queue.waiting,
                        ", by the facts: ", least);
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
    if (dialled.agent.empty()) {  // a menu calls for its caller
        const auto together = std::ranges::count_if(ledger_.live(), [](const auto& each) {
            return !each.second->out && (!each.second->dialling.empty() || each.second->talks_to == Ledger::kOutside);
        });
        verdict_.expect(together <= kMostAtOnce, "menus have ", together, " calls to the outside at once");
    }
    const auto own = std::ranges::count_if(ledger_.live(), [&](const auto& each) {
        return !each.second->dialling.empty() || (each.second->out && each.second->talks_to == dialled.agent)
                   ? each.second->caller == dialled.agent
                   : false;
    });
    verdict_.expect(own <= kMostAtOnce, "agent ", dialled.agent, " has ", own, " calls to the outside at once");
    const auto book = ledger_.calls().find(call);
    if (book != ledger_.calls().end() && !book->second.calls_back.empty() && !book->second.was_dialled)
        verdict_.expect(calls_back_now(book->second.queue), "call ", call, " calls somebody back out of hours");
    std::size_t through = 0;
    for (const auto& [leg, wire] : signaling_.wires()) through += wire.trunk == dialled.trunk && !wire.let_go && !wire.end_told;
    const bool full = rules != site_->trunks.end() && rules->second.max_calls > 0 && through >= rules->second.max_calls;
    verdict_.expect(!full, "call ", call, " goes out through trunk ", dialled.trunk, ", which is full");
}

/// By the queue's calendar for callbacks, or its own. Near a full minute both readings are right.
bool World::calls_back_now(const std::string& queue) const {
    const auto rules = site_->callbacks.find(queue);
    const auto of_queue = site_->queue_hours.find(queue);
    const bool own = rules != site_->callbacks.end() && rules->second.hours;
    const auto hours = own ? rules->second.hours : of_queue == site_->queue_hours.end() ? nullptr : of_queue->second;
    if (!hours) return true;
    const Wall now = timeline_.now().wall;
    const auto open = [&](Wall at) { return ivr::open_at(*hours, at).ok() && *ivr::open_at(*hours, at); };
    return open(now - kBlur) || open(now + kBlur);
}

/// Those whom the queue needs for callers to stay are there, its helpers, or whom he asked for.
bool World::may_stay(const Book& book) const {
    const auto* rules = ledger_.queue(book.queue);
    if (!rules || rules->staying == acd::Needs::Nobody) return true;
    constexpr auto kLongestForOne = 30s + 15s + 1s;  // the longest own list and ring time of any site
    if (book.named && timeline_.now().wall - book.enqueued < kLongestForOne) return true;
    std::set<std::string> queues = {book.queue};  // those of helpers, too, once a rule or a step may have let them help
    for (const auto& step : rules->relax)
        if (timeline_.now().wall - book.place + kBlur >= step.after) queues.insert(step.widen.begin(), step.widen.end());
    for (const auto& rule : rules->overflow)
        if (rule.action == acd::OverflowRule::Action::Widen) queues.insert(rule.to);
    if (const auto before = once_helped_.find(book.queue); before != once_helped_.end())  // a reload takes no helper away
        queues.insert(before->second.begin(), before->second.end());
    return std::ranges::any_of(site_->acd.agents, [&](const acd::AgentConfig& agent) {
        const auto state = ledger_.agents().find(agent.name);
        if (state == ledger_.agents().end() ||
            std::ranges::none_of(agent.queues, [&](const auto& one) { return queues.contains(one); }))
            return false;
        const bool paused = state->second.state == "paused" && rules->staying == acd::Needs::Ready;
        return !state->second.state.empty() && state->second.state != "offline" && !paused;
    });
}

/// His own priority and what his wait has added, when he has waited `waited`. Who was moved is rescue as he was before, or is not.
std::int64_t World::urgency(const Book& book, Wall::duration waited) const {
    const auto* rules = ledger_.queue(book.queue);
    if (!rules) return book.boost;
    const bool ages = rules->age_every > Duration{0} && waited >= Wall::duration{0};
    const auto aged = ages ? std::min<std::int64_t>(waited / rules->age_every, rules->age_most) : 0;
    if (book.rescue != (rules->priority >= acd::kRescue)) return book.rescue ? acd::kRescue : acd::kRescue - 1;
    return rules->priority + book.boost + aged;
}

/// Rescue before all others, whichever of his queues the agent is offered a call from. First come, first served within a queue and
/// priority, among those whom he may take; only who has a phone is rung, and only for whom he fits.
void World::judge_offer(CallId call, const call::Offered& offer) {
    verdict_.expect(told_contacts_[offer.agent] > 0, "agent ", offer.agent, " is offered a call and has no phone");
    const auto found = ledger_.calls().find(call);
    if (found == ledger_.calls().end()) return;
    const Book& mine = found->second;
    const Wall now = timeline_.now().wall;
    verdict_.expect(may_fit(offer.agent, mine, offer), "agent ", offer.agent, " is offered call ", call,
                    " and lacks what it wants");
    for (const auto& [id, entry] : ledger_.live()) {
        const Book& other = *entry;
        const bool waits = id != call && other.queued && other.offered_to.empty() && !may_wait_for_one(id, other);
        if (!waits || !surely_fits(offer.agent, other)) continue;
        verdict_.expect(mine.rescue || !other.rescue, "agent ", offer.agent, " is offered call ", call, " while call ", id,
                        " waits in rescue");
        if (other.queue != offer.queue) continue;
        const auto least = urgency(other, now - other.place - kBlur), most = urgency(mine, now - mine.place + kBlur);
        verdict_.expect(least <= most, "call ", call, " is served before call ", id, " which is more urgent");
        const bool equal =
            least == most && urgency(other, now - other.place + kBlur) == least && urgency(mine, now - mine.place - kBlur) == most;
        verdict_.expect(!equal || other.place + kBlur >= mine.place, "call ", call, " is served before call ", id,
                        " who came first");
    }
}

}  // namespace hotline::sim
