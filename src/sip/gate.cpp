#include "sip/gate.h"

#include <algorithm>

#include "hotline/base/text.h"
#include "sip/gate_reader.h"
#include "sip/scan.h"

namespace hotline::sip {
namespace {

using Reason = Gate::Reason;

constexpr std::size_t kMinBranch = 7;  // "z9hG4bK"; libsofia reads that many
constexpr std::uint16_t kFirstFreePort = 1024;
constexpr std::string_view kEmergencyService = "urn:service:sos";  // RFC 5031

// ── Stateless responses ──

/// The same request gets the same tag, however often it is repeated (RFC 3261 §8.2.7). FNV-1a.
std::string tag_for(const Head& head) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const auto part : {head.call_id, head.from, head.cseq}) {
        for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    return to_base32(hash);
}

/// Repeats what the request said of itself and adds a line or two: never much longer than the request, so no amplifier. It goes to
/// where the datagram came from, whatever its Via says.
std::string respond(const Head& head, std::string_view status_line, std::string_view more = {}) {
    std::string out(status_line);
    out += "\r\n";
    HeaderLines lines(head.headers);
    while (const auto line = lines.next()) {
        if (iequal(line->name, "Via") || iequal(line->name, "v")) out.append("Via: ").append(line->value).append("\r\n");
    }
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) out.append(name).append(": ").append(value).append("\r\n");
    };
    add("From", head.from);
    add("To", head.to.empty() || has_tag(head.to) ? std::string(head.to) : std::string(head.to) + ";tag=" + tag_for(head));
    add("Call-ID", head.call_id);
    add("CSeq", head.cseq);
    out.append(more).append("Content-Length: 0\r\n\r\n");
    return out;
}

/// Spread over 1–10 s, so that those who were turned away do not come back together; the same for a repeated request.
std::string retry_after(const Head& head) { return "Retry-After: " + std::to_string(1 + (tag_for(head).back() % 10)) + "\r\n"; }

// ── Judging, from the cheapest question to the dearest ──

Reason judge_via(const TopVia& via, const Address& source) {
    if (via.maddr) return Reason::Maddr;
    if (via.branch && via.branch->size() < kMinBranch) return Reason::ShortBranch;
    const bool answered_elsewhere = !via.rport && via.port != source.port;
    if (via.port != 0 && via.port < kFirstFreePort && answered_elsewhere) return Reason::LowPort;
    return Reason::None;
}

/// BYE, ACK, CANCEL and, from where calls come, what belongs to a dialog end calls or keep them: shedding these makes an overload
/// worse. A tag in To is claimed for nothing: it opens the door neither to strangers nor to what belongs to no dialog of ours.
bool is_never_shed(std::string_view method, bool tagged, bool known) {
    if (method == "BYE" || method == "ACK" || method == "CANCEL") return true;
    return known && tagged && method != "REGISTER" && method != "OPTIONS";
}

/// "sip:95000@hotline;user=phone" → "95000"; empty when there is none.
std::string_view user_part(std::string_view uri) {
    const auto colon = uri.find(':'), at = uri.find('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return {};
    const auto user = uri.substr(colon + 1, at - colon - 1);
    return user.substr(0, user.find_first_of(";:"));  // parameters of a number, a password
}

/// Those that libsofia knows. Some others it reads, some (with "+" or "`", or by the length of their name) it does not.
bool is_known_method(std::string_view method) {
    static constexpr std::string_view kKnown[] = {"INVITE", "ACK",    "CANCEL",  "BYE",       "OPTIONS", "REGISTER", "INFO",
                                                  "PRACK",  "UPDATE", "MESSAGE", "SUBSCRIBE", "NOTIFY",  "REFER",    "PUBLISH"};
    return std::find(std::begin(kKnown), std::end(kKnown), method) != std::end(kKnown);
}

}  // namespace

std::string_view Gate::name(Reason reason) {
    switch (reason) {
        case Reason::None: return "passed";
        case Reason::KeepAlive: return "keep_alive";
        case Reason::NotSip: return "not_sip";
        case Reason::NoStartLine: return "no_start_line";
        case Reason::Nul: return "nul";
        case Reason::NoVia: return "no_via";
        case Reason::Maddr: return "maddr";
        case Reason::ShortBranch: return "short_branch";
        case Reason::LowPort: return "low_port";
        case Reason::BadVersion: return "bad_version";
        case Reason::UnknownMethod: return "unknown_method";
        case Reason::BadRequestLine: return "bad_request_line";
        case Reason::BadVia: return "bad_via";
        case Reason::RateLimited: return "rate_limited";
        case Reason::Overload: return "overload";
        case Reason::ForgedCancel: return "forged_cancel";
        case Reason::Count: break;
    }
    return "";
}

Gate::Gate(GateConfig config, Metrics& metrics) : config_(std::move(config)), rates_(config_.rates) {
    for (std::size_t i = 0; i < counters_.size(); ++i) {
        counters_[i] = &metrics.counter("sip_gate_total", "SIP datagrams by what the gate made of them",
                                        Metrics::label("result", std::string(name(static_cast<Reason>(i)))));
    }
}

Gate::Judgement Gate::decide(Reason reason, std::string answer) {
    counters_[static_cast<std::size_t>(reason)]->add();
    if (reason == Reason::None) return {Verdict::Pass, reason, {}};
    const auto verdict = answer.empty() ? Verdict::Drop : Verdict::Answer;
    return {verdict, reason, std::move(answer)};
}

Gate::Judgement Gate::judge(std::string_view datagram, const Address& source, Time now, const Queue& queue) {
    if (is_keep_alive(datagram)) return decide(Reason::KeepAlive);
    if (!is_token_char(datagram[0]) && !is_space(datagram[0])) return decide(Reason::NotSip);
    const Head head = read_head(datagram);
    if (head.nul) return decide(Reason::Nul);
    const Standing standing = standing_of(source);
    if (iequal(head.start_line.substr(0, 4), "SIP/")) return judge_response(head, source, standing, now);
    return judge_request(head, source, standing, now, queue);
}

Gate::Judgement Gate::judge_response(const Head& head, const Address& source, Standing standing, Time now) {
    if (!read_status(head.start_line)) return decide(Reason::NoStartLine);
    if (standing == Standing::Stranger && !rates_.take_of_source(source, GateRates::Lane::Slow, now))
        return decide(Reason::RateLimited);
    return decide(Reason::None);
}

Gate::Judgement Gate::judge_request(const Head& head, const Address& source, Standing standing, Time now, const Queue& queue) {
    const auto line = read_request_line(head.start_line);
    if (!line) return decide(Reason::NoStartLine);
    if (head.via.empty()) return decide(Reason::NoVia);
    const auto via = read_top_via(head.via);
    if (via) {
        if (const auto reason = judge_via(*via, source); reason != Reason::None) return decide(reason);
    }
    const Asked asked{line->method, line->uri, has_tag(head.to)};
    const bool repeated = line->method == "INVITE" && via && via->branch && config_.is_served && config_.is_served(*via->branch);
    if (const auto reason = repeated ? Reason::None : rate(asked, source, standing, now, queue); reason != Reason::None) {
        const bool tell = standing != Standing::Stranger && line->method == "INVITE";
        return decide(reason, tell ? respond(head, "SIP/2.0 503 Service Unavailable", retry_after(head)) : "");
    }
    // libsofia answers a CANCEL and asks us once: a forged one would use up the real one's turn.
    if (line->method == "CANCEL" && via && via->branch && config_.may_cancel && !config_.may_cancel(*via->branch, source))
        return decide(Reason::ForgedCancel, respond(head, "SIP/2.0 481 Call/Transaction Does Not Exist"));
    return refuse_unreadable(head, *line, via);
}

Standing Gate::standing_of(const Address& source) const { return config_.standing ? config_.standing(source) : Standing::Trunk; }

bool Gate::is_emergency(const Asked& asked) const {
    if (asked.method != "INVITE") return false;
    if (iequal(asked.uri.substr(0, kEmergencyService.size()), kEmergencyService)) return true;
    const auto user = user_part(asked.uri);
    const auto& numbers = config_.emergency_numbers;
    return std::find(numbers.begin(), numbers.end(), user) != numbers.end();
}

Reason Gate::rate(const Asked& asked, const Address& source, Standing standing, Time now, const Queue& queue) {
    const bool stranger = standing == Standing::Stranger;
    if (is_never_shed(asked.method, asked.tagged, !stranger)) return Reason::None;
    const bool slow = stranger || asked.method == "REGISTER" || asked.method == "OPTIONS";
    const auto kind = stranger                        ? ShedClass::Rest  // an emergency that anybody may claim is none
                      : is_emergency(asked)           ? ShedClass::Emergency
                      : standing == Standing::Contact ? ShedClass::Contact
                      : slow                          ? ShedClass::Rest
                                                      : ShedClass::Call;
    const auto lane = slow ? GateRates::Lane::Slow : GateRates::Lane::Call;
    switch (rates_.take(source, lane, kind, queue ? std::optional(queue()) : std::nullopt, now)) {
        case GateRates::Answer::Taken: break;
        case GateRates::Answer::SourceIsEmpty: return Reason::RateLimited;
        case GateRates::Answer::TotalIsEmpty:
        case GateRates::Answer::Behind: return Reason::Overload;
    }
    return Reason::None;
}

bool Gate::admits(const Asked& asked, const Address& source, Time now) {
    if (!config_.on) return true;
    const auto reason = rate(asked, source, standing_of(source), now, {});
    if (reason != Reason::None) decide(reason);
    return reason == Reason::None;
}

/// What libsofia would drop in silence, or block on, is answered here.
Gate::Judgement Gate::refuse_unreadable(const Head& head, const RequestLine& line, const std::optional<TopVia>& via) {
    const auto refuse = [&](Reason reason, std::string_view status_line) {
        return decide(reason, line.method == "ACK" ? "" : respond(head, status_line));
    };
    if (!iequal(line.version, "SIP/2.0")) return refuse(Reason::BadVersion, "SIP/2.0 505 Version Not Supported");
    if (!via) return refuse(Reason::BadVia, "SIP/2.0 400 Bad Via");
    if (line.uri.empty() || line.uri.find_first_of(" \t") != std::string_view::npos || has_bare_ipv6(line.uri)) {
        return refuse(Reason::BadRequestLine, "SIP/2.0 400 Bad Request-URI");
    }
    if (!is_known_method(line.method)) return refuse(Reason::UnknownMethod, "SIP/2.0 501 Not Implemented");
    return decide(Reason::None);
}

bool Gate::is_sip_stream(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes.empty() ? 'S' : bytes[0]);
    return first > 1 && first < 0xF8;
}

std::string Gate::judge_stream(std::string_view bytes) {
    if (bytes.empty() || !is_token_char(bytes[0]) || !is_one_message(bytes)) return {};
    const Head head = read_head(bytes);
    const auto line = read_request_line(head.start_line);
    if (head.nul || !line || head.via.empty()) return {};
    const auto via = read_top_via(head.via);
    if (via && via->branch && via->branch->size() < kMinBranch && line->method != "ACK")
        return decide(Reason::ShortBranch, respond(head, "SIP/2.0 400 Bad Branch")).answer;
    return refuse_unreadable(head, *line, via).answer;
}

}  // namespace hotline::sip
