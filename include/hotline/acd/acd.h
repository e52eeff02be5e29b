// Automatic call distribution: who takes whom, and when does waiting end. Pure: time is an argument, nothing is read or sent.
//
//   enqueue ─▶ waiting ──decide()──▶ offered to one agent (reserved) ──on_answered──▶ talking ──on_talk_ended──▶ wrap-up ─▶ idle
//                 ▲                        │ on_missed, offer deadline
//                 └──── old place ─────────┘
//
// The agent is reserved inside decide(), before anyone hears of it: no second caller can ever be given the same agent.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotline/base/id.h"
#include "hotline/base/result.h"
#include "hotline/base/time.h"

namespace hotline {
using CallId = Id<struct CallTag>;
}

namespace hotline::acd {

using AgentId = Id<struct AgentTag>;  // stable for a name while the process lives, also across configure()
using QueueId = Id<struct QueueTag>;  // likewise
using OfferId = Id<struct OfferTag>;

/// What an agent says: two values, with a reason while paused.
enum class Availability { Ready, Paused };
/// What we know of an agent. Exactly one, always.
enum class Occupancy {
    Idle,
    Reserved,  // an offer rings, until its deadline at the latest
    Talking,
    WrapUp,
    Busy,  // in a call of his own that no queue gave him (outgoing, star code)
};
enum class WrapUpMode { None, UntilDone, AtMost, Exactly };

/// The order among a queue's free agents, within their tier.
enum class StrategyKind : std::uint8_t {
    LongestIdle,     // whose last conversation with its wrap-up, or whose log-in, lies back longest
    RoundRobin,      // whom this queue offered a caller longest ago
    FewestCalls,     // who has answered the fewest callers today
    LeastTalk,       // who has talked to callers for the shortest time today
    SkillLevel,      // whose weakest level among the skills wanted is highest
    TopDown,         // as they stand in the configuration
    WeightedRandom,  // by lot; AgentConfig::weight is each one's share
    RingAll,         // all who are free are rung at once; who answers first has the caller
};

std::string_view to_word(StrategyKind kind);  // "longest_idle", as in queues.json and report.decision

/// A skill that a caller wants, at this level at least.
struct SkillWish {
    std::string skill;
    int level = 1;  // 1–9
    friend auto operator<=>(const SkillWish&, const SkillWish&) = default;
};
/// Who has waited so long is content with less: the agents who may take him only grow in number.
struct RelaxStep {
    Duration after;                  // since he asked for the queue
    int lower = 0;                   // all levels wanted, by so many; never below 1
    std::vector<std::string> drop;   // skills that are no longer wanted
    std::vector<std::string> widen;  // queues whose agents may take him, too
};
/// Whose presence lets a caller join a queue, or stay in it: one of the queue's agents, of the helpers who may take him, or whom he
/// asked for by name while he waits for that one.
enum class Needs : std::uint8_t {
    Nobody,
    LoggedIn,  // one agent who is logged in
    Ready,     // … and not paused
};

/// When a caller is sent on, and where to. Looked at in the order of the list.
struct OverflowRule {
    enum class When : std::uint8_t {
        Waited,         // he has waited here for `limit`; also tried again later, while `to` cannot take him
        EstimatedWait,  // he joins, nobody is free for him, and would wait for longer than `limit` (where that is known)
        Length,         // he joins, nobody is free for him, and `length` others wait already; not those whom a phone rings for
        Closed,         // the queue is closed (set_open): when he joins, and for those who wait when it closes
    };
    enum class Action : std::uint8_t {
        Widen,  // agents of queue `to` may take him, too, after this queue's own
        Move,   // he goes to queue `to`, with the time at which he asked for the first; rescue stays rescue, and nobody becomes it
        Leave,  // he leaves as Expired; what `to` means is for the one who hears it
    };
    When when = When::Waited;
    Duration limit{0};
    std::size_t length = 0;
    Action action = Action::Leave;
    std::string to;
};

struct QueueConfig {
    std::string name;
    int priority = 0;  // higher first; kRescue is before everything
    StrategyKind strategy = StrategyKind::LongestIdle;
    std::size_t ring_most = 10;          // RingAll: agents who are rung at a time for one caller
    std::vector<RelaxStep> relax;        // by rising `after`
    std::vector<OverflowRule> overflow;  // kMostOverflow at most
    Duration age_every{0};               // a waiting caller's priority rises by one so often; 0: never
    int age_most = 10;                   // … and by so much at most
    Needs joining = Needs::Nobody, staying = Needs::Nobody;
    Duration ring_time = 15s;
    WrapUpMode wrapup_mode = WrapUpMode::AtMost;
    Duration wrapup{0};             // length for AtMost and Exactly
    std::size_t max_length = 1000;  // beyond it only for whom an agent is free, and no more of them than could take him
    Duration max_wait{30min};       // the caller leaves as Expired after this
    Duration affinity_wait{20s};
    std::size_t affinity_backlog = 5;  // callers who may wait for one and the same agent at a time
    int max_missed = 2;           // misses in a row until the agent is paused; 0 = never. RingAll: what several let ring is none
    Duration missed_delay{5s};    // the agent is not offered anything for this long after no answer,
    Duration rejected_delay{5s};  // … a reject (603, 486 by hand): a second at least
    Duration busy_delay{5s};      // … busy: a second at least
};
inline constexpr int kRescue = 1000;
inline constexpr std::size_t kMostOverflow = 16;

struct AgentConfig {
    std::string name;                     // the number he registers as: "8001"
    std::vector<std::string> queues;      // the queues he serves
    bool in_order = false;                // of equal priority, callers of his first queue before those of the next
    std::map<std::string, int> tiers{};   // queue → tier: free agents of a lower one are asked first; 1 where absent
    std::map<std::string, int> skills{};  // skill → level, 1–9
    int weight = 1;                       // for WeightedRandom: 1–1000
    std::size_t own_length = 5;           // callers who may wait for him by name at a time; beyond it they take anyone
    Duration own_wait{60s};               // … and for so long at most
};

struct Config {
    std::vector<QueueConfig> queues;
    std::vector<AgentConfig> agents;
};

/// Who waits without being here: he is called back. He stands in line, and is offered like anybody else from `from` on, while his
/// queue may be called for (set_calling). Rules of overflow do not send him on, and no empty queue sends him away.
struct Away {
    Time from;         // not offered before
    Time until;        // then he leaves as Expired (LongestWait)
    Duration hold{0};  // his agent is reserved for so long, until arrived(): he is fetched first. 0: the agent rings at once
};

struct Caller {
    CallId call;
    QueueId queue;
    Time entered;                   // when he asked for the queue; his place
    int priority_boost = 0;         // added to the queue's priority, never up to kRescue
    std::vector<AgentId> affinity;  // who served him before, best first
    bool returns = false;           // had this place before: a full queue does not turn him away, and his longest wait begins anew
    std::vector<SkillWish> skills{};  // what he wants of his agent
    AgentId named{};                  // whom he asked for by name, whatever queues that agent serves: waits in his own list first
    std::vector<QueueId> been{};      // queues whose overflow has sent him on before: only their longest waits do so again
    std::optional<Away> away{};       // he is not here; joining needs nobody then
};

enum class AffinityOutcome : std::uint8_t { None, Hit, TimedOut, Unavailable };

struct Candidate {
    AgentId agent;
    Duration idle;  // for how long he has been idle
};

/// Who knows him and is not the one he gets.
struct Passed {
    AgentId agent;
    std::string_view why;  // "talking", "paused", …; "elsewhere": not an agent of this queue; "free": by now
};

/// Why this agent: everything report.decision shows.
struct Reason {
    bool by_affinity = false;  // else by the queue's strategy
    bool by_name = false;      // he asked for this agent; by_affinity holds, too
    StrategyKind strategy = StrategyKind::LongestIdle;
    AffinityOutcome affinity = AffinityOutcome::None;
    int relaxed = 0;                                        // steps that he had taken
    std::vector<Candidate> candidates;                      // the ten best in order, the chosen one first
    std::vector<std::pair<std::string_view, int>> skipped;  // "paused", "talking", "unskilled", … → how many
    std::vector<Passed> passed;                             // of those who know him, best first: as they stand now
};

/// One agent rings for one caller. With RingAll a caller has several of them at a time: the first answer ends the others.
struct Offer {
    OfferId id;
    CallId call;
    AgentId agent;
    QueueId queue;
    Time deadline;  // ring time; on_missed must come by then, else decide() withdraws the offer itself
    Reason reason;
};

enum class Miss { NoAnswer, Rejected, Busy, Unreachable };

/// His wait in a queue is over before he was served.
struct Expired {
    enum class Why { LongestWait, QueueGone, NobodyThere, Overflow };
    CallId call;
    QueueId queue;
    AffinityOutcome affinity;
    Why why = Why::LongestWait;
    std::string to{};                                      // of the rule that sent him on (Overflow)
    QueueId moved_to{};                                    // … to another queue, where he waits now; none: he waits nowhere
    OverflowRule::When rule = OverflowRule::When::Waited;  // … what held
};
/// An offer that outlived its deadline without a word from the phone: to be cancelled; the caller is back at his old place.
struct Lapsed {
    OfferId id;
    CallId call;
    AgentId agent;
};
struct WrapUpEnded {
    AgentId agent;
    CallId call;
    Duration lasted;
    bool by_deadline;
};
struct AutoPaused {
    AgentId agent;
    int missed;
};

/// All that one round decided, in order.
struct Decisions {
    std::vector<Lapsed> lapsed;
    std::vector<Lapsed> withdrawn;  // offers of RingAll, to be cancelled: the agent is needed for rescue, and has missed nothing
    std::vector<WrapUpEnded> wrapups;
    std::vector<Expired> expired;
    std::vector<AutoPaused> paused;
    std::vector<Offer> offers;
};

struct AgentView {
    std::string_view name;
    bool present;  // logged in: a phone is registered, or he said so by star code
    Availability availability;
    std::string_view pause_reason;
    Occupancy occupancy;
    Time idle_since;
};

struct QueueView {
    std::string_view name;
    std::size_t waiting;  // in the queue, offered ones included
    std::size_t ready;    // agents whom it could be offered to now
    Duration longest_wait;
};

/// Owner of all queues and agents' states. One thread.
class Acd {
  public:
    Acd();
    ~Acd();
    Acd(Acd&&) noexcept;
    Acd& operator=(Acd&&) noexcept;

    /// Takes a new configuration. Waiting callers keep their places; a caller whose queue is gone is in the next decide()'s
    /// expired. Agents who are gone finish what they are in and get nothing more. Applies to waiting callers at once.
    void configure(const Config& config, Time now);

    /// None (value 0) for a name that the configuration has never had.
    AgentId agent(std::string_view name) const;
    QueueId queue(std::string_view name) const;
    std::optional<AgentView> view(AgentId agent) const;
    std::optional<QueueView> view(QueueId queue, Time now) const;
    std::vector<AgentId> agents() const;  // of the current configuration, in its order
    std::vector<QueueId> queues() const;

    // Callers. `entered` may lie in the past: he was asked something first, or returns to his old place.
    /// Full; NotFound (no such queue); Unavailable (nobody there whom joining needs); Conflict (already in a queue).
    Outcome enqueue(const Caller& caller, Time now);
    /// Late affinity (the directory answered after the caller had joined). Ignored unless he is waiting and not offered.
    void set_affinity(CallId call, std::vector<AgentId> agents, Time now);
    /// The caller hung up or was moved. Open offers of his are withdrawn and the agents idle again, without a miss: the one who
    /// calls this cancels the phones. Unknown calls are ignored.
    void leave(CallId call, Time now);
    /// What became of his wish for an agent who knows him, should he leave now: TimedOut when he still waits for that agent.
    AffinityOutcome affinity(CallId call) const;
    /// 1 for the next to be served; none when he is not waiting or is just being offered to an agent.
    std::optional<std::size_t> position(CallId call) const;
    /// What he is worth in this queue, without what his waiting adds: its priority and his own. None: no such caller or queue.
    std::optional<int> priority(CallId call, QueueId queue) const;
    /// How long he will wait yet: his position over the rate at which the queue's agents served it in the last fifteen minutes, for
    /// those who are on duty now. Who wants skills: the same for those who want what he wants, and for the agents who have it. None
    /// while that is not known: nobody is on duty, or fewer than three were answered.
    std::optional<Duration> estimated_wait(CallId call, Time now) const;
    /// … who joins this queue now.
    std::optional<Duration> estimated_wait(QueueId queue, Time now) const;

    /// The place of one call is another's from now on, who is away or here; open offers are withdrawn without a miss. His longest
    /// wait begins anew. False: `from` stands nowhere, or `to` already does.
    bool hand_over(CallId from, CallId to, std::optional<Away> away, Time now);
    /// The call that is placed for him gets a name of its own: he is being offered. False: he is not, or `to` stands somewhere.
    bool rename(CallId offered, CallId to);
    /// He who was away is here. An agent who is reserved for him rings from now on. False: he was not away.
    bool arrived(CallId call, Time now);
    /// Whether those who are away from this queue may be offered now. Yes until told otherwise.
    void set_calling(QueueId queue, bool calling, Time now);

    /// A queue's hours: closed, its rules of that name hold. Open until told otherwise.
    void set_open(QueueId queue, bool open, Time now);

    // Offers. A late or unknown offer id answers false and changes nothing.
    /// The caller's other offers (RingAll) are withdrawn without a miss: the one who calls this cancels their phones.
    bool on_answered(OfferId offer, Time now);
    bool on_missed(OfferId offer, Miss why, Time now);  // caller back at his old place, agent delayed, maybe paused
    /// The conversation is over for this agent: wrap-up of the queue that gave it begins. Returns its end (none: until done, or no
    /// wrap-up).
    std::optional<Time> on_talk_ended(AgentId agent, Time now);
    /// Who was to be called back could not be reached: the agent who took it has had no conversation, and nothing to wrap up.
    void on_not_reached(AgentId agent, Time now);
    /// Finished before the deadline. Reported by the next decide(). Ignored in mode Exactly.
    void finish_wrapup(AgentId agent, Time now);
    /// The house closes: every wrap-up ends now, whatever its mode.
    void end_wrapups(Time now);

    // Agents.
    void set_present(AgentId agent, bool present, Time now);  // absent: rung no more; an open offer stays until the phone answers
    void sign_off(AgentId agent, Time now);                   // absent, and no pause and no idle time are kept for him
    void pause(AgentId agent, std::string reason, Time now);
    void resume(AgentId agent, Time now);  // resets the count of misses
    /// A call of his own begins or ends. Shows as Busy unless a queue's call occupies him: then as soon as that, with its wrap-up,
    /// is over.
    void set_busy(AgentId agent, bool busy, Time now);

    /// Midnight: what strategies count is counted anew.
    void new_day(Time now);

    /// Matches callers and agents; also ends what has run out. Cost depends on what changed since the last call, not on how many
    /// wait.
    Decisions decide(Time now);
    /// When decide() must be called although nothing happens.
    std::optional<Time> next_deadline() const;

    /// Reserved, talking and so on agree with each other; every caller is in exactly one place. Slow: for simulation and tests.
    /// Empty when all is well, else what is wrong.
    std::string broken_invariant(Time now) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace hotline::acd
