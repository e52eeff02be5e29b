// One immutable snapshot of a site's configuration, as the core needs it. Built by app/config; swapped whole on reload.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hotline/acd/acd.h"
#include "hotline/call/audio.h"
#include "hotline/call/outbound.h"
#include "hotline/ivr/program.h"

namespace hotline::call {

/// What the caller hears in a queue. The rules of distribution are in acd::QueueConfig.
struct QueueSound {
    ivr::Utterance music;  // looped while waiting
    bool announce_position = true;
    bool announce_wait = false;    // the estimated one, once enough was served to know it
    Duration announce_first{10s};  // after joining
    Duration announce_every{30s};
    std::map<std::string, ivr::Prompt>
        phrases;                       // position_before, position_after, wait_before, wait_after (a number between), wait_soon
    std::vector<ivr::Prompt> comfort;  // one each time, in turn
    ivr::Prompt notice;                // "this call is recorded": before all else in the queue, and before the talk
    bool announces() const { return announce_position || announce_wait || !comfort.empty(); }
};

/// What an agent says a conversation was about, by key sequence, while he talks or wraps up.
struct WrapUpCodes {
    std::map<std::string, std::string> codes;  // digits → name, as in reports
    std::string otherwise;                     // written when he says nothing until the wrap-up ends
};

/// How callers of a queue are called back, who would rather not wait in it (virtual hold).
struct CallbackRules {
    enum class Mode {
        AgentFirst,     // an agent takes it like a call, then the customer is dialled
        CustomerFirst,  // an agent is reserved, the customer is dialled and says by key that he is there, then the agent rings
    } mode = Mode::AgentFirst;
    // The offer, while he waits.
    std::optional<Duration> offer_after{60s};  // none: he is not offered one here
    char key = '1';
    ivr::Prompt offer;  // "press 1 and we call you back"
    // The calls.
    int retries = 2;                             // tries after the first
    Duration retry{300s};                        // from the end of one try to the next
    Duration expires{4h};                        // from the request
    Duration ring{45s};                          // the customer's phone; then nobody is there
    Duration confirm{30s};                       // CustomerFirst: an agent is kept so long for him who has answered
    std::shared_ptr<const ivr::Calendar> hours;  // null: those of the queue
    std::shared_ptr<const ivr::Program> flow;    // CustomerFirst: what he hears; its queue node connects him
    ivr::Utterance ringback;                     // AgentFirst: what the agent hears meanwhile, over and over
    std::vector<std::string> allowed;            // prefixes of numbers other than the caller's own; empty: as outbound.allowed
    std::set<std::string> machine_codes;         // wrap-up codes by which the agent says that it was a machine
};

/// Where a rule of overflow sends a caller who leaves the queue (acd::OverflowRule::to): kFlowPrefix and the name of a program, or
/// the name of an exit of the queue's node.
inline constexpr std::string_view kFlowPrefix = "flow:";
/// … or a callback, where he can be called back; else the exit "overflow".
inline constexpr std::string_view kCallbackTarget = "callback";

struct Site {
    std::string name;  // "travel"
    std::string language = "zh";
    std::string time_zone = "Asia/Shanghai";  // IANA; the day in a recording's path
    acd::Config acd;
    std::map<std::string, QueueSound> queue_sounds;                             // by queue name
    std::map<std::string, std::shared_ptr<const ivr::Program>> hotlines;        // called number → program
    std::map<std::string, std::shared_ptr<const ivr::Program>> overflow_flows;  // by name
    std::map<std::string, std::shared_ptr<const ivr::Calendar>> queue_hours;    // by queue; those without are always open
    std::map<std::string, WrapUpCodes> wrapup_codes;                            // by queue
    std::map<std::string, CallbackRules> callbacks;                             // by queue; those without call nobody back
    std::map<std::string, std::vector<std::string>> queue_groups;               // name → queues
    std::map<std::string, TrunkRules> trunks;                                   // by name
    OutboundRules outbound;
    std::map<std::string, std::string> heads;                 // agents, by the queue or group of which they are head
    std::map<std::string, std::string> queue_caller_ids;      // shown when an agent of this queue calls out; by queue name
    std::map<std::string, std::string> caller_name_prefixes;  // before the caller's name on an agent's screen; by queue name
    std::map<std::string, ivr::Prompt> system_prompts;  // agent_logged_in, agent_has_no_phone, agent_logged_out, agent_paused,
                                                        // agent_resumed, agent_coded, agent_code_unknown, goodbye, busy
    struct StarCodes {
        std::string log_in = "*71", log_out = "*72", pause = "*73", resume = "*74";
        std::string code = "*75";  // and the digits of a wrap-up code
    } star_codes;
    bool login_by_registering = true;
    std::vector<Codec> codecs{Codec::Pcma, Codec::Pcmu};  // preferred first
    Duration directory_wait{300ms};
    Duration affinity_window{std::chrono::hours(24 * 30)};  // agents who served him longer ago are not preferred
    bool record_calls = true;
    ivr::Prompt notice;                                                  // "this call is recorded": the first words of a call
    std::map<std::string, std::shared_ptr<const ivr::Program>> surveys;  // after the agent's hang-up, by queue
    std::map<std::string, Duration> returns_within;  // by queue: who calls again so soon after giving up gets his place back
    std::size_t max_calls = 2000;                    // beyond it a new INVITE gets 503 with Retry-After
};

}  // namespace hotline::call
