// Runs one caller through a program: one input, at most kMaxSteps nodes, one action. Pure.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hotline/ivr/program.h"

namespace hotline::ivr {

// ── What the machine is told ──
struct Started {};
struct Digit {
    char key;  // 0–9 * # A–D
};
struct PromptEnded {};  // played to its end, or could not be played: the flow goes on either way
struct TimerFired {};   // the Listen action's time is over
enum class QueueExit { Full, TimedOut, Unavailable };
using Input = std::variant<Started, Digit, PromptEnded, TimerFired, QueueExit>;

// ── What the machine wants; exactly one at a time ──
/// Say these, one after the other (at least one). Then PromptEnded, also when none of them could be played. A Digit input does not
/// end them by itself: the next action does. `barge_in`: a key will end it, so that it may be stopped before the machine is asked.
struct SayThese {
    std::vector<Utterance> utterances;
    bool barge_in;
};
/// Wait for a key, at most so long.
struct Listen {
    Duration timeout;
};
/// Put the caller in this queue. `announcement` may be said while he waits, and never delays an offer.
struct Enqueue {
    std::string queue;
    std::vector<Utterance> announcement;
    int priority = 0;
    std::vector<SkillWish> skills{};
};
/// Nothing more: end the call.
struct EndCall {};
using Action = std::variant<SayThese, Listen, Enqueue, EndCall>;

/// A key that chose something, for report.menu_choice.
struct Choice {
    std::string menu;
    char key;
    std::string what;
};

struct Step {
    std::vector<Choice> choices;
    /// The new action replaces the one before. None: go on with what is under way (a key that ends nothing).
    std::optional<Action> action;
    bool gave_up = false;  // the program went round kMaxSteps nodes without an action: EndCall, worth a line in the log
};

class Machine {
  public:
    static constexpr int kMaxSteps = 100;              // nodes a resume(); beyond it the program spins: EndCall
    static constexpr std::size_t kMaxTypedAhead = 32;  // keys

    explicit Machine(std::shared_ptr<const Program> program);
    /// `wall` is the moment, for hours. Inputs that do not fit the state are late: ignored (no action).
    Step resume(const Input& input, Wall wall);

    std::string_view node() const;  // where it stands, for the log
    const std::map<std::string, std::string>& variables() const { return variables_; }
    /// For logs and facts: what was entered masked is "****".
    std::map<std::string, std::string> shown_variables() const;
    const std::string& language() const { return language_; }

  private:
    class Turn;  // one resume()
    /// Which action is under way, and so which inputs fit.
    enum class Under { Nothing, Saying, Listening, Queued, Ended };

    std::shared_ptr<const Program> program_;
    std::map<std::string, std::string> variables_;
    std::set<std::string> masked_;  // names of variables
    std::string language_;

    NodeIndex at_ = 0;
    Under under_ = Under::Nothing;
    std::set<NodeIndex> greeted_;  // menus whose long greeting he has heard
    int invalid_ = 0;              // of the node he is at
    int no_input_ = 0;
    std::string entered_;  // digits of the Collect he is at
    std::string typed_;    // keys ahead of the node that will read them
    char habit_ = 0;       // a terminator that may still come after a full entry, and means nothing then
    Wall habit_until_{};
};

}  // namespace hotline::ivr
