// The audio plane without audio: ports open late or not at all, prompts end or are never heard of again, recordings are kept or
// lost. Watches the core: nothing may be asked of a leg before its port is open or after it is closed, and nobody hears two others
// at once.
#pragma once
#include <set>

#include "day.h"
#include "hotline/call/ports.h"

namespace hotline::sim {

class FakeMedia : public call::Media {
  public:
    using Deliver = std::function<void(const call::Event&)>;
    FakeMedia(Timeline& timeline, Dice& dice, const Character& day, Verdict& verdict, Deliver deliver);

    void open(CallId call, LegId leg, const IpAddress& family_of) override;
    void connect(LegId leg, const call::AgreedAudio& audio) override;
    void play(LegId leg, call::PlayId play, std::vector<call::SoundRef> sounds, PlayMode mode) override;
    void stop(LegId leg) override;
    void bridge(LegId a, LegId b) override;
    void unbridge(LegId leg) override;
    void record(CallId call, LegId leg, const std::string& path) override;
    void mask_recording(LegId leg, bool masked) override;
    void take_message(const MessageOrder& order) override;
    void end_message(LegId leg, call::VoiceMessageId message) override;
    void load_message(call::VoiceMessageId message) override;
    void settle_message(call::VoiceMessageId message, Fate fate) override;
    void close(LegId leg) override;

    void press(LegId leg, char key);  // telephone-event
    void calm_down() { calm_ = true; }

    struct Port {
        CallId call;
        enum class State { Opening, Open, Failed, Lost, Closing, Closed } state = State::Opening;
        call::PlayId playing;
        call::PlayId speaking;  // words that are not at their end
        LegId bridged;
        std::optional<std::string> recording;
        bool masked = false;
    };
    /// Of callers, as long as they are there for somebody to hear them.
    struct Message {
        MessageOrder order;
        enum class State { Tone, Spoken, Ended, Kept, Gone } state = State::Tone;
        Time began{};
    };
    const std::map<call::VoiceMessageId, Message>& messages() const { return messages_; }
    const std::set<std::string>& saved() const { return saved_; }  // paths of messages
    const std::map<LegId, Port>& ports() const { return ports_; }
    const std::map<LegId, const Port*>& alive() const { return alive_; }  // not closed yet
    CallId call_of(LegId leg) const;

  private:
    Port& usable(LegId leg, std::string_view verb);
    void tell(const call::Event& event, Duration delay) {
        timeline_.after(delay, [this, event] { deliver_(event); });
    }
    void part(Port& port);
    void lose(LegId leg);
    void end_of_message(call::VoiceMessageId id);
    void lose_message(call::VoiceMessageId id);
    void messages_close(LegId leg);
    bool faulty(double share) { return !calm_ && dice_.chance(share); }

    Timeline& timeline_;
    Dice& dice_;
    const Character& day_;
    Verdict& verdict_;
    Deliver deliver_;
    std::map<LegId, Port> ports_;
    std::map<LegId, const Port*> alive_;
    std::map<call::VoiceMessageId, Message> messages_;
    std::set<std::string> saved_;
    bool calm_ = false;
};

}  // namespace hotline::sim
