#include "traffic.h"

#include <string>

namespace hotline::media {
namespace {

constexpr std::array<const char*, kDropReasons> kReasons{"malformed",       "foreign_source", "not_connected",
                                                         "unknown_payload", "wild_sequence",  "duplicate",
                                                         "flood",           "on_hold",        "not_sent"};

}  // namespace

InBatch::InBatch() {
    for (std::size_t i = 0; i < kBatch; ++i) {
        pieces_[i] = {bytes_[i].data(), bytes_[i].size()};
        messages_[i].msg_hdr.msg_iov = &pieces_[i];
        messages_[i].msg_hdr.msg_iovlen = 1;
        messages_[i].msg_hdr.msg_name = &from_[i];
        messages_[i].msg_hdr.msg_namelen = sizeof(Endpoint);
    }
}

std::size_t InBatch::receive(int fd) {
    const int n = ::recvmmsg(fd, messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (n <= 0) return 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) messages_[i].msg_hdr.msg_namelen = sizeof(Endpoint);
    return static_cast<std::size_t>(n);
}

OutBatch::OutBatch() {
    for (std::size_t i = 0; i < kBatch; ++i) {
        messages_[i].msg_hdr.msg_iov = &pieces_[i];
        messages_[i].msg_hdr.msg_iovlen = 1;
    }
}

std::size_t OutBatch::flush(int fd, const Endpoint& to) {
    std::size_t lost = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        messages_[i].msg_hdr.msg_name = const_cast<sockaddr*>(&to.any);
        messages_[i].msg_hdr.msg_namelen = to.length();
    }
    for (std::size_t sent = 0; sent < count_;) {
        const int n = ::sendmmsg(fd, &messages_[sent], static_cast<unsigned>(count_ - sent), MSG_DONTWAIT);
        if (n > 0) {
            sent += static_cast<std::size_t>(n);
        } else {  // the first of the rest is refused
            ++lost;
            ++sent;
        }
    }
    count_ = 0;
    return lost;
}

TrafficMetrics::TrafficMetrics(Metrics& metrics, int thread)
    : packets_in(metrics.counter("rtp_packets_in_total", "RTP and RTCP datagrams received")),
      packets_out(metrics.counter("rtp_packets_out_total", "RTP datagrams sent")),
      lost(metrics.counter("rtp_lost_total", "RTP packets that legs' far sides sent and that never came (RFC 3550 A.3)")),
      legs_open(metrics.gauge("media_legs_open", "Legs with open RTP ports")),
      tick_lag_ms(metrics.gauge("rtp_tick_lag_ms", "Latest start of a player tick after its time in the last 10 s",
                                Metrics::label("thread", std::to_string(thread)))),
      unknown_legs(metrics.counter("media_unknown_leg_total", "Commands for legs that are not open: late, repeated or crossing")) {
    for (std::size_t i = 0; i < kDropReasons; ++i) {
        dropped[i] =
            &metrics.counter("rtp_dropped_total", "RTP and RTCP datagrams not used", Metrics::label("reason", kReasons[i]));
    }
}

void TrafficMetrics::publish(Traffic& traffic) {
    packets_in.add(traffic.packets_in);
    packets_out.add(traffic.packets_out);
    lost.add(traffic.lost);
    for (std::size_t i = 0; i < kDropReasons; ++i) {
        if (traffic.dropped[i] != 0) dropped[i]->add(traffic.dropped[i]);
    }
    traffic = {};
}

}  // namespace hotline::media
