// Runs one caller through a program: one input, at most kMaxSteps nodes, one action. Pure.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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
enum class QueueExit { Full, TimedOut, Unavailable, Overflow, Callback };  // Callback: he will be called back
/// What came of RequestCallback.
enum class CallbackAnswer {
    Taken,
    Already,  // that number is on the list, and keeps its first place
    Refused,  // that number is none, or is not called; or the list is full
    Closed,   // nobody is called back at this hour
    Failed,   // that queue calls nobody back (any more)
};
/// The queue sends him into another program, with his variables and his language; nothing leads back.
struct Diverted {
    std::shared_ptr<const Program> to;
};
/// Of the message that TakeMessage asked for.
enum class MessageNews {
    Spoken,  // it is over, and he has spoken long enough
    Silent,  // it is over, and he has not; nothing is left of it
    Kept,    // as KeepMessage asked
    Lost,    // it cannot be taken or kept, or nobody answers in time
};
/// What came of AskTables or AskWeb. A column that is NULL, or a field that is missing, has no value.
struct Reply {
    enum class Kind { Found, Failed, TimedOut, Locked } kind = Kind::Failed;
    using Row = std::vector<std::optional<std::string>>;
    std::vector<std::string> columns{};
    std::vector<Row> rows{};  // none: there is nothing
    bool cut = false;         // there were more of them than was asked for
};
/// Of what TransferTo asked for.
enum class TransferNews {
    Busy,
    NoAnswer,
    Failed,  // nobody could be rung
    Over,    // they have talked, and the called one has hung up; told where `comes_back`
};
using Input =
    std::variant<Started, Digit, PromptEnded, TimerFired, QueueExit, Diverted, MessageNews, Reply, TransferNews, CallbackAnswer>;

/// When an input comes, and what conditions can ask then. Not kept beyond the resume().
struct Moment {
    using AskQueue = std::function<std::optional<QueueFigures>(const std::string& name)>;
    Moment(Wall now) : wall(now) {}
    Moment(Wall now, AskQueue ask) : wall(now), queue(std::move(ask)) {}
    Wall wall;
    AskQueue queue;  // empty: nothing is known of any queue
};

/// Whose call it is: as numbers, valid text.
struct Party {
    std::string caller;
    std::string called;
};

// ── What the machine wants; exactly one at a time ──
// What a node asks of the outside (a queue; a lookup, a recording) is an action of its own with the time it may take, and what
// comes of it an input of its own; TimerFired is the answer that did not come.

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
    std::string agent{};  // whom he asks for by number; empty: anyone
};
/// Ask the site's tables. Then Reply, or TimerFired.
struct AskTables {
    struct Guard {
        std::string scope, key, caller;
        int attempts;
        Duration lock;
    };
    std::shared_ptr<const Query> query;
    std::vector<std::optional<std::string>> values{};  // none: NULL
    int max_rows = 1;
    Duration timeout{3s};
    Duration cache{0};
    std::optional<Guard> guard{};
    bool secret = false;  // a value is masked: whoever tells of this question, or of its failure, leaves the values out
};
/// Ask a web address. Then Reply with one row, whose columns are the pointers asked for, or TimerFired.
struct AskWeb {
    std::string method, url;
    std::vector<std::pair<std::string, std::optional<std::string>>> body{};
    std::vector<std::string> pointers{};
    Duration timeout{5s};
};
/// Ring this agent or number; who answers talks to the caller. Then TransferNews.
struct TransferTo {
    std::string to;                         // an agent's number, or one outside; empty: the head of …
    std::string head_of{};                  // … this queue or group
    std::optional<Transfer::Only> only{};   // what it may be; none: what stands in the file
    std::vector<Utterance> announcement{};  // may be said while it rings
    Utterance music{};                      // behind it
    Duration ring{30s};
    bool comes_back = false;  // the flow goes on when the called one hangs up; else that ends the call
};
/// Nothing more: end the call.
struct EndCall {};
/// Record what he says, after a tone: until silence, the longest length, or EndMessage. Then Spoken or Silent; Lost at any time.
/// One that was spoken and not kept yet is dropped by the next TakeMessage, and when Step::drops_message says so; else it is kept
/// when the call ends.
struct TakeMessage {
    std::string what, queue;
    bool beep;
    Duration shortest, longest, silence;
};
/// He is done. The news comes as from TakeMessage.
struct EndMessage {};
/// Let him hear it. Then PromptEnded.
struct PlayMessage {};
/// Then Kept or Lost.
struct KeepMessage {};
/// Put this number on the queue's list of callbacks. Then CallbackAnswer, at once.
struct RequestCallback {
    std::string queue, number;
    int priority = 0;
    std::vector<SkillWish> skills{};
};
using Action = std::variant<SayThese, Listen, Enqueue, EndCall, AskTables, AskWeb, TakeMessage, EndMessage, PlayMessage,
                            KeepMessage, TransferTo, RequestCallback>;

/// A key that chose something, for report.menu_choice.
struct Choice {
    std::string menu;
    char key;
    std::string what;
};

/// A question of a survey is over, for report.survey.
struct Answer {
    std::string question;
    std::optional<std::string> answer;  // none: he gave none
};

// ── What is left behind on the way, for the record and for others to see to ──
struct Served {  // report.self_service
    std::string what;
    std::optional<std::string> id, name;
};
struct Application {
    std::string what, action;
    std::optional<std::string> id, name;
    std::vector<std::pair<std::string, std::string>> details;
};
struct ShortMessage {
    std::string to, text, language;
};
struct LanguageChosen {
    std::string language;
};
using Effect = std::variant<Served, Application, ShortMessage, LanguageChosen>;

struct Step {
    std::vector<Choice> choices;
    std::vector<Answer> answers{};
    bool drops_message = false;  // what he has spoken is not wanted
    /// The new action replaces the one before. None: go on with what is under way (a key that ends nothing).
    std::optional<Action> action;
    bool gave_up = false;  // the program went round kMaxSteps nodes without an action: EndCall, worth a line in the log
    std::vector<Effect> effects{};
};

template <class Turn>
class OutsideNodes;
template <class Turn>
class MessageNodes;

class Machine {
    template <class>
    friend class OutsideNodes;
    template <class>
    friend class MessageNodes;

  public:
    static constexpr int kMaxSteps = 100;              // nodes a resume(); beyond it the program spins: EndCall
    static constexpr std::size_t kMaxTypedAhead = 32;  // keys
    static constexpr std::size_t kMaxTrail = 16;       // menus that "back" remembers

    explicit Machine(std::shared_ptr<const Program> program, Party party = {});
    /// Inputs that do not fit the state are late: ignored (no action).
    Step resume(const Input& input, const Moment& moment);
    /// The caller begins anew in another program (Started follows), wherever he was: his variables and language come along.
    void enter(std::shared_ptr<const Program> program);
    /// The question that he is being asked by a survey. None: none.
    std::optional<std::string> open_question() const;

    /// This key leads a caller who waits in a queue out of it: tell it by Digit once he has left. Not the terminator that he
    /// pressed out of habit behind an entry that was whole before.
    bool leaves_queue_by(char key, Wall now) const;

    std::string_view node() const;  // where it stands, for the log
    const std::map<std::string, std::string>& variables() const { return variables_; }
    /// What he keys now is masked: nobody may find it in a recording either.
    bool takes_secret() const;
    /// For logs and facts: what was entered masked is "****".
    std::map<std::string, std::string> shown_variables() const;
    const std::string& language() const { return language_; }
    bool has_choice_of_language() const { return place_.front().program->languages.size() > 1; }
    /// What he chose in an earlier call: spoken from the next prompt on, unless he has chosen in this one. Others are ignored.
    void prefer(const std::string& language);

  private:
    class Turn;  // one resume()
    /// Which action is under way, and so which inputs fit.
    enum class Under { Nothing, Saying, Listening, Queued, Asking, Recording, Keeping, Transferring, Requesting, Ended };

    /// A place in a program.
    struct Frame {
        std::shared_ptr<const Program> program;
        NodeIndex at = 0;
        friend bool operator==(const Frame&, const Frame&) = default;
    };
    using Place = std::vector<Frame>;  // the program, the one it called, …: he is at the last

    Party party_;
    Place place_;
    std::vector<Place> trail_;  // menus that led him here, the last one he was at behind
    std::map<std::string, std::string> variables_;
    std::set<std::string> masked_;     // names of variables
    std::set<std::string> from_site_;  // … whose values lookups and web answers gave: no caller can have chosen them
    std::string language_;
    bool chose_language_ = false;

    Under under_ = Under::Nothing;
    std::set<std::pair<const Program*, NodeIndex>> greeted_;  // menus whose long greeting he has heard
    int invalid_ = 0;                                         // of the node he is at
    int no_input_ = 0;
    std::string entered_;      // digits of the Collect he is at
    bool confirming_ = false;  // they were read back to him
    std::string typed_;        // keys ahead of the node that will read them
    Reply told_;               // rows that the Lookup he is at reads out
    std::size_t row_ = 0;      // the first one of the page
    char habit_ = 0;           // a terminator that may still come after a full entry, and means nothing then
    Wall habit_until_{};
    enum class Message { Greeting, Speaking, Review, Heard } message_ = Message::Greeting;  // of the Record he is at
    int silent_ = 0;                                                                        // messages in which he said nothing
};

}  // namespace hotline::ivr
