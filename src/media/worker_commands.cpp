// What control asks of a media thread. A command for a leg that is not here came late and is counted.
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

#include "hotline/base/check.h"
#include "hotline/base/text.h"
#include "worker.h"

namespace hotline::media {
namespace {

constexpr Duration kCommandTime{1ms};      // a round; sound does not wait longer for a burst of calls
constexpr Duration kRtcpLearnWindow{20s};  // several report intervals

struct Randomness {
    std::uint32_t ssrc, timestamp;
    std::uint16_t sequence;
    std::array<std::uint8_t, 12> cname;
};

Randomness draw() {
    std::array<std::uint8_t, 22> bytes;
    HL_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "OpenSSL has no randomness");
    Randomness out{};
    out.ssrc = rtp::read32(&bytes[0]);
    out.timestamp = rtp::read32(&bytes[4]);
    out.sequence = rtp::read16(&bytes[8]);
    std::copy_n(&bytes[10], out.cname.size(), out.cname.begin());
    return out;
}

bool can_be_sent_to(const Address& remote, const Address& local) {
    return remote.port != 0 && !remote.ip.is_any() && !remote.ip.is_multicast() && remote.ip.v6 == local.ip.v6;
}

/// The legs that a command is about, if it must wait while one of them is under way.
std::array<call::LegId, 2> subjects(const Command& command) {
    return std::visit(
        [](const auto& c) -> std::array<call::LegId, 2> {
            using C = std::remove_cvref_t<decltype(c)>;
            if constexpr (std::is_same_v<C, command::Arrive> || std::is_same_v<C, command::Expect>) {
                return {};
            } else if constexpr (std::is_same_v<C, command::Bridge>) {
                return {c.leg, c.other};
            } else if constexpr (requires { c.leg; }) {
                return {c.leg, {}};
            } else {
                return {};
            }
        },
        command);
}

}  // namespace

void Worker::take_commands() {
    if (commands_.empty()) return;
    const Time until = read_clocks().at + kCommandTime;
    do {
        obey(commands_.front());
        commands_.pop_front();
    } while (!commands_.empty() && read_clocks().at < until);
}

void Worker::obey(Command& command) {
    if (!expected_.empty()) {
        for (const auto leg : subjects(command)) {
            const auto waiting = expected_.find(leg);
            if (waiting == expected_.end()) continue;
            waiting->second.push_back(std::move(command));
            return;
        }
    }
    std::visit([this](auto& c) { on(c); }, command);
}

Leg* Worker::find(call::LegId id) {
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) return found->second;
    metrics_.unknown_legs.add();
    return nullptr;
}

void Worker::on(command::Open& c) {
    const Time now = read_clocks().at;
    const auto local = routes_.local_for(c.family_of, now);
    if (!local) return fail(c.leg, local.error().text);
    auto sockets = open_pair(*local, shared_.ports, now);
    if (!sockets) return fail(c.leg, sockets.error().text);

    const Randomness random = draw();
    const auto& config = shared_.config;
    auto leg = std::make_unique<Leg>(SourceLock::Rules{config.learn_window, config.learn_packets},
                                     SourceLock::Rules{std::max(config.learn_window, kRtcpLearnWindow), 1},
                                     OutgoingStream(random.ssrc, random.sequence, random.timestamp));
    leg->id = c.leg;
    leg->call = c.call;
    leg->sockets = std::move(*sockets);
    leg->cname = to_hex({reinterpret_cast<const char*>(random.cname.data()), random.cname.size()});
    Address shown = leg->sockets.local;
    if (config.advertised && config.advertised->v6 == shown.ip.v6) shown.ip = *config.advertised;
    const std::uint16_t port = leg->sockets.local.port;
    if (!add(leg, now)) {
        shared_.ports.give_back(port, now);
        return fail(c.leg, "media: the system watches no more descriptors; raise fs.epoll.max_user_watches");
    }
    shared_.sink(call::AudioOpened{c.leg, shown});
}

void Worker::note_failed(call::LegId leg) {
    std::lock_guard lock(failed_mutex_);
    failed_.push_back(leg);
}

void Worker::fail(call::LegId leg, const std::string& text) {
    note_failed(leg);
    shared_.sink(call::AudioFailed{leg, text});
}

std::vector<call::LegId> Worker::take_failed() {
    std::lock_guard lock(failed_mutex_);
    return std::exchange(failed_, {});
}

/// Takes the leg; false, and the leg stays where it is, when the system watches no more sockets.
bool Worker::add(std::unique_ptr<Leg>& leg, Time now) {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<std::uint32_t>(legs_.size()));
        legs_.emplace_back();
        generations_.push_back(0);
    }
    const std::uint32_t slot = free_slots_.back();
    const std::uint64_t tag = std::uint64_t{generations_[slot]} << 32 | slot << 1;
    if (!watch(leg->sockets.rtp.get(), tag) || !watch(leg->sockets.rtcp.get(), tag | 1)) return false;
    free_slots_.pop_back();
    leg->slot = slot;
    by_id_.emplace(leg->id, leg.get());
    legs_[slot] = std::move(leg);
    metrics_.legs_open.add();
    if (by_id_.size() == 1) start_clock(now);
    return true;
}

std::unique_ptr<Leg> Worker::remove(Leg& leg) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, leg.sockets.rtp.get(), nullptr);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, leg.sockets.rtcp.get(), nullptr);
    by_id_.erase(leg.id);
    free_slots_.push_back(leg.slot);
    ++generations_[leg.slot];
    metrics_.legs_open.add(-1);
    if (by_id_.empty()) stop_clock();
    return std::move(legs_[leg.slot]);
}

void Worker::on(command::Connect& c) {
    Leg* leg = find(c.leg);
    if (!leg) return;
    const Time now = read_clocks().at;
    const bool could_send = leg->may_send();
    leg->agreed = c.audio;
    leg->agreed.send = c.audio.send && can_be_sent_to(c.audio.remote_rtp, leg->sockets.local);
    leg->reports = can_be_sent_to(c.audio.rtcp_mux ? c.audio.remote_rtp : c.audio.remote_rtcp, leg->sockets.local);
    if (leg->agreed.send && !could_send) leg->out.change_speaker();
    leg->source.signal(Endpoint(c.audio.remote_rtp), now);
    leg->rtcp_source.signal(Endpoint(c.audio.remote_rtcp), now);
    leg->last_sound = now;
    leg->silence_told = false;
    const bool tones = shared_.config.inband_dtmf && !c.audio.telephone_event;
    if (!tones) leg->inband.reset();
    if (tones && !leg->inband) leg->inband = std::make_unique<InbandDtmf>();
    if (leg->connected) return;
    leg->connected = true;
    leg->budget = INT32_MAX;  // until the first sweep
    leg->next_report = now + std::chrono::duration_cast<Duration>(shared_.config.rtcp_interval * (0.25 + random_.unit() / 2));
}

void Worker::start_playing(Leg& leg) {
    leg.phase = (ticks_ + 1) % kPhases;  // the first frame leaves with the next tick
    playing_[leg.phase].push_back(&leg);
}

void Worker::stop_playing(Leg& leg) {
    if (std::erase(playing_[leg.phase], &leg) == 0) return;
    leg.player.stop();
    leg.out.change_speaker();
}

void Worker::on(command::Play& c) {
    Leg* leg = find(c.leg);
    if (!leg) return;
    stop_playing(*leg);
    leg->player.start(c.play, std::move(c.sounds), c.mode);
    start_playing(*leg);
}

void Worker::on(command::Stop& c) {
    if (Leg* leg = find(c.leg)) stop_playing(*leg);
}

void Worker::on(command::Bridge& c) {
    Leg* a = find(c.leg);
    Leg* b = find(c.other);
    if (!a || !b || a == b) return;
    stop_playing(*a);
    stop_playing(*b);
    a->rejoin = b->rejoin = {};
    if (a->peer == b) return;
    part(*a);
    part(*b);
    a->peer = b;
    b->peer = a;
}

void Worker::on(command::Unbridge& c) {
    Leg* leg = find(c.leg);
    if (!leg) return;
    leg->rejoin = {};
    part(*leg);
}

void Worker::part(Leg& leg) {
    if (!leg.peer) return;
    leg.out.change_speaker();
    leg.peer->out.change_speaker();
    leg.peer->peer = nullptr;
    leg.peer = nullptr;
}

void Worker::on(command::Record& c) {
    Leg* leg = find(c.leg);
    if (!leg) return shared_.recorder.refuse(c.call, "recording: the leg was closed before it began");
    if (leg->recording) return shared_.recorder.refuse(c.call, "recording: this leg is being recorded already");
    const call::Codec codec = leg->agreed.codec;
    leg->recording =
        std::make_unique<RecordingTap>(shared_.recorder, shared_.recorder.begin(c.call, c.path, codec), codec, read_clocks().at);
}

void Worker::on(command::MaskRecording& c) {
    if (Leg* leg = find(c.leg)) leg->masked = c.masked;
}

void Worker::finish_recording(Leg& leg) {
    if (!leg.recording) return;
    leg.recording->finish(read_clocks().at);
    leg.recording.reset();
}

void Worker::on(command::TakeMessage& c) {
    const auto refuse = [&](const char* why) { shared_.recorder.refuse_message(c.order.message, std::string("message: ") + why); };
    Leg* leg = find(c.leg);
    if (!leg) return refuse("the leg was closed before it began");
    if (leg->message) return refuse("this leg is speaking one already");
    const bool tone = c.order.tone == call::Media::MessageOrder::Tone::Beep;
    leg->message = std::make_unique<MessageTap>(std::move(c.order));
    if (!tone) return begin_message(*leg, read_clocks().at);
    stop_playing(*leg);
    leg->player.start(call::PlayId{}, {tone_}, Player::Mode::Once);
    start_playing(*leg);
}

void Worker::on(command::EndMessage& c) {
    Leg* leg = find(c.leg);
    if (!leg || !leg->message || leg->message->id() != c.message) return;  // it ended by itself just now
    if (!leg->message->has_begun()) stop_playing(*leg);
    finish_message(*leg, read_clocks().at);
}

void Worker::begin_message(Leg& leg, Time now) {
    if (leg.message && !leg.message->has_begun()) leg.message->begin(shared_.recorder, leg.agreed.codec, now);
}

void Worker::finish_message(Leg& leg, Time now) {
    if (!leg.message) return;
    const auto ended = leg.message->finish(now);
    leg.message.reset();
    shared_.sink(ended);
}

void Worker::on(command::Close& c) {
    if (Leg* leg = find(c.leg)) close(*leg);
}

void Worker::close(Leg& leg) {
    const Time now = read_clocks().at;
    part(leg);
    stop_playing(leg);
    bid_farewell(remove(leg), now);
}

/// The end of a leg that is on no thread's list.
void Worker::bid_farewell(std::unique_ptr<Leg> leg, Time now) {
    finish_recording(*leg);
    finish_message(*leg, now);
    if (leg->connected && leg->out.packets() > 0) send_report(*leg, rtcp::Leaving::Yes, now);
    count_lost(*leg);
    const call::AudioClosed closed{leg->id, leg->quality()};
    const std::uint16_t port = leg->sockets.local.port;
    leg.reset();
    shared_.ports.give_back(port, now);
    metrics_.publish(traffic_);
    shared_.sink(closed);
}

void Worker::on(command::Expect& c) { expected_.try_emplace(c.leg); }

void Worker::on(command::Release& c) {
    Leg* leg = find(c.leg);
    std::unique_ptr<Leg> parcel;
    if (leg) {
        if (leg->peer) {
            leg->rejoin = leg->peer->id;
            leg->peer->rejoin = leg->id;
        }
        part(*leg);
        std::erase(playing_[leg->phase], leg);
        parcel = remove(*leg);
    }
    c.to->post(command::Arrive{c.leg, std::move(parcel)});
}

/// Two legs that were bridged with each other and have both moved here.
void Worker::rejoin(Leg& leg) {
    const auto found = by_id_.find(leg.rejoin);
    if (found == by_id_.end() || found->second->rejoin != leg.id) return;
    leg.peer = found->second;
    leg.peer->peer = &leg;
    leg.rejoin = leg.peer->rejoin = {};
}

void Worker::on(command::Arrive& c) {
    if (c.parcel) {
        const Time now = read_clocks().at;
        Leg& leg = *c.parcel;
        if (add(c.parcel, now)) {
            if (leg.player.active()) start_playing(leg);
            rejoin(leg);
        } else {
            // Control does not close what it hears is closed: the engine has to forget the leg by itself.
            note_failed(c.leg);
            bid_farewell(std::move(c.parcel), now);
        }
    }
    auto waited = expected_.extract(c.leg);
    if (waited.empty()) return;
    for (auto& command : waited.mapped()) obey(command);
}

void Worker::on(command::FinishRecordings& c) {
    for (auto& leg : legs_) {
        if (!leg) continue;
        finish_recording(*leg);
        finish_message(*leg, read_clocks().at);
    }
    c.done->set_value();
}

void Worker::on(command::ShutDown&) {
    for (std::size_t slot = 0; slot < legs_.size(); ++slot) {
        if (legs_[slot]) close(*legs_[slot]);
    }
    stopping_ = true;
}

}  // namespace hotline::media
