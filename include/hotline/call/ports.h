// What the core asks of the outside. Every method returns void and never calls back synchronously: each result and each failure
// comes later as an Event. That one rule removes re-entrancy and makes the simulation's fakes trivial.
#pragma once
#include <string>
#include <vector>

#include "hotline/call/audio.h"
#include "hotline/call/facts.h"
#include "hotline/call/ids.h"
#include "hotline/ivr/machine.h"

namespace hotline::call {

class Signaling {
  public:
    virtual ~Signaling() = default;

    // A leg that came in (InviteArrived).
    virtual void ring(LegId leg) = 0;                             // 180
    virtual void early(LegId leg, const LocalAudio& audio) = 0;   // 183: sound before the answer, which will say the same
    virtual void answer(LegId leg, const LocalAudio& audio) = 0;  // 200: an answer, or our offer when the INVITE had none
    /// A final status ≥ 300 for a leg that was not answered. `retry_after_s` > 0 adds the header (503).
    virtual void refuse(LegId leg, int status, const std::string& phrase, int retry_after_s) = 0;

    // A leg that goes out, to all phones of an agent: the first to answer wins, the others are cancelled.
    struct AgentCall {
        LegId leg;
        std::string agent;
        std::string caller;  // shown at the phone
        std::string caller_name;
        LocalAudio audio;
        std::vector<std::pair<std::string, std::string>> headers;  // e.g. X-Hotline-Call, X-Hotline-Queue
    };
    virtual void dial(AgentCall call) = 0;

    // A leg that goes out through a trunk, to a number outside.
    struct TrunkCall {
        LegId leg;
        std::string trunk;
        std::string number;  // as the trunk wants it
        std::string caller;  // shown (From, P-Asserted-Identity)
        LocalAudio audio;
        /// How long the core waits for a word: each address of the trunk's name gets its share of it. LegEnded says that none is
        /// left.
        Duration silence{8s};
    };
    virtual void dial(TrunkCall call) = 0;

    // An established leg.
    virtual void answer_offer(LegId leg, const LocalAudio& audio) = 0;
    virtual void refuse_offer(LegId leg, int status) = 0;  // 488: the session stays as it was
    virtual void offer(LegId leg, const LocalAudio& audio) = 0;

    /// Ends a leg in any state: BYE, CANCEL or a final answer, whichever fits. LegEnded follows.
    virtual void hangup(LegId leg) = 0;

    /// A line of text for the screens of an agent's phones (MESSAGE, RFC 3428). Tried once; nobody hears what became of it.
    virtual void show(const std::string& agent, const std::string& text) = 0;
};

class Media {
  public:
    virtual ~Media() = default;
    /// A socket pair for a leg; all legs of a call live on one media thread. `family_of`: the local address is of the family of,
    /// and routable to, this remote address. AudioOpened or AudioFailed follows.
    virtual void open(CallId call, LegId leg, const IpAddress& family_of) = 0;
    /// The agreed way to send and receive; again after each change. Sending starts here.
    virtual void connect(LegId leg, const AgreedAudio& audio) = 0;
    enum class PlayMode { Once, Loop };
    /// Replaces what is being played to this leg. PlayEnded follows a Once that was neither stopped nor replaced.
    virtual void play(LegId leg, PlayId play, std::vector<SoundRef> sounds, PlayMode mode) = 0;
    virtual void stop(LegId leg) = 0;
    /// Each hears the other; what is being played to either stops.
    virtual void bridge(LegId a, LegId b) = 0;
    virtual void unbridge(LegId leg) = 0;
    /// Records this leg until it closes: what it says to the left, what is said to it (an agent, prompts; not music in Loop mode)
    /// to the right. `path` relative to the data directory. RecordingSaved or RecordingLost follows.
    virtual void record(CallId call, LegId leg, const std::string& path) = 0;
    /// What this leg says is written as silence while it is masked: he keys a secret, and his keys may be tones in the sound.
    virtual void mask_recording(LegId leg, bool masked) = 0;

    /// A message that the far side of a leg speaks, in a mono file of its own, beside record().
    struct MessageOrder {
        VoiceMessageId message;
        CallId call;
        LegId leg;
        std::string path;                     // relative to the data directory
        enum class Tone { None, Beep } tone;  // before it begins
        Duration longest;                     // then it ends
        Duration silence;                     // so long at a stretch, it ends, too
    };
    /// VoiceMessageEnded follows, at the latest when the leg closes, or VoiceMessageLost at any time. The file has no lasting name
    /// before it is kept.
    virtual void take_message(const MessageOrder& order) = 0;
    /// He is done: VoiceMessageEnded follows.
    virtual void end_message(LegId leg, VoiceMessageId message) = 0;
    /// One that has ended and is not settled yet, to be played: VoiceMessageLoaded follows.
    virtual void load_message(VoiceMessageId message) = 0;
    enum class Fate { Keep, Drop };
    /// Once, after it has ended. Keep: VoiceMessageSaved or VoiceMessageLost follows. Drop: nothing does, and nothing is left of
    /// it.
    virtual void settle_message(VoiceMessageId message, Fate fate) = 0;

    /// AudioClosed follows.
    virtual void close(LegId leg) = 0;
};

/// Turns utterances into sounds: recorded files first, else synthesis, cached by text.
class Speech {
  public:
    virtual ~Speech() = default;
    virtual void prepare(SpeechId speech, std::vector<ivr::Utterance> utterances) = 0;  // SpeechReady follows
};

class Directory {
  public:
    virtual ~Directory() = default;
    virtual void find(CallId call, const std::string& number) = 0;  // CustomerFound may follow, or nothing
};

/// What menus ask of the outside: the site's tables, web addresses.
class Inquiries {
  public:
    virtual ~Inquiries() = default;
    // InquiryAnswered follows, or nothing: the caller is not kept longer than the question's own time-out.
    virtual void ask(CallId call, InquiryId inquiry, ivr::AskTables question) = 0;
    virtual void ask(CallId call, InquiryId inquiry, ivr::AskWeb question) = 0;
};

/// The fact log. Appending is a copy into memory.
class Journal {
  public:
    virtual ~Journal() = default;
    virtual void append(const Fact& fact) = 0;
};

}  // namespace hotline::call
