// A day of calls played to the distributor in virtual time: what service level would these queues and agents have?
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hotline/acd/acd.h"

namespace hotline::acd {

/// Callers come at random (Poisson), talk and lose patience after exponential times; agents answer after `answer` and are there all
/// day.
struct Rehearsal {
    /// A share of a queue's callers wants a skill, as its flow would ask for it.
    struct Wish {
        std::string queue;
        SkillWish skill;
        double share;  // 0 to 1; of several wishes each is drawn for itself
    };
    Config config;
    std::map<std::string, double> calls_an_hour;  // by queue; those not named get none
    std::vector<Wish> wishes;
    Duration talk{180s};       // mean
    Duration patience{0};      // mean; 0: nobody ever gives up
    Duration answer{3s};       // from the first ring to the answer
    Duration until_done{30s};  // mean of a wrap-up that lasts until the agent says so; others last as they may
    Duration length{24h};
    std::uint64_t seed = 1;
};

/// What became of the callers who joined a queue in one hour of the day.
struct RehearsedHour {
    int hour = 0;  // from the beginning
    std::string queue;
    int offered = 0, answered = 0, abandoned = 0, overflowed = 0;  // overflowed: turned away, or sent on after the longest wait
    int short_abandoned = 0;                                       // of those who abandoned, within Rehearsed::kShortAbandon
    int in_time = 0;                                               // answered within Rehearsed::kInTime
    Duration waited{0};                                            // by those answered, together
    Duration given_up{0};                                          // by those who abandoned, together
    Duration longest{0};                                           // … and of both the longest

    double service_level() const;  // in_time / (answered + abandoned − short_abandoned); 1 when there were none
    Duration mean_wait() const;    // of those answered (ASA)
    RehearsedHour& operator+=(const RehearsedHour& other);  // hour and queue stay
};

struct Rehearsed {
    static constexpr Duration kInTime{20s};
    static constexpr Duration kShortAbandon{5s};  // less than this: as in the reports, nobody could have answered him
    std::vector<RehearsedHour> hours;  // by hour, then queue, in the order of the configuration; to the last who was moved
    RehearsedHour all;                 // each caller once, his wait counted from his first queue
    double occupancy = 0;              // talk and wrap-up, of all agents' time
    std::vector<RehearsedHour> by_queue() const;
};

Rehearsed rehearse(const Rehearsal& day);

}  // namespace hotline::acd
