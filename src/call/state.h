// All that the switchboard owns, and the verbs on it, spread over files of one idea each:
//
//   switchboard.cpp  dispatch, rounds, deadlines, census      arriving.cpp   INVITE → answer
//   speaking.cpp     IVR actions, prompts, keys               queueing.cpp   join, offer, ring, miss
//   talking.cpp      bridge, hold, changed media               ending.cpp     hang-up, durations, CallEnded
//   agents.cpp       presence, star codes, AgentChanged       direct.cpp     an agent calls a colleague
//   messages.cpp     voice messages                           surveys.cpp    questions after the agent's hang-up
//   notice.cpp       "this call is recorded"                  overflowing.cpp sent on by a queue's rules
//   outside.cpp      an agent calls a number outside          transferring.cpp a menu hands its caller on
//   callbacks.cpp    who wants to be called back              calling_back.cpp the call that is placed for him
//   inquiring.cpp    what menus ask of the outside            invariants.cpp what must always be true
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "call.h"
#include "callback_list.h"
#include "hotline/base/random.h"
#include "hotline/base/timer_queue.h"
#include "hotline/call/switchboard.h"
#include "leg.h"
#include "places_kept.h"

namespace hotline::call {

enum class Deadline : std::uint8_t {
    Listen,     // the machine's wait for a key
    Speech,     // sounds were not prepared in time: go on without
    Play,       // media did not say that a prompt ended
    Directory,  // who served him before: waited for long enough
    Announce,   // next position announcement
    Ring,       // a phone that no queue offers rang for long enough; a trunk was silent for too long; nobody could be rung at all
    Measured,   // quality of the legs was not told in time: write CallEnded without
    Message,    // media did not say that a voice message ended, or that it is on disk
    CallbackOffer,  // a waiting caller is told that he may be called back
    Abandoned,      // a leg never reported its end: count, log, forget
};
struct TimerKey {
    CallId call;
    Deadline deadline;
    friend bool operator==(TimerKey, TimerKey) = default;
};

}  // namespace hotline::call

template <>
struct std::hash<hotline::call::TimerKey> {
    std::size_t operator()(hotline::call::TimerKey key) const noexcept {
        return std::hash<std::uint64_t>{}(key.call.value * 16 + static_cast<std::uint64_t>(key.deadline));
    }
};

namespace hotline::call {

/// What the core keeps of an agent beside acd's own state.
struct AgentRecord {
    std::string name;
    int contacts = 0;
    bool logged_in = false;
    IpAddress phone_address;
    std::string state;  // as last written by AgentChanged
    std::string reason;
    Now since{};
    // The conversation whose wrap-up runs.
    std::string last_queue;
    CallId coded_call;               // whose code is not written yet; none: his queue has no codes
    std::string code;                // what he said of it
    int own_calls = 0;               // he placed them himself; he is not offered others meanwhile
    std::deque<Time> outside_calls;  // of the last hour, oldest first
};

/// What sent a caller on, and where to, as QueueLeft says it.
struct SentOn {
    std::optional<std::string> why{}, to{};
};

/// A trunk as signalling told of it last.
struct TrunkRecord {
    bool up = false;
    IpAddress address;
};

/// What a caller asks for who wants to be called back.
struct CallbackWish {
    std::string queue, number;
    std::string by;  // key, menu, overflow
    int priority = 0;
    std::vector<acd::SkillWish> skills{};
};

struct Switchboard::State {
    State(Ports given, IdSource<LegId>& legs, std::uint64_t first_call_id, std::shared_ptr<const Site> first_site, Now now);

    Ports ports;
    IdSource<LegId>& leg_ids;
    IdSource<PlayId> play_ids;
    IdSource<SpeechId> speech_ids;
    IdSource<InquiryId> inquiry_ids;
    IdSource<VoiceMessageId> message_ids;
    std::uint64_t next_call_id;
    std::shared_ptr<const Site> site;
    acd::Acd acd;
    Random random;
    std::unordered_map<CallId, std::unique_ptr<Call>> calls;
    std::unordered_map<LegId, Leg> legs;
    std::unordered_map<SpeechId, CallId> speeches;
    std::unordered_map<VoiceMessageId, VoiceMessage> messages;
    std::map<std::string, AgentRecord, std::less<>> agents;
    std::map<std::string, TrunkRecord, std::less<>> trunks;
    std::map<std::string, std::uint64_t> outbound_refused;  // by reason
    std::map<std::string, std::deque<Time>> handed_on;      // by caller: calls outside that menus placed for him, of the last hour
    std::uint64_t emergency_calls = 0;                      // placed by agents
    TimerQueue<TimerKey> timers;
    PlacesKept places;
    CallbackList callbacks;
    Wall day_ends{};                               // at the site
    std::optional<std::tuple<int, int, int>> day;  // year, month, day there
    std::optional<std::map<std::string, std::vector<std::string>>> told_groups;
    Time hours_due{};  // when the queues' hours are looked at again
    double journal_filled = 0;
    bool draining = false;
    std::uint64_t late_events = 0;

    // switchboard.cpp
    void late() { ++late_events; }
    Call* find(CallId id);
    Leg* find(LegId id);
    Call& call_of(const Leg& leg);
    CallId new_call_id(Now now);
    template <class Body>
    void tell(CallId call, Body body, Now now) {
        ports.journal.append(Fact{now.wall, call, FactBody(std::move(body))});
    }
    void on_deadline(TimerKey key, Now now);
    bool step(Leg& leg, LegEvent event);

    // arriving.cpp
    void on(const InviteArrived& event, Now now);
    void on(const AudioOpened& event, Now now);
    void on(const AudioFailed& event, Now now);
    void on(const LegConfirmed& event, Now now);
    void answer_caller(Call& call, Leg& leg, Now now);
    void begin_service(Call& call, Now now);
    void directory_is_late(Call& call, Now now);
    void begin_flow(Call& call, Now now);
    std::string purpose_of(const Call& call) const;
    void open_audio(Call& call, Leg& leg, const IpAddress& family_of);

    // speaking.cpp
    void on(const SpeechReady& event, Now now);
    void on(const PlayEnded& event, Now now);
    void on(const DigitHeard& event, Now now);
    void on(const InfoDigit& event, Now now);
    void on_key(LegId leg, char key, KeyWay way, Now now);
    void press(Call& call, char key, Now now);
    void feed(Call& call, const ivr::Input& input, Now now);
    void perform(Call& call, const ivr::Action& action, Now now);
    void prepare(Call& call, Ear::Use use, std::vector<ivr::Utterance> utterances, Now now);
    void play(Call& call, std::vector<SoundRef> sounds, Media::PlayMode mode, Now now);
    void prompt_ended(Call& call, Now now);
    void silence(Call& call);

    // inquiring.cpp
    void on(const InquiryAnswered& event, Now now);
    void inquire(Call& call, const ivr::AskTables& question, Now now);
    void inquire(Call& call, const ivr::AskWeb& question, Now now);
    InquiryId begin_inquiry(Call& call, Duration timeout, Now now);
    void leave_behind(Call& call, const ivr::Effect& effect, Now now);

    // messages.cpp
    void on(const VoiceMessageEnded& event, Now now);
    void on(const VoiceMessageLoaded& event, Now now);
    void on(const VoiceMessageSaved& event, Now now);
    void on(const VoiceMessageLost& event, Now now);
    void take_message(Call& call, const ivr::TakeMessage& wish, Now now);
    void end_message(Call& call);
    void play_message(Call& call, Now now);
    void keep_message(Call& call, Now now);
    void keep(VoiceMessageId id, VoiceMessage& message);
    void drop_message(Call& call);
    void drop(VoiceMessageId id);
    void message_late(Call& call, Now now);
    void keep_spoken_message(Call& call);
    Call* in_menu_with(VoiceMessageId id, CallId call);

    // notice.cpp
    const ivr::Utterance* notice_in(const Call& call, const ivr::Prompt& notice) const;
    bool say_notice(Call& call, const ivr::Prompt& notice, Now now);
    bool hears_notice(const Call& call) const { return call.ear.use == Ear::Use::Notice; }
    void hear_notice_out(Call& call, Now now);
    void notice_over(Call& call, Now now);

    // surveys.cpp
    bool begin_survey(Call& call, Leg& agent_leg, Now now);
    void tell_answer(Call& call, const ivr::Answer& answer, Now now);

    // queueing.cpp
    void on(const CustomerFound& event, Now now);
    void on(const LegRinging& event, Now now);
    void on(const LegAnswered& event, Now now);
    void join(Call& call, const ivr::Enqueue& wish, Now now);
    void enter_queue(Call& call, Now now);
    std::vector<acd::AgentId> preferred(const std::vector<CustomerFound::Served>& served, Now now) const;
    void keep_place(const Call& call, Now now);
    void turn_the_page(Now now);
    void decide(Now now);
    bool carry_out(const acd::Decisions& decisions, Now now);
    bool make_offer(const acd::Offer& offer, Now now);
    Leg& new_agent_leg(Call& call, acd::AgentId agent, const std::string& name, Now now);
    std::string screen_name(const Call& call) const;
    void dial(Call& call, Leg& leg);
    void offer_failed(Call& call, Leg& leg, acd::Miss why, std::string_view result, Now now);
    void offer_over(Call& call, Leg& leg, std::string_view result, Now now);
    std::vector<LegId> offers_of(const Call& call);
    void withdraw_offers(Call& call, std::string_view result, Now now);
    void stop_ringing(Call& call, const Leg& leg, Now now);
    void tell_enqueued(Call& call, Now now);
    void leave_queue(Call& call, std::string_view result, Now now, const SentOn& sent_on = {});

    // overflowing.cpp
    void moved(Call& call, acd::QueueId to, Now now);
    void expired(const acd::Expired& expired, Now now);
    bool leaves_by_key(Call& call, char key, Now now);
    void watch_hours(Now now);
    std::optional<Time> next_hour() const;

    // callbacks.cpp
    void on(const CallbacksLeftOpen& event, Now now);
    std::optional<Number> number_to_call(const std::string& written, const CallbackRules& rules, const Call& call) const;
    bool calls_back_now(const std::string& queue, Wall wall) const;
    void plan_callback_offer(Call& call, Now now);
    void offer_callback(Call& call, Now now);
    std::optional<ivr::Utterance> words_of_offer(const Call& call) const;
    bool takes_callback(Call& call, char key, Now now);
    ivr::CallbackAnswer request_callback(Call& call, const CallbackWish& wish, Now now);
    static Wall wall_of(Time at, Now now);
    acd::Away away_until(const Callback& callback, Time from, Now now) const;
    const CallbackRules& rules_of(const Callback& callback) const;
    bool is_full(acd::QueueId queue, Now now) const;
    bool line_up(const Callback& callback, const acd::Away& away, Now now);
    void wait_again(Callback& callback, Duration pause, Now now);
    void end_callback(Callback& callback, std::string_view result, CallId in, Now now);
    std::optional<Time> take_place_back(const Call& call, Now now);

    // calling_back.cpp
    Call* begin_calling_back(CallId attempt, Now now);
    const char* obstacle_to(const Callback& callback, Now now) const;
    const char* no_way_to(const Callback& callback, Now now) const;
    void fetch_customer(Call& call, const acd::Offer& offer, Now now);
    void dial_customer(Call& call, const std::string& agent, Now now);
    void agent_fetched(Call& call, Leg& leg, Now now);
    void customer_answered(Call& call, Leg& leg, Now now);
    void join_agent_and_customer(Call& call, Now now);
    void greet_customer(Call& call, Now now);
    void customer_confirmed(Call& call, const ivr::Enqueue& wish, Now now);
    void reached(Call& call, const std::string& agent, Now now);
    void callback_served(const Call& call, Now now);
    void judge_callback(CallId call, const std::string& code, Now now);
    void not_reached(Call& call, std::string_view result, std::string cause, Now now);
    void let_go(Call& call, Now now);
    void unreserve(Call& call, Now now);
    void callback_over(Call& call, Now now);
    void came_to_nothing(Callback& callback, CallId call, std::string_view result, const std::optional<std::string>& agent,
                         Now now);

    // announcing.cpp
    void begin_waiting_sound(Call& call, std::vector<ivr::Utterance> words, Now now);
    void change_queue_talk(Call& call, Now now);
    void announce(Call& call, Now now);
    void announce_where_new(Now now);
    std::optional<int> minutes_to_say(Call& call, Now now);
    void music(Call& call, Now now);

    // direct.cpp
    void call_colleague(Call& call, Leg& leg, Now now);
    void ring_colleague(Call& call, Now now);
    void colleague_answered(Call& call, Leg& leg, Now now);
    void colleague_declined(Call& call, Leg& leg, std::string_view result, Now now);

    // outside.cpp
    void on(const TrunkState& event, Now now);
    bool is_emergency_call(const Origin& origin, const std::string& called) const;
    void call_outside(Call& call, Leg& leg, Now now);
    const char* refusal_of(AgentRecord& agent, const Number& number, Now now) const;
    void refuse_outside(Call& call, const char* reason, Now now);
    void refuse_unknown(Call& call, Now now);
    bool is_internal(const std::string& called) const;
    std::string shown_number(const AgentRecord& agent) const;
    std::vector<std::string> ways_to(const Number& number, Now now) const;
    void try_next_trunk(Call& call, Now now);
    const char* why_not(const std::string& trunk) const;
    std::size_t calls_through(const std::string& trunk) const;
    bool is_full(const Origin& origin) const;
    void open_trunk_leg(Call& call, const std::string& trunk, Now now);
    void dial_outside(Call& call, Leg& leg, Now now);
    void outside_rings(Call& call, Leg& leg, const LegRinging& event, Now now);
    bool pass_early_sound(Call& call, Leg& leg, const RemoteAudio& early);
    void outside_answered(Call& call, Leg& leg, Now now);
    void outside_failed(Call& call, Leg& leg, const LegEnded& ended, Now now);
    void outside_timed_out(Call& call, Leg& leg, Now now);
    void dial_over(Call& call, Leg& leg, std::string_view result, int status, Now now);
    const std::vector<Codec>& codecs_of(const Leg& leg) const;
    std::string_view side_of(const Leg& leg);

    // transferring.cpp
    void begin_transfer(Call& call, const ivr::TransferTo& wish, Now now);
    void ring_agent(Call& call, const std::string& name, const ivr::TransferTo& wish, Now now);
    void call_number(Call& call, const std::string& to, const ivr::TransferTo& wish, Now now);
    const char* refusal_of(const Call& call, const Number& number, const ivr::TransferTo& wish, Now now);
    void nobody_rings(Call& call, ivr::TransferNews news, std::string why, Now now);
    void begin_ringing_sound(Call& call, const ivr::TransferTo& wish, Now now);
    void transfer_declined(Call& call, Leg& leg, std::string_view result, Now now);
    void transfer_rings_no_more(Call& call, Now now);
    void transfer_answered(Call& call, Leg& leg, Now now);
    void transfer_in_vain(Call& call, ivr::TransferNews news, std::string why, Now now);
    void transfer_withdrawn(Call& call, Now now);
    void end_transfer(Call& call, Now now);
    bool comes_back(Call& call, Leg& leg, Now now);
    void tell_transferred(const Call& call, std::string_view result, std::string why, Now now);

    // talking.cpp
    void on(const OfferReceived& event, Now now);
    void on(const OfferAnswered& event, Now now);
    void on(const AudioSilent& event, Now now);
    void begin_talk(Call& call, Leg& agent_leg, Now now);
    void begin_code(const Call& call, acd::AgentId agent);
    void mark_answered(Call& call, Leg& agent_leg, Now now);
    void hold_changed(Call& call, Leg& leg, bool holding, Now now);
    void entertain_held(Call& call, Now now);
    Leg* partner(Call& call, const Leg& leg);
    LocalAudio local_audio(const Leg& leg, Direction direction) const;
    LocalAudio local_offer(const Leg& leg, std::optional<Codec> first) const;

    // ending.cpp
    void on(const LegEnded& event, Now now);
    void on(const AudioClosed& event, Now now);
    void close_leg(Leg& leg, Now now);
    void end(Call& call, HangupBy by, std::string cause, Now now);
    void cut_off(Call& call, std::string cause, Now now);
    void refuse(Call& call, int status, const std::string& phrase, std::string cause, Now now);
    void talk_over(Call& call, Leg& agent_leg, Now now);
    void maybe_finish(Call& call, Now now);
    void write_end(Call& call, Now now);
    void forget(Leg& leg, Now now);
    std::string outcome_of(const Call& call) const;

    // agents.cpp
    void on(const AgentContacts& event, Now now);
    void on(const JournalFilled& event, Now now);
    void on(const RecordingSaved& event, Now now);
    void on(const RecordingLost& event, Now now);
    void learn_agents(Now now);
    void tell_groups(Now now);
    void set_logged_in(AgentRecord& agent, bool logged_in, Now now);
    void log_out(AgentRecord& agent, Now now);
    void refresh_agent(acd::AgentId id, Now now);
    void refresh_agent(AgentRecord& agent, Now now);
    void change_agent(AgentRecord& agent, const std::string& state, const std::string& reason, Now now);
    void occupy(Call& call, const std::string& agent, Now now);
    void release_occupied(Call& call, Now now);
    void release(const std::string& agent, Now now);
    const ivr::Prompt* obey_star_code(Call& call, Now now);
    const char* take_code(AgentRecord& agent, const std::string& digits);
    void write_code(AgentRecord& agent, CallId call, Now now);
    AgentRecord* agent_record(acd::AgentId id);
};

/// Below the data directory: recordings/YYYY/MM/DD/CALL_ID.wav, the day as the site's calendar has it; `more` before the .wav.
std::string recording_path(const Site& site, CallId call, Wall wall, const std::string& more = "");
/// He has answered, and hears nothing yet: the directory may still tell in which language.
bool is_silent_for_language(const Call& call);
/// The number outside that is being called: by an agent, or by a menu for its caller. Null: none.
OutsideCall* dialling(Call& call);
/// A withheld number (RFC 3323 §4.1.1.3, and what gateways write for it) is everybody's: it tells nothing of him who calls.
bool tells_who_calls(std::string_view caller);
/// Whose call it is: who called, or is called back.
const std::string& customer_of(const Call& call);
std::string_view to_text(acd::AffinityOutcome outcome);
std::string_view result_of(LegEnded::Cause cause);  // of an offer or a call outside, as facts say it
inline constexpr Duration kSpeechDeadline = 5s;
inline constexpr Duration kPlayDeadline = 15min;
inline constexpr Duration kColleagueRings = 60s;
inline constexpr Duration kTransferRefused = 100ms;  // until the menu is told that nobody can be rung
inline constexpr Duration kNoticeDeadline = 10s;     // two who talk wait no longer for it
inline constexpr Duration kMessageRefused = 100ms;   // until the menu is told that there is no room
inline constexpr Duration kMessageEnds = 5s;         // after the longest length, its tone included
inline constexpr Duration kMessageSaved = 3s;        // a caller waits no longer for the disk
inline constexpr Duration kMeasuredDeadline = 1s;
inline constexpr std::size_t kMaxTypedAhead = 32;
inline constexpr Duration kSamePress = 200ms;     // between the two ways of one press; nobody presses a key twice so fast
inline constexpr Duration kForgetDeadline = 60s;  // longer than 64·T1: signalling has given up by then

}  // namespace hotline::call
