// One round: what has run out ends, then callers and agents are paired, the first caller first.
#include <queue>
#include <utility>

#include "state.h"

namespace hotline::acd {
namespace {

/// Where pairs can arise: a queue with callers and free agents, or a free agent whom callers wait for.
struct Source {
    QueueEntry* queue = nullptr;  // one of the two
    AgentEntry* agent = nullptr;
    WaitingCaller* front = nullptr;

    /// The caller who is next here; none while there is no pair.
    WaitingCaller* first() const {
        if (queue) return queue->open.empty() || queue->free.empty() ? nullptr : *queue->open.begin();
        return agent->standing != Standing::Free || agent->holders.empty() ? nullptr : *agent->holders.begin();
    }
    AgentEntry& best_agent() const { return queue ? *queue->free.begin()->agent : *agent; }
};

struct LaterFront {
    bool operator()(const Source& a, const Source& b) const { return b.front->rank < a.front->rank; }
};

/// All sources, the one with the best caller on top. A front can only go while a match runs, never come: a stale one is replaced
/// when it reaches the top.
class Sources {
  public:
    void add(Source source) {
        source.front = source.first();
        if (source.front) heap_.push(source);
    }
    std::optional<Source> next() {
        while (!heap_.empty()) {
            Source source = heap_.top();
            heap_.pop();
            if (source.first() == source.front) return source;
            add(source);
        }
        return std::nullopt;
    }

  private:
    std::priority_queue<Source, std::vector<Source>, LaterFront> heap_;
};

bool is_empty(const Decisions& d) {
    return d.lapsed.empty() && d.wrapups.empty() && d.expired.empty() && d.paused.empty() && d.offers.empty();
}

}  // namespace

Decisions Acd::State::decide(Time now) {
    run_out(now);
    match(now);
    if (release_timed_out(now)) match(now);
    return std::exchange(decided, {});
}

void Acd::State::run_out(Time now) {
    while (auto due = deadlines.pop(now)) {
        AgentEntry* agent = due->kind == Deadline::Kind::LongestWait ? nullptr : find(AgentId{due->id});
        switch (due->kind) {
            case Deadline::Kind::Offer: lapse(*agent, now); break;
            case Deadline::Kind::WrapUp: end_wrapup(*agent, *agent->wrapup_ends, true, now); break;
            case Deadline::Kind::Delay:
                agent->delayed_until.reset();
                refresh(*agent, now);
                break;
            case Deadline::Kind::LongestWait: expire(CallId{due->id}); break;
        }
    }
}

void Acd::State::match(Time now) {
    Sources sources;
    for (QueueEntry* queue : std::exchange(dirty_queues, {})) {
        queue->dirty = false;
        sources.add({queue});
    }
    for (AgentEntry* agent : std::exchange(dirty_agents, {})) {
        agent->dirty = false;
        sources.add({nullptr, agent});
    }
    while (auto source = sources.next()) {
        make_offer(*source->front, source->best_agent(), now);
        sources.add(*source);
    }
}

void Acd::State::mark_dirty(QueueEntry& queue, Time now) {
    changed = now;
    if (!std::exchange(queue.dirty, true)) dirty_queues.push_back(&queue);
}

void Acd::State::mark_dirty(AgentEntry& agent, Time now) {
    changed = now;
    if (!std::exchange(agent.dirty, true)) dirty_agents.push_back(&agent);
}

std::optional<Time> Acd::State::next_deadline() const {
    if (!dirty_queues.empty() || !dirty_agents.empty() || !is_empty(decided)) return changed;
    auto a = deadlines.next(), b = affinity_ends.next();
    return a && b ? std::min(*a, *b) : a ? a : b;
}

}  // namespace hotline::acd
