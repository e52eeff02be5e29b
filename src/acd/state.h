// What the distributor knows: waiting callers, agents and queues, each kept in exactly the order in which it will be asked for.
//
//   QueueEntry ── line ───▶ callers who wait here, in order (position)      AgentEntry ── holders ──▶ callers who wait for him
//        │     ── free ───▶ its agents who could be offered a caller              │                                alone
//        │                  now, in the order of its strategy                     │
//        └─ Pool, one for all callers who want the same  ◀────────────── pools ───┘
//               └─ open ──▶ those of them who take any agent of the pool
//
// A pair can arise only where a caller was added to a pool that has free agents, or an agent became free: that pool or agent is
// marked dirty, and match() looks at nothing else.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "hotline/acd/acd.h"
#include "hotline/base/random.h"
#include "hotline/base/timer_queue.h"
#include "served_rate.h"
#include "strategy.h"

namespace hotline::acd {

struct AgentEntry;
struct Pool;
struct QueueEntry;

/// Why an agent can or cannot be offered a caller now, as one word: what report.decision counts.
enum class Standing : std::uint8_t { Free, Offline, Paused, Delayed, Reserved, Talking, WrapUp, Busy };
inline constexpr std::size_t kStandings = 8;
std::string_view to_word(Standing standing);

/// Priority, then enter time, then order of arrival.
struct Rank {
    int priority = 0;
    Time entered;
    std::uint64_t arrival = 0;  // unique
    friend bool operator<(const Rank& a, const Rank& b) {
        if (a.priority != b.priority) return a.priority > b.priority;
        if (a.entered != b.entered) return a.entered < b.entered;
        return a.arrival < b.arrival;
    }
};

struct WaitingCaller;
/// The queue's priority and the caller's own. Only who asked for a rescue queue is at kRescue or above, and stays there wherever he
/// is moved: no boost and no move lifts another caller there.
int priority_of(const WaitingCaller& caller, const QueueConfig& queue, int boost);
bool is_rescue(const WaitingCaller& caller);

/// What not every caller has: it takes no room until it is written to.
template <class T>
class Rare {
  public:
    const T& operator*() const {
        static const T none{};
        return held_ ? *held_ : none;
    }
    const T* operator->() const { return &**this; }
    T& edit() {
        if (!held_) held_ = std::make_unique<T>();
        return *held_;
    }

  private:
    std::unique_ptr<T> held_;
};

/// What the rules of overflow remember of a caller.
struct Overflowed {
    std::vector<QueueId> been;         // queues that sent him on
    std::vector<QueueId> helpers;      // queues whose agents may take him since a rule said so
    std::uint32_t used = 0;            // his queue's rules that have done all they can, by bit
    std::optional<Time> due;           // when the next one is to be looked at
    std::optional<std::size_t> met;    // others who waited when he joined; none: somebody was free for him
    std::optional<Duration> expected;  // how long he was to wait then, where that was known
};

/// He is not here.
struct Absence : Away {
    std::optional<Time> wakes;  // when he is to be called again (Resting)
};

/// One caller in one queue, until he is answered, leaves or expires.
struct WaitingCaller {
    enum class Stage : std::uint8_t {
        Open,     // takes any agent of the queue: in line and open
        Holding,  // waits for one agent: in line and in that agent's holders
        Offered,  // agents are reserved for him: in none of these, his place is kept by his rank
        Resting,  // away, and not to be called now: in line only
    };
    CallId call;
    QueueEntry* queue = nullptr;
    Rank rank;
    Time waits_from;  // the longest wait counts from here
    Stage stage = Stage::Open;
    AffinityOutcome outcome = AffinityOutcome::None;
    std::optional<bool> rescue;  // kept over a move; until then it is as his queue says
    int boost = 0;
    int aged = 0;                      // what his waiting has added to it
    std::uint16_t relaxed = 0;         // steps of the queue that he has taken
    std::uint16_t next_affinity = 0;   // the candidate that is tried now; those before it were tried
    std::vector<SkillWish> skills;     // as he came
    Pool* pool = nullptr;              // who may take him now; kept while he is offered
    AgentEntry* agent = nullptr;       // whom he waits for (Holding)
    std::vector<AgentEntry*> ringing;  // whom he is offered to (Offered): one, or all of a RingAll
    std::unique_ptr<Absence> away;     // none: he is here
    Rare<Overflowed> overflow;

    AgentId named;                  // whom he asked for, until he is passed over
    std::vector<AgentId> affinity;  // who served him before, best first
    Time affinity_from;             // the bounded wait counts from here
};

AffinityOutcome affinity_of(const WaitingCaller& caller);  // should he leave now
bool rests(const WaitingCaller& caller, Time now);         // he is away, and may not be called yet
bool is_fetched(const WaitingCaller& caller);              // his agent waits until he has been reached
/// A rule that sends callers on leaves those alone who are away.
bool concerns(const OverflowRule& rule, const WaitingCaller& caller);

struct ByRank {
    bool operator()(const WaitingCaller* a, const WaitingCaller* b) const { return a->rank < b->rank; }
};
using CallerSet = std::set<WaitingCaller*, ByRank>;
/// What waiting so long has brought him by now: steps taken, priority gained.
std::uint16_t steps_taken(const WaitingCaller& caller, Time now);
int priority_gained(const WaitingCaller& caller, Time now);
/// When it brings him something more.
std::optional<Time> next_step(const WaitingCaller& caller);
bool is_met(Needs needs, const QueueEntry& queue);
/// Free agents whom callers of this queue will have: who have joined since the last round, or wait for just them. `but` him.
std::size_t as_good_as_taken(const QueueEntry& queue, const WaitingCaller* but);
bool may_stay(const WaitingCaller& caller);  // somebody whom staying needs is there for him
int on_duty(const Pool& pool);               // its agents who are logged in and not paused
int on_duty(const QueueEntry& queue);

/// Also answers "how many are before him" in O(log n): with 10,000 waiting, positions are announced hundreds of times a second.
using Line = __gnu_pbds::tree<WaitingCaller*, __gnu_pbds::null_type, ByRank, __gnu_pbds::rb_tree_tag,
                              __gnu_pbds::tree_order_statistics_node_update>;

struct FreeAgent {
    Preference preference;
    AgentId id;  // equal agents in the order in which they were first configured
    AgentEntry* agent;
    friend bool operator<(const FreeAgent& a, const FreeAgent& b) {
        return a.preference != b.preference ? a.preference < b.preference : a.id < b.id;
    }
};

/// What is wanted of an agent beside serving the queue.
struct Wants {
    std::vector<SkillWish> skills;  // by name, none twice
    std::vector<QueueId> widened;   // whose agents will do, too; rising
    friend auto operator<=>(const Wants&, const Wants&) = default;
};

/// The callers of a queue who want the same, in order, and how many agents have it.
struct Pool {
    std::array<int, kStandings> members{};  // its agents by standing
    Line open;
    QueueEntry* queue = nullptr;
    Wants wants;
    int own = 0;            // of its agents, those who serve the queue
    std::size_t users = 0;  // callers, whatever their stage
    ServedRate rate;        // of these callers, by these agents: kept where skills are wanted
    bool dirty = false;

    int free() const { return members[static_cast<std::size_t>(Standing::Free)]; }
    int agents() const;
};

struct QueueEntry {
    QueueId id;
    QueueConfig config;
    bool configured = false;  // false: was in an earlier configuration

    Line line;
    std::set<std::pair<Time, std::uint64_t>> entered;  // of all callers, offered ones too: the longest wait
    std::map<Wants, std::unique_ptr<Pool>> pools;
    std::map<Wants, ServedRate> kept_rates;  // of pools that an earlier configuration took away
    Pool* all = nullptr;                     // the pool that wants nothing: every agent who serves this queue
    std::vector<AgentEntry*> agents;         // who serve it
    std::set<FreeAgent> free;                // of them, those who could be offered a caller now
    std::int64_t last_lot = 0;               // of the one who was taken last in their order (draw_lot)
    ServedRate rate;
    bool deserted = false;  // listed among those that may have to send their callers away
    bool open = true;       // its hours
    bool calling = true;    // those who are away may be called
};

/// A queue that an agent serves, and his place there.
struct Service {
    QueueEntry* queue;
    std::int64_t lot = 0;
    Preference preference{};  // his key in queue->free while he is there
};

struct AgentEntry {
    AgentId id;
    std::string name;
    bool configured = false;
    std::vector<Service> serves;  // in his order
    bool in_order = false;
    std::map<QueueId, int> tiers;
    std::map<std::string, int> skills;
    int weight = 1;
    std::size_t own_length = 0;
    Duration own_wait{0};
    std::size_t place = 0;     // in the configuration
    std::vector<Pool*> pools;  // whose callers he may take
    std::map<QueueId, std::uint64_t> last_offered;
    int answered_today = 0;
    Duration talked_today{0};

    bool present = false;
    Availability availability = Availability::Ready;
    std::string pause_reason;
    Occupancy occupancy = Occupancy::Idle;
    bool own_call = false;  // shows as Busy as soon as nothing else occupies him
    Time idle_since;
    std::optional<Time> left;           // when he was last present
    int missed = 0;                     // in a row
    std::optional<Time> delayed_until;  // after a miss

    Standing standing = Standing::Offline;  // as counted in his queues
    CallerSet holders;
    bool dirty = false;

    // What occupies him: Reserved has offer and caller; Talking and WrapUp have call and queue.
    OfferId offer;
    Time offer_ends;
    WaitingCaller* caller = nullptr;
    bool rung_with_others = false;  // by RingAll
    CallId call;
    QueueEntry* queue = nullptr;
    Time talk_began;
    Time wrapup_began;
    WrapUpMode wrapup_mode = WrapUpMode::None;
    std::optional<Time> wrapup_ends;

    /// Serves at all: his being occupied just now is another matter.
    bool on_duty() const { return configured && present && availability == Availability::Ready; }
    bool serves_queue(const QueueEntry& wanted) const;
    bool is_in(const Pool& pool) const;
    int level_of(const std::string& skill) const;  // 0: he does not have it
    WaitingCaller* first_caller() const;           // of those he could take now
};

/// Whose phone was away for no longer has been idle all the same: a registration that lapses costs nobody his turn.
inline constexpr Duration kShortAbsence = 5min;

/// The best, whom report.decision shows.
inline constexpr std::size_t kCandidatesShown = 10;

/// Who is next, and the free agents whom he could be offered to, best first: the one he gets, and some of those who come after.
struct Choice {
    WaitingCaller* caller;
    std::vector<AgentEntry*> agents;
    std::size_t rung = 1;  // how many of them, from the first
};

struct Deadline {
    enum class Kind : std::uint8_t { Offer, WrapUp, Delay, LongestWait, Step, Overflow, Wake } kind;
    std::uint64_t id;  // of the agent; of the call from LongestWait on
    friend bool operator==(const Deadline&, const Deadline&) = default;
};

}  // namespace hotline::acd

template <>
struct std::hash<hotline::acd::Deadline> {
    std::size_t operator()(const hotline::acd::Deadline& d) const noexcept {
        return std::hash<std::uint64_t>{}(d.id * 8 + static_cast<unsigned>(d.kind));
    }
};

namespace hotline::acd {

struct Acd::State {
    std::unordered_map<CallId, std::unique_ptr<WaitingCaller>> callers;
    std::vector<std::unique_ptr<AgentEntry>> agents;  // id n at n - 1; they never shrink, since an id is stable for a name
    std::vector<std::unique_ptr<QueueEntry>> queues;
    std::map<std::string, AgentEntry*, std::less<>> agent_names;
    std::map<std::string, QueueEntry*, std::less<>> queue_names;
    std::vector<AgentId> agent_order;  // of the current configuration
    std::vector<QueueId> queue_order;
    std::unordered_map<OfferId, AgentEntry*> offers;  // open ones

    TimerQueue<Deadline> deadlines;
    TimerQueue<CallId>
        affinity_ends;  // apart: looked at after the match, so that an agent who is free at the last moment still counts
    std::vector<Pool*> dirty_pools;
    std::vector<QueueEntry*> deserted;  // looked at by the next round
    struct Arrival {
        CallId call;
        bool joins;  // else his queue has closed
    };
    std::vector<Arrival> to_judge;     // by the rules of overflow, in the next round
    std::vector<CallId> rescue_calls;  // for whom a phone may have to be freed, in this round
    std::vector<AgentEntry*> dirty_agents;
    Decisions decided;  // collected for the next decide()
    Time changed;       // when something last became dirty or decided

    IdSource<AgentId> agent_ids;
    IdSource<QueueId> queue_ids;
    IdSource<OfferId> offer_ids;
    std::uint64_t arrivals = 0, offers_made = 0;
    Random random{1};

    // configure.cpp
    void configure(const Config& config, Time now);
    void take_queues(const Config& config);
    void take_agents(const Config& config);
    void take_agent(AgentEntry& agent, const AgentConfig& wanted);
    QueueEntry& queue_named(const std::string& name);
    AgentEntry& agent_named(const std::string& name);

    // callers.cpp: the lines of the queues
    Outcome enqueue(const Caller& caller, Time now);
    void leave(CallId call, Time now);
    std::optional<std::size_t> position(CallId call) const;
    std::optional<Duration> expected_wait(const WaitingCaller& caller, std::size_t but, Time now) const;
    void settle(WaitingCaller& caller, Time now);
    void line_up(WaitingCaller& caller, Time now);  // to the place of his rank; open() or seek() must follow
    void open(WaitingCaller& caller, Time now);
    void step_out(WaitingCaller& caller);  // out of line, and of open or holders; he is still a caller of the queue
    void remove(WaitingCaller& caller);    // destroys him
    void expire(WaitingCaller& caller, Expired::Why why, std::string to = {});
    void come_back(WaitingCaller& caller, Time now);  // into line, waiting for the same as before
    void pass_step(CallId call, Time now);
    void send_away_the_deserted();
    void mark_deserted(QueueEntry& queue, Time now);
    WaitingCaller* find(CallId call) const;
    QueueEntry* find(QueueId id) const;

    // away.cpp: who keeps his place without being here
    bool hand_over(CallId from, CallId to, std::optional<Away> away, Time now);
    bool rename(CallId offered, CallId to);
    void take_name(CallId from, CallId to);
    bool arrived(CallId call, Time now);
    void set_calling(QueueEntry& queue, bool calling, Time now);
    void rest(WaitingCaller& caller, Time now);
    void wake(WaitingCaller& caller, Time now);

    // overflow.cpp: who is sent on
    void set_open(QueueEntry& queue, bool open, Time now);
    void judge_later(const WaitingCaller& caller, bool joins, Time now);
    void judge_arrivals(Time now);
    void apply_rules(CallId call, bool joins, Time now);
    bool holds(const OverflowRule& rule, const WaitingCaller& caller, bool joins, Time now) const;
    bool can_take(QueueEntry& queue, const WaitingCaller& caller, Time now);
    bool has_room(QueueEntry& queue, const WaitingCaller& caller, Time now);
    bool may_join(QueueEntry& queue, const WaitingCaller& caller, Time now);  // somebody whom joining needs is there for him
    void meet_line(WaitingCaller& caller, Time now);
    void widen(WaitingCaller& caller, const std::string& to, Time now);
    bool move(WaitingCaller& caller, const std::string& to, Time now);
    void plan_overflow(WaitingCaller& caller, Duration again, Time now);

    // pools.cpp: who may take whom
    void enter_pool(WaitingCaller& caller, Time now);
    void leave_pool(WaitingCaller& caller);
    Pool& pool_for(QueueEntry& queue, Wants wants, Time now);
    Pool& pool_in(QueueEntry& queue, const WaitingCaller& caller, Time now);  // that he has, or would have, in this queue
    Wants wants_of(const WaitingCaller& caller) const;
    bool admits(const Pool& pool, const AgentEntry& agent) const;
    static void add_member(Pool& pool, AgentEntry& agent);
    void forget_unused(QueueEntry& queue);
    void make_pools(Time now);

    // choosing.cpp: the order among free agents
    void list_free(AgentEntry& agent);
    void unlist_free(const AgentEntry& agent);
    Preference preference_of(const Pool& pool, const AgentEntry& agent, std::int64_t lot) const;
    std::vector<AgentEntry*> best_of(const Pool& pool, std::size_t most);
    void add_guests(const Pool& pool, std::size_t most, std::vector<AgentEntry*>& out);
    Choice best_choice(WaitingCaller& caller);
    Choice choice_for(WaitingCaller& front);

    // affinity.cpp: who waits for one particular agent
    void set_affinity(CallId call, std::vector<AgentId> wanted, Time now);
    void seek(WaitingCaller& caller, Time now);
    void hold(WaitingCaller& caller, AgentEntry& agent, Time now);
    void seek_next(WaitingCaller& caller, Time now);
    void pass_over(WaitingCaller& caller, Time now);
    bool may_wait_for_named(const WaitingCaller& caller, Time now) const;
    AgentEntry* candidate(const WaitingCaller& caller) const;
    void release_holders(AgentEntry& agent, Time now);
    void release_hopeless(AgentEntry& agent, Time now);
    bool release_timed_out(Time now);

    // agents.cpp: what an agent says and does
    void refresh(AgentEntry& agent, Time now);  // after every change of an agent: his standing, his queues' sets and counts
    void recount(AgentEntry& agent, Standing standing, Time now);
    void new_day(Time now);
    void set_present(AgentEntry& agent, bool present, Time now);
    void pause(AgentEntry& agent, std::string reason, Time now);
    void sign_off(AgentEntry& agent, Time now);
    void resume(AgentEntry& agent, Time now);
    void set_busy(AgentEntry& agent, bool busy, Time now);
    std::optional<Time> on_talk_ended(AgentEntry& agent, Time now);
    void finish_wrapup(AgentEntry& agent, Time now);
    void end_wrapups(Time now);
    void end_wrapup(AgentEntry& agent, Time ended, bool by_deadline, Time now);
    void unoccupy(AgentEntry& agent, Time now);
    AgentEntry* find(AgentId agent) const;

    // offers.cpp: from reserved to talking or back
    Reason reason_for(const Choice& choice, Time now) const;
    void make_offers(const Choice& choice, Time now);
    void reserve(AgentEntry& agent, WaitingCaller& caller, Reason reason, Time now);
    void withdraw_offers(WaitingCaller& caller, Time now);
    void make_way_for_rescue(Time now);
    AgentEntry* surplus_for(const WaitingCaller& caller) const;
    bool on_answered(OfferId offer, Time now);
    bool on_missed(OfferId offer, Miss why, Time now);
    void lapse(AgentEntry& agent, Time now);
    void miss(AgentEntry& agent, Miss why, Time now);
    WaitingCaller& close_offer(AgentEntry& agent);

    // matching.cpp
    Decisions decide(Time now);
    void run_out(Time now);
    void match(Time now);
    void mark_dirty(Pool& pool, Time now);
    void mark_dirty(AgentEntry& agent, Time now);
    std::optional<Time> next_deadline() const;

    // invariants.cpp
    std::string broken_invariant(Time now) const;
};

}  // namespace hotline::acd
