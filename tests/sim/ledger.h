// The journal as a bookkeeper reads it: from facts alone, who is where. What the facts say must make sense in itself, and must
// agree with what the core says of itself and with what the far ends saw.
#pragma once
#include <map>
#include <set>

#include "day.h"
#include "hotline/call/ports.h"
#include "hotline/call/switchboard.h"

namespace hotline::sim {

class Ledger : public call::Journal {
  public:
    static constexpr const char* kOutside = "a number outside";  // whom a caller talks to when it is no agent
    struct CallBook {
        Wall arrived;
        std::string caller;
        bool accepted = false, ended = false;
        std::string queue;  // the last
        bool queued = false, was_queued = false;
        Wall enqueued, left;
        Wall place;              // his place counts from here
        bool rescue = false;     // asked for it, and stays it wherever he is moved
        std::int64_t boost = 0;  // his own priority beside the queue's, which a reload may change
        std::vector<call::Enqueued::Skill> skills;
        std::set<std::string> offered_to;  // open offers; several with ring_all
        Wall offered;
        bool named = false;  // he asked for one agent
        std::string talks_to;
        Wall answered;
        std::set<std::string> holders;
        bool had_answer = false;
        bool from_queue = false;  // … of an agent whom a queue had offered the call
        bool handed_on = false;   // a menu's transfer was answered, and what is said of that comes next
        std::string last_agent, affinity = "none";
        std::set<std::string> uncoded;  // who talked in it and has not said what it was about; once a conversation
        std::int64_t ring_ms = 0, talk_ms = 0, hold_ms = 0, queue_ms = 0;
        int recordings = 0;
        int messages = 0, messages_missed = 0, questions = 0;
        std::string outcome;
        bool between_agents = false;  // one called the other by his number: no queue, no offer, no wrap-up
        bool out = false;             // an agent calls a number outside
        bool was_dialled = false;
        std::string dialling;  // the trunk that is being tried
        Wall dialled;
        bool will_be_called_back = false;
        std::string calls_back;  // the number whose callback this call is
    };
    /// Somebody waits to be called back. One a number.
    struct CallbackBook {
        std::string queue;
        Wall place;
        std::int64_t boost = 0;
        std::vector<call::Enqueued::Skill> skills;
        bool named = false;
        bool rescue = false;
        bool agent_first = false;
        bool waits = true;    // in the queue, where nobody is
        bool may_try = true;  // the last try was followed by a pause, not by an end
        Wall not_before{};    // … of that pause
        Wall expires{};       // who is being called then is in no line any more, until he is there
        CallId dialled_by{};  // the call that is placed for it now
        std::int64_t tries = 0;
    };
    struct AgentBook {
        std::string state, previous;
        Wall since;
        std::optional<CallId> engaged;  // offer or conversation
        CallId last_talk;
        std::string last_queue;
        Duration last_wrapup{0};
        bool until_done = false;  // … which no deadline ends
        Wall delayed_until{};     // after a miss
    };

    Ledger(Verdict& verdict, std::shared_ptr<const call::Site> site) : verdict_(verdict) { learn(*site); }
    /// Rules of a queue hold from the reload on; who is being offered or wraps up keeps the ones before.
    void learn(const call::Site& site);

    void append(const call::Fact& fact) override;

    const std::map<CallId, CallBook>& calls() const { return calls_; }
    const std::map<CallId, const CallBook*>& live() const { return live_; }  // those without CallEnded
    const std::map<std::string, CallbackBook>& callbacks() const { return callbacks_; }
    /// Left open by an earlier run: the core is told of it now.
    void learn(const call::CallbacksLeftOpen& left);
    const std::map<std::string, AgentBook>& agents() const { return agents_; }
    const acd::QueueConfig* queue(const std::string& name) const;
    /// Queues whose agents a rule of this one has ever let help: who had them keeps them over a reload.
    const std::set<std::string>& helpers(const std::string& queue) { return helpers_[queue]; }
    CallId newest() const { return newest_; }
    std::uint64_t digest() const { return digest_; }  // of all facts: the same day gives the same
    std::size_t size() const { return size_; }
    const std::map<std::string, int>& outcomes() const { return outcomes_; }
    const std::map<std::string, int>& answers() const { return answers_; }    // of surveys
    const std::set<std::string>& messages() const { return message_paths_; }  // on disk
    const std::map<std::string, int>& dial_results() const { return dial_results_; }
    const std::map<std::string, int>& transfers() const { return transfers_; }         // "agent busy", "outside answered"
    const std::map<std::string, int>& sightings() const { return sightings_; }         // of what a day may or may not bring
    std::function<void(const std::string& line)> on_fact = [](const std::string&) {};  // for the story
    std::function<void(const CallBook&, const std::string& agent)> on_answered = [](const CallBook&, const std::string&) {};
    std::function<void(CallId, const call::Offered&)> on_offered = [](CallId, const call::Offered&) {};
    std::function<void(CallId, const call::Dialled&)> on_dialled = [](CallId, const call::Dialled&) {};

  private:
    void on(const call::SystemStarted&, const call::Fact&) {}
    void on(const call::SystemStopped&, const call::Fact&) {}
    void on(const call::CallArrived& fact, const call::Fact& whole);
    void on(const call::CallAccepted& fact, const call::Fact& whole);
    void on(const call::MenuChosen& fact, const call::Fact& whole);
    void on(const call::Enqueued& fact, const call::Fact& whole);
    void on(const call::QueueLeft& fact, const call::Fact& whole);
    void on(const call::QueueRefused& fact, const call::Fact& whole);
    void on(const call::Offered& fact, const call::Fact& whole);
    void on(const call::Answered& fact, const call::Fact& whole);
    void on(const call::Held& fact, const call::Fact& whole);
    void on(const call::Resumed& fact, const call::Fact& whole);
    void on(const call::SegmentEnded& fact, const call::Fact& whole);
    void on(const call::Dialled& fact, const call::Fact& whole);
    void on(const call::DialEnded& fact, const call::Fact& whole);
    void on(const call::Transferred& fact, const call::Fact& whole);
    void on(const call::LegMeasured&, const call::Fact& whole);
    void on(const call::RecordingKept& fact, const call::Fact& whole);
    void on(const call::RecordingMissed& fact, const call::Fact& whole);
    void on(const call::CallEnded& fact, const call::Fact& whole);
    void on(const call::WrapUpEnded& fact, const call::Fact& whole);
    void on(const call::CallCoded& fact, const call::Fact& whole);
    void on(const call::QueueGroupsSet&, const call::Fact&) {}
    void on(const call::AgentChanged& fact, const call::Fact& whole);
    void on(const call::SelfServed&, const call::Fact& whole) { in_the_menu(whole, "SelfServed"); }
    void on(const call::Applied&, const call::Fact& whole) { in_the_menu(whole, "Applied"); }
    void on(const call::SmsLeft&, const call::Fact& whole) { in_the_menu(whole, "SmsLeft"); }
    void on(const call::LanguageSwitched&, const call::Fact& whole) { in_the_menu(whole, "LanguageSwitched"); }
    void in_the_menu(const call::Fact& whole, std::string_view kind);
    void on(const call::VoiceMessageLeft& fact, const call::Fact& whole);
    void on(const call::VoiceMessageMissed& fact, const call::Fact& whole);
    void on(const call::Surveyed& fact, const call::Fact& whole);
    void on(const call::CallbackRequested& fact, const call::Fact& whole);
    void on(const call::CallbackTried& fact, const call::Fact& whole);
    void on(const call::CallbackEnded& fact, const call::Fact& whole);
    bool is_rescue(const std::string& queue) const;
    CallbackBook& open_callback(const std::string& number, std::string_view kind);
    void begin_callback(CallBook& book, const call::CallArrived& fact, const call::Fact& whole);
    void dial_back(CallBook& book, const call::Fact& whole);

    CallBook& open_book(const call::Fact& whole, std::string_view kind);
    void begin_talk(CallBook& book, const std::string& agent, Wall at);
    void colleague_ended(CallBook& book, const AgentBook& agent, const call::SegmentEnded& fact, const call::Fact& whole);
    void add_talk(CallBook& book, const call::SegmentEnded& fact, const call::Fact& whole);
    void talk_ended(CallBook& book, AgentBook& agent, const call::SegmentEnded& fact, const call::Fact& whole);
    void offer_over(CallBook& book, const std::string& agent, Wall at);
    void missed(AgentBook& agent, const call::SegmentEnded& fact, Wall at);
    void count(std::string_view text);

    Verdict& verdict_;
    std::map<CallId, CallBook> calls_;
    std::map<CallId, const CallBook*> live_;
    std::map<std::string, AgentBook> agents_;
    std::map<std::string, CallbackBook> callbacks_;
    std::map<std::string, call::CallbackRules::Mode> modes_;
    std::map<std::string, std::set<std::string>> helpers_;
    std::map<std::string, int> retries_;  // of a queue's callbacks, by the rules that hold now
    std::map<std::string, acd::QueueConfig> queues_;
    std::map<std::string, int> outcomes_, dial_results_, transfers_, answers_, sightings_;
    std::set<std::string> message_paths_;
    CallId newest_;
    Wall last_{};
    std::uint64_t digest_ = 14695981039346656037u;
    std::size_t size_ = 0;
};

}  // namespace hotline::sim
