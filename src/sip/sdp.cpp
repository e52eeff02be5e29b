#include "sip/sdp.h"

#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "hotline/base/check.h"
#include "sip/scan.h"

namespace hotline::sip {
namespace {

using call::Codec;
using call::Direction;

constexpr std::size_t kMaxBytes = 65536, kMaxLines = 1000, kMaxMedia = 32, kMaxFormats = 64, kMaxAttributes = 256;
constexpr std::uint8_t kMaxPayloadType = 127;

Error invalid(std::string text) { return {ErrorKind::Invalid, "SDP: " + std::move(text)}; }

/// An address of a c= or a=rtcp line. `numeric` false: a host name, another network, or nonsense; none of these can be sent to.
struct Connection {
    bool numeric = false;
    IpAddress ip;
};

/// "IN IP4 192.0.2.1", for multicast with "/ttl" behind it (RFC 4566 §5.7).
Connection read_connection(std::string_view text) {
    const auto net = next_word(text), type = next_word(text);
    const auto address = next_word(text);
    if (!iequal(net, "IN") || (!iequal(type, "IP4") && !iequal(type, "IP6"))) return {};
    const auto ip = IpAddress::parse(address.substr(0, address.find('/')));
    return ip ? Connection{true, *ip} : Connection{};
}

bool can_be_sent_to(const IpAddress& ip) {
    static const IpAddress kBroadcast = *IpAddress::parse("255.255.255.255");
    return !ip.is_any() && !ip.is_multicast() && ip != kBroadcast;
}

std::optional<Direction> read_direction(std::string_view name) {
    if (name == "sendrecv") return Direction::SendRecv;
    if (name == "sendonly") return Direction::SendOnly;
    if (name == "recvonly") return Direction::RecvOnly;
    if (name == "inactive") return Direction::Inactive;
    return std::nullopt;
}

enum class Encoding { Pcmu, Pcma, TelephoneEvent, Other };

/// "PCMA/8000", "PCMA/8000/1", "telephone-event/8000". Other clock rates and channel counts are other encodings.
Encoding read_encoding(std::string_view text) {
    const auto name = cut(text, '/'), rate = cut(text, '/'), channels = text;
    if ((!rate.empty() && rate != "8000") || (!channels.empty() && channels != "1")) return Encoding::Other;
    if (iequal(name, "PCMU")) return Encoding::Pcmu;
    if (iequal(name, "PCMA")) return Encoding::Pcma;
    if (iequal(name, "telephone-event")) return Encoding::TelephoneEvent;
    return Encoding::Other;
}

/// One m= line and what follows it, as views into the body.
struct Section {
    std::string_view kind, proto;
    std::uint16_t port = 0;
    std::vector<std::string_view> formats;
    std::optional<Connection> connection;
    std::optional<Direction> direction;
    std::vector<std::pair<std::uint8_t, Encoding>> rtpmaps;
    std::uint16_t rtcp_port = 0;
    std::optional<Connection> rtcp_connection;
    bool rtcp_mux = false;
    std::optional<int> ptime_ms, max_ptime_ms;
    std::size_t attributes = 0;
};

/// The body is read line by line; what the session says before the first m= is the default for all sections.
class Reader {
  public:
    std::optional<Error> line(char type, std::string_view value);
    void finish() { close_section(); }
    RemoteSdp take() { return std::move(out_); }

  private:
    std::optional<Error> media(std::string_view value);
    std::optional<Error> attribute(std::string_view value);
    void audio_attribute(std::string_view name, std::string_view value);
    void close_section();

    RemoteSdp out_;
    std::optional<Connection> session_connection_;
    std::optional<Direction> session_direction_;
    std::size_t session_attributes_ = 0;
    std::optional<Section> section_;
};

std::optional<Error> Reader::line(char type, std::string_view value) {
    switch (type) {
        case 'o':
            if (out_.origin_key.empty()) out_.origin_key = value;
            return std::nullopt;
        case 'c': (section_ ? section_->connection : session_connection_) = read_connection(value); return std::nullopt;
        case 'm': return media(value);
        case 'a': return attribute(value);
        default: return std::nullopt;
    }
}

bool is_visible(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// "audio 49170/2 RTP/AVP 0 8 101". All m= lines must be readable, also those that we refuse: the answer repeats them.
std::optional<Error> Reader::media(std::string_view value) {
    close_section();
    if (out_.lines.size() == kMaxMedia) return invalid("more than 32 media lines");
    Section section;
    section.kind = next_word(value);
    const auto ports = next_word(value);
    section.proto = next_word(value);
    const auto port = to_number<std::uint16_t>(ports.substr(0, ports.find('/')));
    if (!is_visible(section.kind) || !is_visible(section.proto) || !port) return invalid("unreadable m= line");
    section.port = *port;
    while (true) {
        const auto format = next_word(value);
        if (format.empty()) break;
        if (!is_visible(format)) return invalid("unreadable format in an m= line");
        if (section.formats.size() == kMaxFormats) return invalid("more than 64 formats in an m= line");
        section.formats.push_back(format);
    }
    if (section.formats.empty()) return invalid("an m= line without formats");
    out_.lines.push_back({std::string(section.kind), section.port, std::string(section.proto),
                          std::vector<std::string>(section.formats.begin(), section.formats.end())});
    section_ = std::move(section);
    return std::nullopt;
}

std::optional<Error> Reader::attribute(std::string_view value) {
    if (++(section_ ? section_->attributes : session_attributes_) > kMaxAttributes)
        return invalid("more than 256 attributes in a section");
    const auto name = trim(cut(value, ':'));
    if (const auto direction = read_direction(name)) {
        (section_ ? section_->direction : session_direction_) = direction;
    } else if (section_ && section_->kind == "audio" && !out_.usable) {
        audio_attribute(name, value);
    }
    return std::nullopt;
}

void Reader::audio_attribute(std::string_view name, std::string_view value) {
    if (name == "rtpmap") {
        const auto type = to_number<std::uint8_t>(next_word(value));
        if (type && *type <= kMaxPayloadType) section_->rtpmaps.emplace_back(*type, read_encoding(next_word(value)));
    } else if (name == "rtcp") {  // RFC 3605: a=rtcp:53020 IN IP4 192.0.2.1
        section_->rtcp_port = to_number<std::uint16_t>(next_word(value)).value_or(0);
        if (!trim(value).empty()) section_->rtcp_connection = read_connection(value);
    } else if (name == "rtcp-mux") {
        section_->rtcp_mux = true;
    } else if (name == "ptime") {
        section_->ptime_ms = to_number<int>(trim(value));
    } else if (name == "maxptime") {
        section_->max_ptime_ms = to_number<int>(trim(value));
    }
}

Encoding encoding_of(const Section& section, std::uint8_t type) {
    for (const auto& [mapped, encoding] : section.rtpmaps) {
        if (mapped == type) return encoding;
    }
    if (type == static_cast<std::uint8_t>(Codec::Pcmu)) return Encoding::Pcmu;
    if (type == static_cast<std::uint8_t>(Codec::Pcma)) return Encoding::Pcma;
    return Encoding::Other;
}

/// The codecs we have, in the far side's order, each once.
void read_formats(const Section& section, call::RemoteAudio& audio) {
    for (const auto format : section.formats) {
        const auto type = to_number<std::uint8_t>(format);
        if (!type || *type > kMaxPayloadType) continue;
        const auto encoding = encoding_of(section, *type);
        if (encoding == Encoding::TelephoneEvent && !audio.telephone_event) audio.telephone_event = *type;
        if (encoding != Encoding::Pcmu && encoding != Encoding::Pcma) continue;
        const auto codec = encoding == Encoding::Pcmu ? Codec::Pcmu : Codec::Pcma;
        const bool have = std::any_of(audio.codecs.begin(), audio.codecs.end(), [&](const auto& c) { return c.first == codec; });
        if (!have) audio.codecs.emplace_back(codec, *type);
    }
}

/// 20 ms unless asked otherwise; whole 10 ms, 10–60.
Duration read_ptime(const Section& section) {
    int ms = section.ptime_ms.value_or(20);
    if (section.max_ptime_ms) ms = std::min(ms, *section.max_ptime_ms);
    return std::chrono::milliseconds(std::clamp(ms, 10, 60) / 10 * 10);
}

Address read_rtcp(const Section& section, const Address& rtp) {
    if (section.rtcp_mux) return rtp;
    Address rtcp = rtp;
    if (section.rtcp_port != 0) {
        rtcp.port = section.rtcp_port;
        const auto& where = section.rtcp_connection;
        if (where && where->numeric && can_be_sent_to(where->ip)) rtcp.ip = where->ip;
    } else if (rtp.port != 0xffff) {
        ++rtcp.port;
    }
    return rtcp;
}

/// c=0.0.0.0 was how RFC 2543 held a call: nothing may be sent there.
Direction without_receiving(Direction direction) {
    return direction == Direction::SendRecv || direction == Direction::SendOnly ? Direction::SendOnly : Direction::Inactive;
}

std::optional<call::RemoteAudio> read_audio(const Section& section, const Connection& connection, Direction direction) {
    // AVPF is AVP with earlier feedback, of which one need not send any (RFC 4585 §3.1).
    if (section.kind != "audio" || section.port == 0 || (section.proto != "RTP/AVP" && section.proto != "RTP/AVPF"))
        return std::nullopt;
    if (!connection.numeric || (!can_be_sent_to(connection.ip) && !connection.ip.is_any())) return std::nullopt;
    call::RemoteAudio audio;
    read_formats(section, audio);
    if (audio.codecs.empty()) return std::nullopt;
    audio.rtp = {connection.ip, section.port};
    audio.rtcp = read_rtcp(section, audio.rtp);
    audio.rtcp_mux = section.rtcp_mux;
    audio.ptime = read_ptime(section);
    audio.direction = connection.ip.is_any() ? without_receiving(direction) : direction;
    return audio;
}

void Reader::close_section() {
    if (!section_) return;
    if (!out_.usable) {
        const auto connection = section_->connection ? section_->connection : session_connection_;
        const auto direction = section_->direction ? section_->direction : session_direction_;
        if (auto audio = read_audio(*section_, connection.value_or(Connection{}), direction.value_or(Direction::SendRecv))) {
            out_.audio = std::move(*audio);
            out_.usable = true;
            out_.audio_line = out_.lines.size() - 1;
        }
    }
    section_.reset();
}

// ── Writing ──

std::uint64_t new_session_id() {
    std::uint64_t id = 0;
    HL_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id) == 1, "the system has no randomness");
    return (id >> 16) | 1;  // 48 bits are plenty, and fit the signed 64 bits that some phones read into
}

std::string connection_text(const IpAddress& ip) { return (ip.v6 ? "IN IP6 " : "IN IP4 ") + to_text(ip); }

std::string_view name_of(Codec codec) { return codec == Codec::Pcmu ? "PCMU" : "PCMA"; }

std::string_view name_of(Direction direction) {
    switch (direction) {
        case Direction::SendRecv: return "sendrecv";
        case Direction::SendOnly: return "sendonly";
        case Direction::RecvOnly: return "recvonly";
        case Direction::Inactive: return "inactive";
    }
    return "sendrecv";
}

std::string audio_section(const call::LocalAudio& audio, const std::string& proto) {
    std::string formats, attributes;
    for (const auto& [codec, type] : audio.codecs) {
        formats += ' ' + std::to_string(type);
        attributes += "a=rtpmap:" + std::to_string(type) + ' ' + std::string(name_of(codec)) + "/8000\r\n";
    }
    if (audio.telephone_event) {
        const auto type = std::to_string(*audio.telephone_event);
        formats += ' ' + type;
        attributes += "a=rtpmap:" + type + " telephone-event/8000\r\na=fmtp:" + type + " 0-15\r\n";
    }
    attributes += "a=ptime:20\r\n";
    if (audio.rtcp_mux) attributes += "a=rtcp-mux\r\n";
    return "m=audio " + std::to_string(audio.rtp.port) + ' ' + proto + formats + "\r\n" + attributes +
           "a=" + std::string(name_of(audio.direction)) + "\r\n";
}

std::string refused_line(const MediaLine& line) {
    std::string text = "m=" + line.kind + " 0 " + line.proto;
    for (const auto& format : line.formats) text += ' ' + format;
    return text + "\r\n";
}

/// `lines` gives number and order of the m= lines; the one at `ours` is written from `audio`.
std::string write(const call::LocalAudio& audio, OwnSdp& own, const std::vector<MediaLine>& lines, std::size_t ours) {
    if (own.id == 0) own.id = new_session_id();
    std::string media;
    for (std::size_t i = 0; i < lines.size(); ++i)
        media += i == ours ? audio_section(audio, lines[i].proto) : refused_line(lines[i]);
    const auto where = connection_text(audio.rtp.ip);
    const auto body = [&](std::uint64_t version) {
        return "v=0\r\no=- " + std::to_string(own.id) + ' ' + std::to_string(version) + ' ' + where + "\r\ns=-\r\nc=" + where +
               "\r\nt=0 0\r\n" + media;
    };
    if (own.last.empty() || body(own.version) != own.last) own.last = body(++own.version);
    return own.last;
}

const std::vector<MediaLine> kOneAudioLine{{"audio", 0, "RTP/AVP", {}}};

}  // namespace

Result<RemoteSdp> read_sdp(std::string_view body) {
    if (body.size() > kMaxBytes) return invalid("more than 64 KiB");
    Reader reader;
    std::size_t lines = 0;
    while (!body.empty()) {
        auto line = cut(body, '\n');
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (++lines > kMaxLines) return invalid("more than 1000 lines");
        if (lines == 1 && trim(line) != "v=0") return invalid("does not begin with v=0");
        if (line.size() < 2 || line[1] != '=') continue;
        if (auto error = reader.line(line[0], line.substr(2))) return *error;
    }
    if (lines == 0) return invalid("empty");
    reader.finish();
    return reader.take();
}

std::string write_offer(const call::LocalAudio& audio, OwnSdp& own) {
    // A later offer keeps the m= lines of what was agreed before, the refused ones too (RFC 3264 §8).
    if (const auto before = read_sdp(own.last)) {
        const auto live = std::find_if(before->lines.begin(), before->lines.end(), [](const auto& line) { return line.port != 0; });
        if (live != before->lines.end()) {
            return write(audio, own, before->lines, static_cast<std::size_t>(live - before->lines.begin()));
        }
    }
    return write(audio, own, kOneAudioLine, 0);
}

std::string write_answer(const call::LocalAudio& audio, OwnSdp& own, const RemoteSdp& offer) {
    HL_CHECK(offer.usable, "an answer to an offer that was to be refused");
    return write(audio, own, offer.lines, offer.audio_line);
}

}  // namespace hotline::sip
