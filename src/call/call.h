// One conversation of one customer, from INVITE to the fact CallEnded.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotline/call/events.h"
#include "hotline/call/site.h"
#include "hotline/ivr/machine.h"

namespace hotline::call {

/// Where the caller is. Each stage but the first and last has a clock of its own; a call is in exactly one.
enum class Stage {
    Arriving,      // no answer yet
    Menu,          // the IVR machine decides (or a star code is confirmed)
    Joining,       // bound for a queue, while the directory may still say who served him before
    Waiting,       // in a queue, maybe with an offer that rings
    Transferring,  // a menu has somebody rung for him
    Talking,       // bridged to an agent
    Held,          // one side put the other on hold
    Ending,        // every leg is told to close
};

/// Sums the time spent in each stage, from monotonic time only.
class StageClock {
  public:
    explicit StageClock(Time now) : since_(now) {}
    Stage stage() const { return stage_; }
    Time since() const { return since_; }
    void enter(Stage next, Time now) {
        spent_[static_cast<std::size_t>(stage_)] += now - since_;
        stage_ = next;
        since_ = now;
    }
    Duration spent(Stage stage) const { return spent_[static_cast<std::size_t>(stage)]; }

  private:
    Stage stage_ = Stage::Arriving;
    Time since_;
    std::array<Duration, 8> spent_{};
};

/// What the caller's ear is busy with. Every order to prepare or play something carries a fresh id; answers to older ones are late.
struct Ear {
    enum class Use { Nothing, Prompt, Notice, QueueTalk, QueueMusic, HoldMusic, Ringback } use = Use::Nothing;
    SpeechId speech;           // being prepared
    PlayId play;               // being played
    VoiceMessageId loading{};  // to be played to him who spoke it
    InquiryId inquiry{};       // nothing is heard: an answer from the outside is waited for
};

/// Unwanted: he began anew or went elsewhere while he spoke; it is dropped when media says that it has ended.
enum class MessageState { Speaking, Unwanted, Spoken, Keeping };

/// A message that a caller speaks, or has spoken. It outlives its call until the disk has said its word.
struct VoiceMessage {
    CallId call;
    std::string caller;
    std::optional<std::string> queue;
    std::string what;
    Duration shortest;
    MessageState state = MessageState::Speaking;
};

enum class HangupBy { Caller, Agent, Called, System };

/// A call of an agent to a number outside.
struct OutsideCall {
    Number number;
    std::string agent;                // who calls
    std::string caller_id;            // of his queue; empty: the trunk's
    std::vector<std::string> trunks;  // not tried yet, the next first
    std::optional<LegEnded> trouble;  // of the trunk tried last
    bool under_way = false;           // the trunk tried now has said that it is at work
    bool told_ringing = false;        // he hears the tone of his own phone
    bool rang = false;                // somebody's phone rings, or there is sound: no other trunk is tried any more
    bool early = false;               // he hears the far end before the answer
};

/// A menu hands the caller on: from its wish until nobody was reached, or the conversation is over.
struct Transfer {
    std::string node;  // whose wish it is
    std::optional<std::string> head_of;
    std::string agent;                   // whom it is for; empty: a number outside, or nobody
    bool engages = false;                // … his phone rings, or he talks: no queue offers him anyone
    std::optional<OutsideCall> outside;  // … that number
    std::string trunk;                   // tried last
    Duration ring;
    bool comes_back = false;  // the flow goes on when the called one hangs up
    Time since;
    ivr::TransferNews news = ivr::TransferNews::Failed;  // of one that cannot be rung, until the menu is told
    std::string why;
};

/// A call that we place for somebody who wants to be called back.
struct CallingBack {
    std::string number;  // whose callback it is
    CallbackRules::Mode mode;
    acd::OfferId reserved;  // customer first: of the agent who is kept for him
    acd::AgentId agent;     // … who that is
    Wall reserved_at;
    bool dialled;                           // he was: a try
    bool reached;                           // he is connected: with an agent, or in the queue
    std::string result;                     // what the try was, should the call end now
    std::optional<std::string> agent_name;  // agent first: who took it
};

struct Call {
    Call(CallId call, Now now) : id(call), started(now), clock(now.at) {}

    CallId id;
    Now started;
    StageClock clock;
    Origin origin;
    std::string direction, caller, caller_name, called, purpose;
    LegId caller_leg;
    LegId agent_leg;          // the agent who talks, or an offer that rings (with ring_all one of several)
    std::vector<LegId> legs;  // all that are not over, these two included
    std::optional<RemoteAudio> offer;

    // Self-service.
    std::unique_ptr<ivr::Machine> machine;
    std::string star_code;               // instead of a machine
    std::string colleague;               // instead of both: the agent who is called by his number
    std::optional<OutsideCall> outside;  // instead of all three; or while a customer is called back
    std::optional<CallingBack> calling_back;
    std::optional<Transfer> transfer;  // beside the machine, which waits for its end
    bool handed_on = false;            // … at least once
    bool chose = false;                // asked for something by key
    bool listened = false;             // was asked for a key
    bool masked = false;               // keys a secret; his side is not recorded meanwhile
    std::string typed_ahead;           // keys that came before the ACK to our 200
    Ear ear;

    // Queue.
    acd::QueueId queue;
    std::string queue_name;   // the last one; stays for the record
    std::string asked_queue;  // … that he asked for; he may have been moved since
    Now joined{};             // when he asked for it
    Time place{};             // his place counts from here: earlier, when he gave up and came back
    bool returned = false;
    int priority = 0;  // his own, beside the queue's
    std::vector<acd::SkillWish> skills;
    std::string named;               // the agent whom he asked for
    std::vector<acd::QueueId> been;  // queues that have sent him on since he last talked to an agent, each once
    SoundRef music;
    std::vector<ivr::Utterance> queue_talk;  // behind the notice, its last the music
    std::optional<int> announced_minutes;    // what he was told of his wait last
    bool wait_may_rise = false;              // he has come to another queue since, where it may be longer
    bool heard_notice = false;               // of a queue, to its end
    std::size_t comforted = 0;               // how often
    std::vector<CustomerFound::Served> served;
    bool directory_answered = false;
    bool awaits_language = false;  // nothing is said to him yet: the directory may still tell in which one
    bool overflowed = false;
    bool callback_offered = false;     // he has heard which key takes it
    bool will_be_called_back = false;  // and nothing better came of the call since
    acd::AffinityOutcome affinity = acd::AffinityOutcome::None;

    // Voice messages.
    VoiceMessageId message;     // that the menu waits for, or has in hand
    int messages = 0;           // begun: each file has a number
    bool left_message = false;  // … and kept one, and nothing better came of the call since

    // Results for the record.
    std::optional<std::string> last_agent;
    bool answered_by_agent = false;
    Duration rang{0};         // while at least one phone rang
    std::size_t ringing = 0;  // agents' phones that ring
    Time rings_since{};       // … when there is one
    HangupBy hangup_by = HangupBy::System;
    std::optional<HangupBy> talk_ended_by;  // with a survey after it: that is who ended the call
    std::string outcome;                    // set when it ends in a way that the stages do not tell: rejected, failed
    std::string cause;
    std::vector<std::string> occupied;  // agents whose own call this is: they are not offered others meanwhile
    bool told = false;                  // CallEnded is written
};

}  // namespace hotline::call
