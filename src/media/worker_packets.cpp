// What comes in on a leg's sockets, and what goes out because of it. No allocation, no lock, no log.
#include <array>

#include "g711.h"
#include "worker.h"

namespace hotline::media {
namespace {

constexpr std::uint8_t kComfortNoise = 13;    // RFC 3389
constexpr std::size_t kMaxSoundBytes = 1440;  // 180 ms; nobody sends frames that long

/// Static numbers mean the same on every leg: a phone may switch between the laws that were offered to it without asking.
std::optional<call::Codec> codec_of(std::uint8_t payload_type, const call::AgreedAudio& agreed) {
    if (payload_type == agreed.payload_type) return agreed.codec;
    if (payload_type == static_cast<std::uint8_t>(call::Codec::Pcmu)) return call::Codec::Pcmu;
    if (payload_type == static_cast<std::uint8_t>(call::Codec::Pcma)) return call::Codec::Pcma;
    return std::nullopt;
}

void transcode(std::span<std::uint8_t> samples, call::Codec to) {
    if (to == call::Codec::Pcma) {
        ulaw_to_alaw(samples, samples);
    } else {
        alaw_to_ulaw(samples, samples);
    }
}

}  // namespace

void Worker::receive(Leg& leg, bool rtcp_socket) {
    const std::size_t n = in_.receive(rtcp_socket ? leg.sockets.rtcp.get() : leg.sockets.rtp.get());
    if (n == 0) return;
    traffic_.packets_in += static_cast<std::int64_t>(n);
    const Time now = read_clocks().at;
    if (!leg.connected) {
        traffic_.dropped[static_cast<std::size_t>(Drop::NotConnected)] += static_cast<std::int64_t>(n);
        return;
    }
    for (std::size_t i = 0; i < n; ++i) {
        const auto datagram = in_.datagram(i);
        if (rtcp_socket || rtp::is_rtcp(datagram)) {
            on_rtcp(leg, datagram, in_.from(i), !rtcp_socket, now);
        } else {
            on_rtp(leg, datagram, in_.from(i), now);
        }
    }
    if (!out_.empty()) {  // all of it is for the leg that this one is bridged with
        const auto lost = out_.flush(leg.peer->sockets.rtp.get(), leg.peer->source.remote());
        traffic_.dropped[static_cast<std::size_t>(Drop::NotSent)] += static_cast<std::int64_t>(lost);
    }
}

void Worker::on_rtp(Leg& leg, std::span<std::uint8_t> datagram, const Endpoint& from, Time now) {
    auto packet = rtp::parse(datagram);
    if (!packet || packet->payload.size() > kMaxSoundBytes) return drop(Drop::Malformed);
    const std::uint8_t type = packet->header.payload_type;
    const bool is_event = leg.agreed.telephone_event == type;
    const auto codec = codec_of(type, leg.agreed);
    if (!codec && !is_event && type != kComfortNoise) return drop(Drop::UnknownPayload);
    if (!leg.source.accept(from, now)) return drop(Drop::ForeignSource);
    if (leg.budget <= 0) return drop(Drop::Flood);
    --leg.budget;

    const auto content = codec && !is_event ? ReceiverStats::Content::Sound : ReceiverStats::Content::Event;
    const Arrival arrival = leg.stats.on_packet(packet->header, content, now);
    if (arrival == Arrival::Wild) return drop(Drop::Wild);
    if (arrival == Arrival::Duplicate) return drop(Drop::Duplicate);
    if (arrival == Arrival::Restarted) {
        if (leg.peer) leg.peer->out.change_speaker();
        if (leg.inband) leg.inband->reset();
        leg.keys = {};
    }
    leg.last_sound = now;
    leg.silence_told = false;
    if (is_event) {
        on_event(leg, *packet, now);
    } else if (codec) {
        on_sound(leg, *packet, *codec, arrival, now);
    } else if (leg.peer) {
        leg.peer->out.skip(packet->header);
    }
}

void Worker::on_event(Leg& leg, const rtp::Packet& packet, Time now) {
    if (const auto key = leg.keys.on_event(packet.header.timestamp, packet.header.marker, packet.payload)) {
        shared_.sink(call::DigitHeard{leg.id, *key});
    }
    if (!leg.peer || !leg.peer->may_send() || leg.peer->player.active()) return;
    Leg& to = *leg.peer;
    if (!to.agreed.telephone_event || !leg.agreed.receive) return to.out.skip(packet.header);
    auto header = to.out.relay(packet.header, OutgoingStream::Content::Event, now);
    if (!header) return;
    header->payload_type = *to.agreed.telephone_event;
    std::uint8_t* const begin = packet.payload.data() - rtp::kHeaderBytes;
    rtp::write(begin, *header);
    to.out.count_sent(packet.payload.size());
    out_.add({begin, rtp::kHeaderBytes + packet.payload.size()});
    ++traffic_.packets_out;
}

void Worker::on_sound(Leg& leg, rtp::Packet& packet, call::Codec codec, Arrival arrival, Time now) {
    if (!leg.agreed.receive) {
        if (leg.peer) leg.peer->out.skip(packet.header);
        return drop(Drop::OnHold);
    }
    if (leg.recording && !leg.masked) leg.recording->heard(packet.header.timestamp, codec, packet.payload, now);
    if (leg.message) leg.message->heard(packet.header.timestamp, codec, packet.payload, now);
    if (leg.inband && arrival != Arrival::Late) hear_tones(leg, packet.payload, codec);
    if (leg.peer) relay_sound(*leg.peer, packet, codec, now);
}

void Worker::hear_tones(Leg& leg, std::span<const std::uint8_t> samples, call::Codec codec) {
    std::array<std::int16_t, kMaxSoundBytes> linear;
    const auto pcm = std::span(linear).first(samples.size());
    if (codec == call::Codec::Pcma) {
        alaw_to_linear(samples, pcm);
    } else {
        ulaw_to_linear(samples, pcm);
    }
    for (std::size_t at = 0; at < pcm.size(); at += kFrameSamples) {  // a detector is fed up to 40 ms at a time
        const auto piece = pcm.subspan(at, std::min(kFrameSamples, pcm.size() - at));
        if (const auto key = leg.inband->feed(piece)) shared_.sink(call::DigitHeard{leg.id, *key});
    }
}

void Worker::relay_sound(Leg& to, rtp::Packet& packet, call::Codec codec, Time now) {
    if (!to.may_send() || to.player.active()) return;
    auto header = to.out.relay(packet.header, OutgoingStream::Content::Sound, now);
    if (!header) return;
    header->payload_type = to.agreed.payload_type;
    if (codec != to.agreed.codec) transcode(packet.payload, to.agreed.codec);
    std::uint8_t* const begin = packet.payload.data() - rtp::kHeaderBytes;
    rtp::write(begin, *header);
    if (to.recording) to.recording->said(header->timestamp, to.agreed.codec, packet.payload, now);
    to.out.count_sent(packet.payload.size());
    out_.add({begin, rtp::kHeaderBytes + packet.payload.size()});
    ++traffic_.packets_out;
}

void Worker::on_rtcp(Leg& leg, std::span<const std::uint8_t> datagram, const Endpoint& from, bool on_rtp_port, Time now) {
    if (on_rtp_port && !leg.agreed.rtcp_mux) return drop(Drop::UnknownPayload);
    const auto report = rtcp::parse(datagram, leg.out.ssrc());
    if (!report) return drop(Drop::Malformed);
    const bool ours = on_rtp_port ? leg.source.knows(from) : leg.rtcp_source.accept(from, now);
    if (!ours) return drop(Drop::ForeignSource);
    leg.feedback.on_report(*report, shared_.ntp.at(now), now);
}

void Worker::send_report(Leg& leg, rtcp::Leaving leaving, Time now) {
    if (!leg.reports) return;
    std::optional<rtcp::SenderInfo> sender;
    if (leg.out.packets() != leg.reported_packets) {  // RFC 3550 §6.4: SR when we have sent since the last report
        sender = rtcp::SenderInfo{shared_.ntp.at(now), leg.out.timestamp_at(now), static_cast<std::uint32_t>(leg.out.packets()),
                                  leg.out.octets()};
        leg.reported_packets = leg.out.packets();
    }
    std::optional<rtcp::ReportBlock> about;
    if (const auto heard = leg.stats.report()) {
        about = rtcp::ReportBlock{heard->ssrc,   heard->fraction_lost,   heard->cumulative_lost,         heard->extended_highest,
                                  heard->jitter, leg.feedback.last_sr(), leg.feedback.delay_last_sr(now)};
    }
    std::array<std::uint8_t, rtcp::kMaxBytes> bytes;
    const std::size_t size = rtcp::write(bytes, leg.out.ssrc(), sender, about, leg.cname, leaving);
    const bool mux = leg.agreed.rtcp_mux;
    OutBatch batch;
    batch.add(std::span(bytes).first(size));
    batch.flush((mux ? leg.sockets.rtp : leg.sockets.rtcp).get(), (mux ? leg.source : leg.rtcp_source).remote());
}

}  // namespace hotline::media
