// A switchboard whose outside is a list: each test says what comes in and reads what went out. Time moves only when told.
#pragma once
#include <gtest/gtest.h>

#include "hotline/call/switchboard.h"

namespace hotline::call {

struct Exchange : Signaling, Media, Speech, Directory, Journal, Inquiries {
    // What went out.
    struct Sent {
        std::string verb;
        LegId leg;
        int status = 0;
        std::string agent;  // or trunk
        LocalAudio audio;
        std::string number{}, caller{};  // of a call through a trunk
    };
    std::vector<Sent> sent;
    struct Played {
        LegId leg;
        PlayId play;
        Media::PlayMode mode;
    };
    std::vector<Played> played;
    std::vector<std::string> media;  // "open 1", "bridge 1 2", …
    struct Prepared {
        SpeechId id;
        std::vector<ivr::Utterance> words;
    };
    std::vector<Prepared> prepared;
    std::vector<Fact> facts;
    std::vector<CallId> looked_up;

    void ring(LegId leg) override { sent.push_back({"ring", leg, 180, {}, {}}); }
    void early(LegId leg, const LocalAudio& audio) override { sent.push_back({"early", leg, 183, {}, audio}); }
    void answer(LegId leg, const LocalAudio& audio) override { sent.push_back({"answer", leg, 200, {}, audio}); }
    void refuse(LegId leg, int status, const std::string&, int) override { sent.push_back({"refuse", leg, status, {}, {}}); }
    void dial(AgentCall call) override {
        sent.push_back({"dial", call.leg, 0, call.agent, call.audio});
        last_dialled = std::move(call);
    }
    AgentCall last_dialled;
    void dial(TrunkCall call) override {
        sent.push_back({"dial out", call.leg, 0, call.trunk, call.audio, call.number, call.caller});
    }
    void answer_offer(LegId leg, const LocalAudio& audio) override { sent.push_back({"answer_offer", leg, 200, {}, audio}); }
    void refuse_offer(LegId leg, int status) override { sent.push_back({"refuse_offer", leg, status, {}, {}}); }
    void offer(LegId leg, const LocalAudio& audio) override { sent.push_back({"offer", leg, 0, {}, audio}); }
    void hangup(LegId leg) override { sent.push_back({"hangup", leg, 0, {}, {}}); }
    void show(const std::string& agent, const std::string& text) override { shown.emplace_back(agent, text); }
    std::vector<std::pair<std::string, std::string>> shown;  // agent, text

    void open(CallId, LegId leg, const IpAddress&) override { media.push_back("open " + to_text(leg)); }
    void connect(LegId leg, const AgreedAudio&) override { media.push_back("connect " + to_text(leg)); }
    void play(LegId leg, PlayId play, std::vector<SoundRef>, PlayMode mode) override { played.push_back({leg, play, mode}); }
    void stop(LegId leg) override { media.push_back("stop " + to_text(leg)); }
    void bridge(LegId a, LegId b) override { media.push_back("bridge " + to_text(a) + ' ' + to_text(b)); }
    void unbridge(LegId leg) override { media.push_back("unbridge " + to_text(leg)); }
    void record(CallId, LegId leg, const std::string& path) override {
        media.push_back("record " + to_text(leg));
        recording = path;
    }
    void mask_recording(LegId leg, bool masked) override { media.push_back((masked ? "mask " : "unmask ") + to_text(leg)); }
    void close(LegId leg) override { media.push_back("close " + to_text(leg)); }
    void take_message(const MessageOrder& order) override {
        messages.push_back(order), media.push_back("message " + to_text(order.leg));
    }
    void end_message(LegId leg, VoiceMessageId) override { media.push_back("end message " + to_text(leg)); }
    void load_message(VoiceMessageId message) override { media.push_back("load message " + std::to_string(message.value)); }
    void settle_message(VoiceMessageId message, Fate fate) override {
        media.push_back((fate == Fate::Keep ? "keep message " : "drop message ") + std::to_string(message.value));
    }
    std::vector<MessageOrder> messages;
    void prepare(SpeechId speech, std::vector<ivr::Utterance> words) override { prepared.push_back({speech, std::move(words)}); }
    void find(CallId call, const std::string&) override { looked_up.push_back(call); }
    struct Asked {
        CallId call;
        InquiryId inquiry;
        std::optional<ivr::AskTables> tables;
        std::optional<ivr::AskWeb> web;
    };
    std::vector<Asked> inquiries;
    void ask(CallId call, InquiryId inquiry, ivr::AskTables question) override {
        inquiries.push_back({call, inquiry, std::move(question), std::nullopt});
    }
    void ask(CallId call, InquiryId inquiry, ivr::AskWeb question) override {
        inquiries.push_back({call, inquiry, std::nullopt, std::move(question)});
    }
    void append(const Fact& fact) override { facts.push_back(fact); }
    std::string recording;

    explicit Exchange(std::shared_ptr<Site> its_site = travel())
        : site(std::move(its_site)), board(ports(), leg_ids, 1, site, now) {}

    // ── The world's clock and inputs ──
    Now now{Time(1h), Wall(std::chrono::microseconds(1'790'000'000'000'000))};
    void pass(Duration d) {
        const Time until = now.at + d;
        while (const auto next = board.next_deadline()) {
            if (*next > until) break;
            move_to(std::max(*next, now.at));
            board.round(now);
        }
        move_to(until);
        board.round(now);
    }
    void in(Event event) {
        board.on(event, now);
        board.round(now);
        EXPECT_EQ(board.broken_invariant(now), "");
    }

    static RemoteAudio pcma(Direction direction = Direction::SendRecv) {
        RemoteAudio out;
        out.rtp = *Address::parse("127.0.0.1:4000");
        out.rtcp = *Address::parse("127.0.0.1:4001");
        out.codecs = {{Codec::Pcma, 8}};
        out.telephone_event = 101;
        out.direction = direction;
        return out;
    }
    LegId invite(const std::string& caller, const std::string& called = "95000", Origin::Kind kind = Origin::Kind::Trunk,
                 std::optional<RemoteAudio> offer = pcma()) {
        const LegId leg = leg_ids.next();
        in(InviteArrived{
            leg, {kind, kind == Origin::Kind::Agent ? caller : "local"}, caller, "", called, std::move(offer), "id", {}});
        return leg;
    }
    LegId accepted(const std::string& caller, const std::string& called = "95000", Origin::Kind kind = Origin::Kind::Trunk) {
        const LegId leg = invite(caller, called, kind);
        in(AudioOpened{leg, *Address::parse("127.0.0.1:20000")});
        in(LegConfirmed{leg, std::nullopt});
        return leg;
    }
    void agent_appears(const std::string& agent) { in(AgentContacts{agent, 1, *IpAddress::parse("127.0.0.1")}); }
    void speech_ready() { in(SpeechReady{prepared.back().id, std::vector<SoundRef>(prepared.back().words.size(), sound())}); }
    /// The last agent who was dialled, once his audio port is there.
    LegId ringing(const std::string& agent) {
        const LegId leg{leg_of_last_open()};
        in(AudioOpened{leg, *Address::parse("127.0.0.1:20002")});
        EXPECT_EQ(sent.back().verb, "dial");
        EXPECT_EQ(sent.back().agent, agent);
        in(LegRinging{leg, std::nullopt});
        return leg;
    }
    void answers(LegId leg) { in(LegAnswered{leg, pcma()}); }
    void hangs_up(LegId leg) { in(LegEnded{LegEnded::Cause::Remote, leg, 0, "bye"}); }
    /// Media and signalling confirm everything that was closed.
    void settle() {
        for (std::size_t i = settled_media; i < media.size(); ++i)
            if (media[i].starts_with("close ")) in(AudioClosed{LegId{std::stoull(media[i].substr(6))}, {}});
        settled_media = media.size();
        for (std::size_t i = settled_sent; i < sent.size(); ++i)
            if (sent[i].verb == "hangup" || sent[i].verb == "refuse") in(LegEnded{LegEnded::Cause::Local, sent[i].leg, 0, ""});
        settled_sent = sent.size();
    }

    template <class Body>
    std::vector<Body> all() const {
        std::vector<Body> out;
        for (const auto& fact : facts)
            if (const auto* body = std::get_if<Body>(&fact.body)) out.push_back(*body);
        return out;
    }
    template <class Body>
    Body last() const {
        const auto found = all<Body>();
        EXPECT_FALSE(found.empty()) << "no fact " << Body::kKind;
        return found.empty() ? Body{} : found.back();
    }
    bool did(const std::string& what) const { return std::find(media.begin(), media.end(), what) != media.end(); }

    static SoundRef sound() { return SoundRef(std::make_shared<int>(0), reinterpret_cast<const media::Sound*>(1)); }

    static std::shared_ptr<Site> travel() {
        auto out = std::make_shared<Site>();
        out->name = "test";
        acd::QueueConfig service;
        service.name = "service";
        service.wrapup = 10s;
        service.max_length = 2;
        service.max_wait = 60s;
        acd::QueueConfig rescue = service;
        rescue.name = "rescue";
        rescue.priority = acd::kRescue;
        out->acd.queues = {service, rescue};
        out->acd.agents = {{"8001", {"service", "rescue"}}, {"8002", {"service", "rescue"}}};
        for (const char* queue : {"service", "rescue"}) {
            QueueSound sound;
            sound.music = {"music", "", "zh"};
            sound.phrases["position_before"] = {{"zh", {"", "您是第", "zh"}}};
            sound.phrases["position_after"] = {{"zh", {"", "位", "zh"}}};
            sound.phrases["wait_before"] = {{"zh", {"", "还需约", "zh"}}};
            sound.phrases["wait_after"] = {{"zh", {"", "分钟", "zh"}}};
            sound.phrases["wait_soon"] = {{"zh", {"wait_soon", "马上", "zh"}}};
            out->queue_sounds[queue] = sound;
        }
        for (const char* name : {"agent_logged_in", "agent_has_no_phone", "agent_logged_out", "agent_paused", "agent_resumed"})
            out->system_prompts[name] = {{"zh", {name, name, "zh"}}};

        auto program = std::make_shared<ivr::Program>();
        program->name = "main";
        const ivr::Prompt welcome = {{"zh", {"welcome", "欢迎", "zh"}}};
        ivr::Menu menu;
        menu.name = "main";
        menu.greeting = {welcome};
        menu.choices = {{'0', "person", 1}, {'9', "rescue", 2}, {'3', "hours", 3}};
        menu.invalid_exit = menu.no_input_exit = 4;
        menu.max_no_input = 1;
        const auto queue = [](const char* name) {
            ivr::JoinQueue join;
            join.queue = name;
            join.full = join.timed_out = join.unavailable = 4;
            return join;
        };
        program->nodes = {{"menu", menu},
                          {"service", queue("service")},
                          {"rescue", queue("rescue")},
                          {"hours", ivr::Play{{welcome}, true, 0}},
                          {"bye", ivr::Hangup{}}};
        out->hotlines["95000"] = program;
        return out;
    }

    std::shared_ptr<Site> site;
    IdSource<LegId> leg_ids;
    Switchboard board;

  private:
    Ports ports() { return {*this, *this, *this, *this, *this, this}; }
    void move_to(Time at) {
        now.wall += std::chrono::duration_cast<std::chrono::microseconds>(at - now.at);
        now.at = at;
    }
    std::uint64_t leg_of_last_open() const {
        for (auto it = media.rbegin(); it != media.rend(); ++it)
            if (it->starts_with("open ")) return std::stoull(it->substr(5));
        return 0;
    }
    std::size_t settled_media = 0, settled_sent = 0;
};

}  // namespace hotline::call
