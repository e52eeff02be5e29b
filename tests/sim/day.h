// What kind of a day it is: drawn from the seed, so that each seed stresses something else.
#pragma once
#include "hotline/call/events.h"
#include "hotline/call/site.h"
#include "timeline.h"

namespace hotline::sim {

using call::LegId;

struct Character {
    explicit Character(Dice& dice);

    Duration length;         // callers arrive during this time, then it becomes calm
    Duration between_calls;  // mean
    Duration patience;       // at most
    Duration talk;           // at most
    double unruly_agents;    // share of offers that are not simply answered
    double lost;             // share of answers of the outside that never come (directory, speech, end of a prompt)
    double repeated;         // share of events that come twice
    double reloads_an_hour;
    double failing_audio;  // share of ports that cannot be opened, and of silences
    bool notices;          // "this call is recorded" is said before the talk, which begins later then
    bool drains;           // the day ends with a shutdown instead of with the last caller
};

/// A site at random: queues, rules, agents, programs. Queues and agents come and go from one to the next.
std::shared_ptr<const call::Site> draw_site(Dice& dice, const Character& day);

inline const std::vector<std::string> kAgentNames = {"8001", "8002", "8003", "8004", "8005"};
inline constexpr const char* kHotline = "95000";
inline const std::vector<std::string> kTrunkNames = {"cheap", "dear"};  // that calls go out through

}  // namespace hotline::sim
