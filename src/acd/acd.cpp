// The public face: looks names and ids up, ignores what is unknown, and hands on.
#include "hotline/acd/acd.h"

#include "state.h"

namespace hotline::acd {

Acd::Acd() : state_(std::make_unique<State>()) {}
Acd::~Acd() = default;
Acd::Acd(Acd&&) noexcept = default;
Acd& Acd::operator=(Acd&&) noexcept = default;

void Acd::configure(const Config& config, Time now) { state_->configure(config, now); }

AgentId Acd::agent(std::string_view name) const {
    auto found = state_->agent_names.find(name);
    return found == state_->agent_names.end() ? AgentId{} : found->second->id;
}

QueueId Acd::queue(std::string_view name) const {
    auto found = state_->queue_names.find(name);
    return found == state_->queue_names.end() ? QueueId{} : found->second->id;
}

std::optional<AgentView> Acd::view(AgentId id) const {
    const AgentEntry* agent = state_->find(id);
    if (!agent) return std::nullopt;
    return AgentView{agent->name, agent->present, agent->availability, agent->pause_reason, agent->occupancy, agent->idle_since};
}

std::optional<QueueView> Acd::view(QueueId id, Time now) const {
    const QueueEntry* queue = state_->find(id);
    if (!queue) return std::nullopt;
    Duration longest = queue->entered.empty() ? Duration{0} : now - queue->entered.begin()->first;
    return QueueView{queue->config.name, queue->entered.size(), static_cast<std::size_t>(queue->all->free()), longest};
}

std::vector<AgentId> Acd::agents() const { return state_->agent_order; }
std::vector<QueueId> Acd::queues() const { return state_->queue_order; }

Outcome Acd::enqueue(const Caller& caller, Time now) { return state_->enqueue(caller, now); }
void Acd::set_affinity(CallId call, std::vector<AgentId> agents, Time now) { state_->set_affinity(call, std::move(agents), now); }
void Acd::leave(CallId call, Time now) { state_->leave(call, now); }
AffinityOutcome Acd::affinity(CallId call) const {
    const WaitingCaller* caller = state_->find(call);
    return caller ? affinity_of(*caller) : AffinityOutcome::None;
}
std::optional<std::size_t> Acd::position(CallId call) const { return state_->position(call); }

std::optional<int> Acd::priority(CallId call, QueueId id) const {
    const WaitingCaller* caller = state_->find(call);
    const QueueEntry* queue = state_->find(id);
    return caller && queue ? std::optional(priority_of(*caller, queue->config, caller->boost)) : std::nullopt;
}
std::optional<Duration> Acd::estimated_wait(CallId call, Time now) const {
    return state_->position(call) ? state_->expected_wait(*state_->find(call), 0, now) : std::nullopt;
}
std::optional<Duration> Acd::estimated_wait(QueueId id, Time now) const {
    const QueueEntry* queue = state_->find(id);
    if (!queue) return std::nullopt;
    if (static_cast<std::size_t>(queue->all->free()) > as_good_as_taken(*queue, nullptr)) return Duration{0};
    return queue->rate.wait(queue->line.size() + 1, now);
}

void Acd::set_open(QueueId id, bool open, Time now) {
    if (QueueEntry* queue = state_->find(id)) state_->set_open(*queue, open, now);
}

bool Acd::hand_over(CallId from, CallId to, std::optional<Away> away, Time now) { return state_->hand_over(from, to, away, now); }
bool Acd::rename(CallId offered, CallId to) { return state_->rename(offered, to); }
bool Acd::arrived(CallId call, Time now) { return state_->arrived(call, now); }
void Acd::set_calling(QueueId id, bool calling, Time now) {
    if (QueueEntry* queue = state_->find(id)) state_->set_calling(*queue, calling, now);
}

bool Acd::on_answered(OfferId offer, Time now) { return state_->on_answered(offer, now); }
bool Acd::on_missed(OfferId offer, Miss why, Time now) { return state_->on_missed(offer, why, now); }

std::optional<Time> Acd::on_talk_ended(AgentId id, Time now) {
    AgentEntry* agent = state_->find(id);
    return agent ? state_->on_talk_ended(*agent, now) : std::nullopt;
}
void Acd::on_not_reached(AgentId id, Time now) {
    AgentEntry* agent = state_->find(id);
    if (agent && agent->occupancy == Occupancy::Talking) state_->unoccupy(*agent, now);
}
void Acd::finish_wrapup(AgentId id, Time now) {
    if (AgentEntry* agent = state_->find(id)) state_->finish_wrapup(*agent, now);
}
void Acd::end_wrapups(Time now) { state_->end_wrapups(now); }
void Acd::set_present(AgentId id, bool present, Time now) {
    if (AgentEntry* agent = state_->find(id)) state_->set_present(*agent, present, now);
}
void Acd::pause(AgentId id, std::string reason, Time now) {
    if (AgentEntry* agent = state_->find(id)) state_->pause(*agent, std::move(reason), now);
}
void Acd::sign_off(AgentId id, Time now) {
    if (AgentEntry* agent = state_->find(id)) state_->sign_off(*agent, now);
}
void Acd::resume(AgentId id, Time now) {
    if (AgentEntry* agent = state_->find(id)) state_->resume(*agent, now);
}
void Acd::set_busy(AgentId id, bool busy, Time now) {
    if (AgentEntry* agent = state_->find(id)) state_->set_busy(*agent, busy, now);
}

void Acd::new_day(Time now) { state_->new_day(now); }
Decisions Acd::decide(Time now) { return state_->decide(now); }
std::optional<Time> Acd::next_deadline() const { return state_->next_deadline(); }
std::string Acd::broken_invariant(Time now) const { return state_->broken_invariant(now); }

}  // namespace hotline::acd
