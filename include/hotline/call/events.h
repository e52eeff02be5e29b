// All that the outside tells the core: small values, each with the id of what it is about. Late, repeated and crossing events are
// normal; an unknown id is counted and dropped.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hotline/base/time.h"
#include "hotline/call/audio.h"
#include "hotline/call/ids.h"
#include "hotline/ivr/machine.h"

namespace hotline::call {

// ── From signalling ──

/// Who sent an INVITE, after authentication: a trunk (recognised by address) or an agent (by digest).
struct Origin {
    enum class Kind { Trunk, Agent } kind = Kind::Trunk;
    std::string name;  // "local"; "8001"
};
/// A new call. Answer with ring, answer or refuse; until then the caller hears nothing.
struct InviteArrived {
    LegId leg;
    Origin origin;
    std::string caller;                // From user part (valid text); the agent's number for an agent
    std::string caller_name;           // display name (valid text), may be empty
    std::string called;                // Request-URI user part
    std::optional<RemoteAudio> offer;  // none: the INVITE had no SDP; ours goes into the 200, the answer comes in LegConfirmed
    std::string sip_call_id;           // for the log
    IpAddress source;                  // where the INVITE came from: chooses our local address when there is no offer
};
/// An outgoing leg rings (180, 183 with sound) or was queued (182). `early` when the answer came with SDP.
struct LegRinging {
    LegId leg;
    std::optional<RemoteAudio> early;
    bool under_way = false;  // no more than 183 without sound: somebody is at work on it, and nobody rings yet
};
/// An outgoing leg was answered with 2xx; already ACKed.
struct LegAnswered {
    LegId leg;
    RemoteAudio audio;
};
/// The ACK for our 2xx came. `answer` when the offer was ours.
struct LegConfirmed {
    LegId leg;
    std::optional<RemoteAudio> answer;
};
/// A re-INVITE or UPDATE with changed media. Reply with Signaling::answer_offer, or refuse_offer. (A refresh with unchanged media
/// is answered by signalling itself and not told.)
struct OfferReceived {
    LegId leg;
    RemoteAudio offer;
};
/// The far side's answer to our own re-INVITE (Signaling::offer); none when it refused and the session stays as it was.
struct OfferAnswered {
    LegId leg;
    std::optional<RemoteAudio> answer;
};
/// The leg is over, whatever its state was. Nothing about it comes later. Sent exactly once for each leg, also after
/// hangup() and refuse().
struct LegEnded {
    enum class Cause {
        Remote,         // BYE or CANCEL from the far side
        Local,          // hangup(), refuse()
        Busy,           // 486, 600
        Rejected,       // 603, 403, other 4xx and 6xx
        NoAnswer,       // 408, 480, no answer in time
        Unreachable,    // 404, 410, 5xx, no route, no registered contact
        NoCommonCodec,  // 488, 606, an answer that we cannot use
        NoAck,          // our 2xx was never ACKed
        SessionTimer,   // no refresh in time (RFC 4028)
        Failed,         // transport, protocol, limits: see text
    } cause;
    LegId leg;
    int status = 0;    // SIP status where there was one, or that we would give
    std::string text;  // for the log
};
/// DTMF by SIP INFO (application/dtmf-relay, application/dtmf).
struct InfoDigit {
    LegId leg;
    char key;
};
/// The phones of an agent: 0 when the last contact was removed or expired.
struct AgentContacts {
    std::string agent;
    int contacts;
    IpAddress source;         // of the newest contact: chooses our local address for his audio
    bool signed_off = false;  // with 0: a REGISTER removed the last one. Else it expired, and its phone may be back any moment
};

/// Whether calls may go out through a trunk now: it answers, its name is known, and it took our registration where it wants one.
/// Told of each trunk with an address at the start, after a reload, and on each change.
struct TrunkState {
    std::string trunk;
    bool up;
    IpAddress address;  // where it is: chooses our local address for its audio
};

// ── From media ──

struct AudioOpened {
    LegId leg;
    Address local;  // of RTP, as it is to stand in SDP
};
struct AudioFailed {
    LegId leg;
    std::string text;  // no port free, no descriptor: what to do
};
struct PlayEnded {
    LegId leg;
    PlayId play;
};
/// RFC 4733 or in-band; each key press once.
struct DigitHeard {
    LegId leg;
    char key;  // 0–9 * # A–D
};
/// Nothing has come from the far side for the configured time, although it should send.
struct AudioSilent {
    LegId leg;
    Duration since;
};
/// Of one leg, over its whole life (RFC 3550 §6.4).
struct LegQuality {
    std::uint64_t packets_in = 0, packets_out = 0;
    std::uint64_t lost_in = 0;  // expected − received, never negative
    double jitter_in_ms = 0;    // last value of the estimator
    double jitter_in_max_ms = 0;
    std::optional<double> loss_out;  // 0–1, as the far side reported it last
    std::optional<double> round_trip_ms;
};
/// Answer to Media::close, or unasked: the leg could not be kept. Sent exactly once for each opened leg, which is forgotten then.
struct AudioClosed {
    LegId leg;
    LegQuality quality;
};
struct RecordingSaved {
    CallId call;
    std::string path;    // relative to the data directory: recordings/YYYY/MM/DD/CALL_ID.wav
    std::string sha256;  // hex
    Duration length;
};
struct RecordingLost {
    CallId call;
    std::string text;
};
/// Nothing more is recorded of this message. It waits for Media::settle_message.
struct VoiceMessageEnded {
    VoiceMessageId message;
    Duration length;  // of its file
    Duration spoken;  // … in which somebody spoke, by level
};
struct VoiceMessageLoaded {
    VoiceMessageId message;
    SoundRef sound;  // null: it could not be read
};
struct VoiceMessageSaved {
    VoiceMessageId message;
    std::string path;    // relative to the data directory
    std::string sha256;  // hex
    Duration length;
};
/// It cannot be recorded (any more), or not be kept: the disk is full or not writable. Nothing about it comes later.
struct VoiceMessageLost {
    VoiceMessageId message;
    std::string text;
};

// ── From the business side ──

/// Who served this caller before, best first (Directory::find).
struct CustomerFound {
    CallId call;
    struct Served {
        std::string agent;
        Wall last;
        Duration talk;
    };
    std::vector<Served> served;
    std::string language{};  // that he chose in an earlier call; empty: none
};
/// Callbacks that earlier runs of the daemon left open, oldest first.
struct CallbacksLeftOpen {
    struct One {
        CallId callback, asked_in;
        std::string caller, number, queue, language;
        Wall place, expires;
        Wall not_before;  // of the next try
        int tries = 0;
        int priority = 0;
        std::vector<std::pair<std::string, int>> skills{};
        std::string agent{};  // whom he asked for
        std::vector<CustomerFound::Served> served{};
    };
    std::vector<One> callbacks;
};
/// What came of a question to the outside (Inquiries::ask).
struct InquiryAnswered {
    CallId call;
    InquiryId inquiry;
    ivr::Reply reply;
};
/// Speech::prepare: one sound an utterance; an utterance that could not be made is null and skipped.
struct SpeechReady {
    SpeechId speech;
    std::vector<SoundRef> sounds;
};
/// How full the journal is. Above 0.9 new calls are refused.
struct JournalFilled {
    double share;
};

using Event = std::variant<InviteArrived, LegRinging, LegAnswered, LegConfirmed, OfferReceived, OfferAnswered, LegEnded, InfoDigit,
                           AgentContacts, TrunkState, AudioOpened, AudioFailed, PlayEnded, DigitHeard, AudioSilent, AudioClosed,
                           RecordingSaved, RecordingLost, CustomerFound, SpeechReady, JournalFilled, InquiryAnswered,
                           VoiceMessageEnded, VoiceMessageLoaded, VoiceMessageSaved, VoiceMessageLost, CallbacksLeftOpen>;

}  // namespace hotline::call
