// An IVR program: what a caller hears and what his keys do. Immutable, compiled from config/<site>/ivr/*.json by `app`.
#pragma once
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "hotline/base/result.h"
#include "hotline/base/time.h"

namespace hotline::ivr {

/// Something to be said. A recorded file of this name and language wins over synthesis of the text.
struct Utterance {
    std::string name;      // "welcome"; may be empty (text only)
    std::string text;      // in `language`; may be empty (a recorded file only)
    std::string language;  // "zh", "en"
    friend auto operator<=>(const Utterance&, const Utterance&) = default;
};

/// A prompt in every language the site has: language → utterance.
using Prompt = std::map<std::string, Utterance>;

/// Weekly opening hours with exceptions, in the site's time zone.
struct Calendar {
    struct Range {
        int from_minute;  // of the day, 0–1440
        int to_minute;    // exclusive, > from_minute
    };
    struct Date {
        int year, month, day;
        friend auto operator<=>(const Date&, const Date&) = default;
    };
    std::string time_zone = "Asia/Shanghai";        // IANA name
    std::array<std::vector<Range>, 7> week;         // Monday first
    std::map<Date, std::vector<Range>> exceptions;  // holidays (no range) and make-up working days (调休)
};
/// Is the site open at this moment? Invalid when the zone is unknown.
Result<bool> open_at(const Calendar& calendar, Wall wall);

using NodeIndex = std::size_t;

// Every node names the next by index; compile() has checked that they exist.
struct Play {
    std::vector<Prompt> prompts;
    bool barge_in = true;  // a key ends the prompt, is kept, and counts for the next node that reads keys
    NodeIndex next;
};
struct Menu {
    struct Choice {
        char key;          // 0–9 * #
        std::string what;  // what was asked for: "opening_hours"; stays when the key changes
        NodeIndex next;
    };
    std::string name;
    std::vector<Prompt> greeting;        // first time
    std::vector<Prompt> short_greeting;  // when he comes back; empty: the same again
    std::vector<Choice> choices;
    Duration timeout{5s};                         // from the prompt's end to no input
    std::vector<std::vector<Prompt>> on_invalid;  // tapered: n-th for the n-th time, the last for all later ones
    std::vector<std::vector<Prompt>> on_no_input;
    int max_invalid = 3;
    int max_no_input = 3;
    NodeIndex invalid_exit;
    NodeIndex no_input_exit;
};
struct Collect {
    std::string variable;
    std::vector<Prompt> prompt;
    int min_digits = 1;
    int max_digits = 20;
    char terminator = '#';  // 0: none
    Duration first_timeout{5s};
    Duration digit_timeout{3s};
    bool masked = false;  // a PIN: not in logs, facts or recordings' notes
    int max_attempts = 3;
    std::vector<Prompt> on_invalid;
    NodeIndex next;
    NodeIndex failed;  // attempts used up, or no input
};
struct Hours {
    std::shared_ptr<const Calendar> calendar;
    NodeIndex open;
    NodeIndex closed;
};
struct SkillWish {
    std::string skill;
    int level = 1;  // 1–9, at least
};
struct JoinQueue {
    std::string queue;
    std::vector<Prompt> announcement;  // before joining the music; an offer never waits for it
    NodeIndex full;                    // limit reached
    NodeIndex timed_out;               // longest wait reached
    NodeIndex unavailable;             // not configured (any more), or none of its agents is there whom it needs
    int priority = 0;                  // added to the queue's own
    std::vector<SkillWish> skills{};   // what his agent must know
};
struct Goto {
    NodeIndex next;
};
struct Hangup {
    std::vector<Prompt> farewell;
};

using NodeBody = std::variant<Play, Menu, Collect, Hours, JoinQueue, Goto, Hangup>;
struct Node {
    std::string name;
    NodeBody body;
};

struct Program {
    std::string name;  // "main"
    std::string language = "zh";
    NodeIndex start = 0;
    std::vector<Node> nodes;
};

/// What can be wrong in a program beyond what its types forbid.
struct Flaw {
    std::string node;
    std::string text;  // what is wrong and the cure
    bool fatal;        // false: a warning (unreachable node)
};
/// Unreachable nodes, cycles without any input or sound (would spin), duplicate keys, indices out of range.
std::vector<Flaw> check(const Program& program);

}  // namespace hotline::ivr
