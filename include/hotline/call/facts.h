// What happened, in the past tense: the one source of call records, reports and live boards. The catalogue is docs/facts.md.
//
// A fact's fields are listed once, in fields(): the journal's writer, the catalogue's test and the simulation all visit them there.
// A visitor is called as v("name", value) with std::string, std::int64_t, double, bool, optional of these, or Wall; nested lists as
// std::vector of structs that have fields() themselves.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hotline/base/time.h"
#include "hotline/call/ids.h"

namespace hotline::call {

/// The daemon took up work. What an earlier epoch left open ends here as lost_at_restart.
struct SystemStarted {
    static constexpr std::string_view kKind = "SystemStarted";
    std::string version;
    template <class V>
    void fields(V&& v) const {
        v("version", version);
    }
};
struct SystemStopped {
    static constexpr std::string_view kKind = "SystemStopped";
    std::string why;
    template <class V>
    void fields(V&& v) const {
        v("why", why);
    }
};
struct CallArrived {
    static constexpr std::string_view kKind = "CallArrived";
    std::string direction;  // in, internal, out
    std::string caller, caller_name, called, origin;
    std::string purpose;  // what the called number is: hotline, star_code, colleague, outside, callback, unknown
    template <class V>
    void fields(V&& v) const {
        v("direction", direction), v("caller", caller), v("caller_name", caller_name), v("called", called), v("origin", origin),
            v("purpose", purpose);
    }
};
/// Our 200 went out; the recording begins.
struct CallAccepted {
    static constexpr std::string_view kKind = "CallAccepted";
    template <class V>
    void fields(V&&) const {}
};
struct MenuChosen {
    static constexpr std::string_view kKind = "MenuChosen";
    std::string caller, menu, key, choice;
    template <class V>
    void fields(V&& v) const {
        v("caller", caller), v("menu", menu), v("key", key), v("choice", choice);
    }
};
struct Enqueued {
    static constexpr std::string_view kKind = "Enqueued";
    struct Skill {
        std::string skill;
        std::int64_t level;
        template <class V>
        void fields(V&& v) const {
            v("skill", skill), v("level", level);
        }
    };
    std::string queue, caller;
    std::int64_t priority, position;
    Wall place_from{};  // his place counts from here: before this fact, when he was asked something first, or gave up and came back
    std::vector<Skill> skills{};
    std::optional<std::string> agent{};  // whom he asked for
    template <class V>
    void fields(V&& v) const {
        v("queue", queue), v("caller", caller), v("priority", priority), v("position", position), v("place_from", place_from),
            v("skills", skills), v("agent", agent);
    }
};
/// The call left a queue, one way or another.
struct QueueLeft {
    static constexpr std::string_view kKind = "QueueLeft";
    std::string queue, caller;
    Wall entered_at;
    std::int64_t wait_ms;
    std::string result;  // answered, abandoned, overflow (sent on by a rule, or the longest wait), callback, failed
    std::optional<std::string> agent;
    std::optional<std::string>
        why{};  // of overflow: longest_wait, queue_gone, nobody_there; of a rule: waited, estimate, length, closed; by himself: key
    std::optional<std::string> to{};  // … queue:NAME, flow:NAME, exit:NAME, key:KEY
    template <class V>
    void fields(V&& v) const {
        v("queue", queue), v("caller", caller), v("entered_at", entered_at), v("wait_ms", wait_ms), v("result", result),
            v("agent", agent), v("why", why), v("to", to);
    }
};
/// The queue did not take the call: it goes on by an exit of the queue's node.
struct QueueRefused {
    static constexpr std::string_view kKind = "QueueRefused";
    std::string queue, caller;
    std::string why;  // full, nobody_there, queue_gone
    template <class V>
    void fields(V&& v) const {
        v("queue", queue), v("caller", caller), v("why", why);
    }
};
/// The decision "this agent is offered this caller", with its reason.
struct Offered {
    static constexpr std::string_view kKind = "Offered";
    struct Candidate {
        std::string agent;
        std::int64_t idle_ms;
        template <class V>
        void fields(V&& v) const {
            v("agent", agent), v("idle_ms", idle_ms);
        }
    };
    struct Skipped {
        std::string why;
        std::int64_t count;
        template <class V>
        void fields(V&& v) const {
            v("why", why), v("count", count);
        }
    };
    struct Passed {
        std::string agent, why;
        template <class V>
        void fields(V&& v) const {
            v("agent", agent), v("why", why);
        }
    };
    std::string queue, agent, reason, affinity;
    std::int64_t wait_ms;
    std::vector<Candidate> candidates;  // the ten best
    std::vector<Skipped> skipped;
    std::int64_t relaxed = 0;      // steps of the queue that his wait had brought him
    std::vector<Passed> passed{};  // who know him and were not taken
    template <class V>
    void fields(V&& v) const {
        v("queue", queue), v("agent", agent), v("reason", reason), v("affinity", affinity), v("wait_ms", wait_ms),
            v("candidates", candidates), v("skipped", skipped), v("relaxed", relaxed), v("passed", passed);
    }
};
struct Answered {
    static constexpr std::string_view kKind = "Answered";
    std::string queue, agent;
    std::int64_t wait_ms, ring_ms;
    template <class V>
    void fields(V&& v) const {
        v("queue", queue), v("agent", agent), v("wait_ms", wait_ms), v("ring_ms", ring_ms);
    }
};
struct Held {
    static constexpr std::string_view kKind = "Held";
    std::string by;  // caller, agent, called (outside)
    template <class V>
    void fields(V&& v) const {
        v("by", by);
    }
};
/// Both sides may hold at once: `held_ms` is this side's own. The call's hold_ms is their union.
struct Resumed {
    static constexpr std::string_view kKind = "Resumed";
    std::string by;
    std::int64_t held_ms;
    template <class V>
    void fields(V&& v) const {
        v("by", by), v("held_ms", held_ms);
    }
};
/// One part in a call is over: an offer to an agent that came to nothing, or a conversation.
struct SegmentEnded {
    static constexpr std::string_view kKind = "SegmentEnded";
    std::string queue, agent;  // agent: empty when a menu had handed the caller on to a number outside
    Wall offered_at;
    std::optional<Wall> answered_at;
    std::string result;  // answered, missed, rejected, busy, unreachable, withdrawn (the caller left first), elsewhere (another one
                         // answered first), failed
    std::int64_t ring_ms, talk_ms, hold_ms;
    std::optional<std::string> number{}, trunk{};  // outside: who was called, and which way
    template <class V>
    void fields(V&& v) const {
        v("queue", queue), v("agent", agent), v("offered_at", offered_at), v("answered_at", answered_at), v("result", result),
            v("ring_ms", ring_ms), v("talk_ms", talk_ms), v("hold_ms", hold_ms), v("number", number), v("trunk", trunk);
    }
};
/// A number outside is called through a trunk; each trunk that is tried is one of these.
struct Dialled {
    static constexpr std::string_view kKind = "Dialled";
    std::string trunk, agent, number, caller_id;  // agent: who calls; empty: a menu, for its caller
    template <class V>
    void fields(V&& v) const {
        v("trunk", trunk), v("agent", agent), v("number", number), v("caller_id", caller_id);
    }
};
/// … and what became of it.
struct DialEnded {
    static constexpr std::string_view kKind = "DialEnded";
    std::string trunk, agent;
    std::string result;   // answered, busy, rejected, missed, unreachable, silent (not a word in time), withdrawn, failed
    std::int64_t status;  // SIP's; 0: there was none
    std::int64_t ring_ms;
    template <class V>
    void fields(V&& v) const {
        v("trunk", trunk), v("agent", agent), v("result", result), v("status", status), v("ring_ms", ring_ms);
    }
};
/// A menu rang somebody for its caller, and this came of it (when it was answered: at that moment).
struct Transferred {
    static constexpr std::string_view kKind = "Transferred";
    std::string caller, node;                  // node: of the program, whose wish it was
    std::optional<std::string> head_of;        // the queue or group whose head it was to be
    std::optional<std::string> agent;          // whom it rang; none: a number outside, or nobody
    std::optional<std::string> number, trunk;  // outside: who was called, and the way that was tried last
    std::string result;                        // answered, busy, no_answer, failed, withdrawn (the call ended before)
    std::string why;                           // for an operator
    std::int64_t ring_ms;
    template <class V>
    void fields(V&& v) const {
        v("caller", caller), v("node", node), v("head_of", head_of), v("agent", agent), v("number", number), v("trunk", trunk),
            v("result", result), v("why", why), v("ring_ms", ring_ms);
    }
};
/// Of one leg (RFC 3550 §6.4).
struct LegMeasured {
    static constexpr std::string_view kKind = "LegMeasured";
    std::string leg;  // caller, agent, called (outside)
    std::optional<std::string> agent;
    std::int64_t packets_in, packets_out, lost_in;
    double loss_in_pct, jitter_in_ms, jitter_in_max_ms;
    std::optional<double> loss_out_pct, round_trip_ms;
    template <class V>
    void fields(V&& v) const {
        v("leg", leg), v("agent", agent), v("packets_in", packets_in), v("packets_out", packets_out), v("lost_in", lost_in),
            v("loss_in_pct", loss_in_pct), v("jitter_in_ms", jitter_in_ms), v("jitter_in_max_ms", jitter_in_max_ms),
            v("loss_out_pct", loss_out_pct), v("round_trip_ms", round_trip_ms);
    }
};
struct RecordingKept {
    static constexpr std::string_view kKind = "RecordingKept";
    std::string path, sha256;
    std::int64_t length_ms;
    template <class V>
    void fields(V&& v) const {
        v("path", path), v("sha256", sha256), v("length_ms", length_ms);
    }
};
struct RecordingMissed {
    static constexpr std::string_view kKind = "RecordingMissed";
    std::string why;
    template <class V>
    void fields(V&& v) const {
        v("why", why);
    }
};
/// The caller was told something, or chose it: counted by what it is (report.self_service).
struct SelfServed {
    static constexpr std::string_view kKind = "SelfServed";
    std::string caller, what;
    std::optional<std::string> object_id, object_name;
    template <class V>
    void fields(V&& v) const {
        v("caller", caller), v("what", what), v("object_id", object_id), v("object_name", object_name);
    }
};
/// The caller asks for something: somebody will see to it (report.application).
struct Applied {
    static constexpr std::string_view kKind = "Applied";
    struct Detail {
        std::string name, value;
        template <class V>
        void fields(V&& v) const {
            v("name", name), v("value", value);
        }
    };
    std::string caller, what, action;
    std::optional<std::string> object_id, object_name;
    std::vector<Detail> details;
    template <class V>
    void fields(V&& v) const {
        v("caller", caller), v("what", what), v("action", action), v("object_id", object_id), v("object_name", object_name),
            v("details", details);
    }
};
/// A short message is to go out.
struct SmsLeft {
    static constexpr std::string_view kKind = "SmsLeft";
    std::string to, text, language;
    template <class V>
    void fields(V&& v) const {
        v("to", to), v("text", text), v("language", language);
    }
};
/// The caller chose the language that he is spoken to in; his next call begins in it.
struct LanguageSwitched {
    static constexpr std::string_view kKind = "LanguageSwitched";
    std::string caller, language;
    template <class V>
    void fields(V&& v) const {
        v("caller", caller), v("language", language);
    }
};
/// A caller left a voice message; it is on disk.
struct VoiceMessageLeft {
    static constexpr std::string_view kKind = "VoiceMessageLeft";
    std::string caller;
    std::optional<std::string> queue;  // whose it is
    std::string what;                  // complaint, suggestion, …: the node's word
    std::int64_t ms;
    std::string recording, recording_sha256;
    template <class V>
    void fields(V&& v) const {
        v("caller", caller), v("queue", queue), v("what", what), v("ms", ms), v("recording", recording),
            v("recording_sha256", recording_sha256);
    }
};
/// … or could not leave it.
struct VoiceMessageMissed {
    static constexpr std::string_view kKind = "VoiceMessageMissed";
    std::string caller;
    std::optional<std::string> queue;
    std::string what, why;
    template <class V>
    void fields(V&& v) const {
        v("caller", caller), v("queue", queue), v("what", what), v("why", why);
    }
};
/// One question of a survey was put to a caller.
struct Surveyed {
    static constexpr std::string_view kKind = "Surveyed";
    std::string caller;
    std::optional<std::string> agent, queue, branch;
    std::string question;
    std::optional<std::string> answer;  // none: he gave none
    template <class V>
    void fields(V&& v) const {
        v("caller", caller), v("agent", agent), v("queue", queue), v("branch", branch), v("question", question),
            v("answer", answer);
    }
};
/// Somebody wants to be called back; he keeps his place in the queue. Its call is the one in which he asked.
struct CallbackRequested {
    static constexpr std::string_view kKind = "CallbackRequested";
    std::string callback;  // its id, 13 characters like a call's
    std::string caller;    // who asked
    std::string number;    // where to
    std::string queue;
    std::string mode;  // agent_first, customer_first
    std::string by;    // key (while he waited), menu, overflow
    Wall place_from;
    Wall expires_at;
    std::int64_t priority;  // his own, beside the queue's
    std::vector<Enqueued::Skill> skills{};
    std::optional<std::string> agent{};  // whom he asked for
    std::string language{};
    template <class V>
    void fields(V&& v) const {
        v("callback", callback), v("caller", caller), v("number", number), v("queue", queue), v("mode", mode), v("by", by),
            v("place_from", place_from), v("expires_at", expires_at), v("priority", priority), v("skills", skills),
            v("agent", agent), v("language", language);
    }
};
/// He was dialled, and this came of it. Its call is the one that was placed.
struct CallbackTried {
    static constexpr std::string_view kKind = "CallbackTried";
    std::string callback, number, queue;
    std::optional<std::string> agent;  // none: he was to say that he is there first, and did not
    std::int64_t tries;                // with this one
    std::string result;                // answered, busy, missed, rejected, unreachable, failed, unconfirmed (he answered and
                                       // pressed nothing), machine (the agent says so), withdrawn (the agent or we gave up)
    std::optional<Wall> retry_at;      // none: there is no further try
    template <class V>
    void fields(V&& v) const {
        v("callback", callback), v("number", number), v("queue", queue), v("agent", agent), v("tries", tries), v("result", result),
            v("retry_at", retry_at);
    }
};
struct CallbackEnded {
    static constexpr std::string_view kKind = "CallbackEnded";
    std::string callback, number, queue;
    std::string result;  // done, abandoned (he was connected to the queue again and hung up there), called_again, expired,
                         // given_up (no try is left), cancelled (the queue is gone, or his number may not be called any more)
    std::int64_t tries;
    template <class V>
    void fields(V&& v) const {
        v("callback", callback), v("number", number), v("queue", queue), v("result", result), v("tries", tries);
    }
};
/// The whole call in numbers, from monotonic time. Exactly one for each CallArrived. ivr, wait, talk and hold do not overlap;
/// ring_ms is the part of wait_ms in which an agent's phone rang (wait ends when an agent answers, as ASA and service level count
/// it).
struct CallEnded {
    static constexpr std::string_view kKind = "CallEnded";
    Wall started_at;
    std::string direction, caller, called, purpose;
    std::optional<std::string> queue, agent;  // the last of each; agent: the last who talked, or who called out
    std::int64_t ivr_ms = 0, wait_ms = 0, ring_ms = 0, talk_ms = 0, hold_ms = 0;
    std::string outcome;    // answered, abandoned, self_service, callback, voice_message, overflow, rejected, failed
    std::string hangup_by;  // caller, agent, called (outside), system
    std::string affinity;   // hit, timeout, unavailable, none
    double loss_in_pct = 0,
           jitter_in_ms = 0;  // of the leg of him who is no agent, the caller or who was called outside; 0: there was none
    std::string cause;        // for an operator: "bye", "cancel", "rtp silence", "no common codec", …
    template <class V>
    void fields(V&& v) const {
        v("started_at", started_at), v("direction", direction), v("caller", caller), v("called", called), v("purpose", purpose),
            v("queue", queue), v("agent", agent), v("ivr_ms", ivr_ms), v("wait_ms", wait_ms), v("ring_ms", ring_ms),
            v("talk_ms", talk_ms), v("hold_ms", hold_ms), v("outcome", outcome), v("hangup_by", hangup_by), v("affinity", affinity),
            v("loss_in_pct", loss_in_pct), v("jitter_in_ms", jitter_in_ms), v("cause", cause);
    }
};
/// After-call work of one agent is over; its call is the fact's call.
struct WrapUpEnded {
    static constexpr std::string_view kKind = "WrapUpEnded";
    std::string queue, agent, how;  // how: deadline, done
    std::int64_t wrapup_ms;
    template <class V>
    void fields(V&& v) const {
        v("queue", queue), v("agent", agent), v("how", how), v("wrapup_ms", wrapup_ms);
    }
};
/// What an agent said that a conversation was about; its call is the fact's call.
struct CallCoded {
    static constexpr std::string_view kKind = "CallCoded";
    std::string queue, agent, code;
    std::string how;  // agent: he said so; default: he said nothing until his wrap-up was over
    template <class V>
    void fields(V&& v) const {
        v("queue", queue), v("agent", agent), v("code", code), v("how", how);
    }
};
/// All names for several queues that hold from now on.
struct QueueGroupsSet {
    static constexpr std::string_view kKind = "QueueGroupsSet";
    struct Member {
        std::string name, queue;
        template <class V>
        void fields(V&& v) const {
            v("name", name), v("queue", queue);
        }
    };
    std::vector<Member> members;
    template <class V>
    void fields(V&& v) const {
        v("members", members);
    }
};
/// One stretch of an agent's day is over and the next begins (at the fact's time).
struct AgentChanged {
    static constexpr std::string_view kKind = "AgentChanged";
    std::string agent;
    std::string state;     // offline, paused, ready, ringing, talking, wrap_up, busy: what begins
    std::string reason;    // of a pause: star code, missed; else empty
    std::string previous;  // what ended, empty at the first
    Wall previous_from;
    std::int64_t previous_ms;
    template <class V>
    void fields(V&& v) const {
        v("agent", agent), v("state", state), v("reason", reason), v("previous", previous), v("previous_from", previous_from),
            v("previous_ms", previous_ms);
    }
};

using FactBody =
    std::variant<SystemStarted, SystemStopped, CallArrived, CallAccepted, MenuChosen, Enqueued, QueueLeft, QueueRefused, Offered,
                 Answered, Held, Resumed, SegmentEnded, Dialled, DialEnded, LegMeasured, RecordingKept, RecordingMissed, CallEnded,
                 WrapUpEnded, CallCoded, QueueGroupsSet, AgentChanged, VoiceMessageLeft, VoiceMessageMissed, Surveyed, SelfServed,
                 Applied, SmsLeft, LanguageSwitched, Transferred, CallbackRequested, CallbackTried, CallbackEnded>;

struct Fact {
    Wall at;
    CallId call;  // none for facts about agents and the system
    FactBody body;
};

}  // namespace hotline::call
