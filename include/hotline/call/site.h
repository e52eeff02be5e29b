// One immutable snapshot of a site's configuration, as the core needs it. Built by app/config; swapped whole on reload.
#pragma once
#include <map>
#include <memory>
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

/// Where a rule of overflow sends a caller who leaves the queue (acd::OverflowRule::to): kFlowPrefix and the name of a program, or
/// the name of an exit of the queue's node.
inline constexpr std::string_view kFlowPrefix = "flow:";

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
    std::map<std::string, std::vector<std::string>> queue_groups;               // name → queues
    std::map<std::string, TrunkRules> trunks;                                   // by name
    OutboundRules outbound;
    std::map<std::string, std::string> heads;             // agents, by the queue or group of which they are head
    std::map<std::string, std::string> queue_caller_ids;  // shown when an agent of this queue calls out; by queue name
    std::map<std::string, ivr::Prompt> system_prompts;    // agent_logged_in, agent_has_no_phone, agent_logged_out, agent_paused,
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
