// Runs one caller through a program: one input, at most kMaxSteps nodes, one action. Pure.
#pragma once
#include <map>
#include <optional>
#include <memory>
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
struct PromptEnded {};   // played to its end, or could not be played: the flow goes on either way
struct TimerFired {};    // the Listen action's time is over
enum class QueueExit { Full, TimedOut, Unavailable };
using Input = std::variant<Started, Digit, PromptEnded, TimerFired, QueueExit>;

// ── What the machine wants; exactly one at a time ──
/// Say these, one after the other. A Digit input stops it when `barge_in` is set; then PromptEnded does not come.
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
};

class Machine {
  public:
    static constexpr int kMaxSteps = 100;  // nodes a resume(); beyond it the program spins: EndCall

    explicit Machine(std::shared_ptr<const Program> program);
    /// `wall` is the moment, for hours. Inputs that do not fit the state are late: ignored (no action).
    Step resume(const Input& input, Wall wall);

    std::string_view node() const;  // where it stands, for the log
    const std::map<std::string, std::string>& variables() const { return variables_; }
    const std::string& language() const { return language_; }

  private:
    struct Position;
    std::shared_ptr<const Program> program_;
    std::map<std::string, std::string> variables_;
    std::string language_;
    // The implementation adds its position here: node, phase of the node, digits typed ahead, attempts.
    NodeIndex at_ = 0;
    int phase_ = 0;
    int invalid_ = 0;
    int no_input_ = 0;
    std::string typed_;
};

}  // namespace hotline::ivr
