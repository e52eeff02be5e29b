#include "sip/reading.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "sip/uri_text.h"

namespace hotline::sip {
namespace {

std::string_view view(const char* text) { return text ? std::string_view(text) : std::string_view(); }

std::uint32_t clamped(unsigned long seconds) {
    return static_cast<std::uint32_t>(std::min<unsigned long>(seconds, std::numeric_limits<std::uint32_t>::max()));
}

/// Not by sip_header_as_string: Debian's cuts what is longer than its first buffer (an Authorization with cnonce and nc lost its
/// end).
std::string auth_value(const msg_auth_t& one) {
    std::string value(view(one.au_scheme));
    const char* separator = " ";
    for (const char* const* parameter = one.au_params; parameter && *parameter; ++parameter) {
        value.append(separator).append(*parameter);
        separator = ", ";
    }
    return value;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

UriVerdict guard(const url_t& uri, Maddr judged) {
    char transport[16] = "";
    const bool maddr = judged == Maddr::Judged && uri.url_params && url_has_param(&uri, "maddr");
    if (uri.url_params) url_param(uri.url_params, "transport", transport, sizeof transport);
    return guard_uri({view(uri.url_scheme), view(uri.url_host), view(uri.url_port), transport, maddr});
}

std::uint16_t port_of(const url_t& uri) {
    std::uint16_t port = 0;
    const std::string_view text = view(uri.url_port);
    std::from_chars(text.data(), text.data() + text.size(), port);
    return port ? port : std::uint16_t{5060};
}

std::string text_of(const url_t& uri, UriForm form) {
    Home home;
    url_t copy = uri;
    if (form == UriForm::Bare) copy.url_headers = nullptr;
    const char* text = url_as_string(home, &copy);
    return text ? text : "";
}

bool is_sip(const url_t& uri) { return uri.url_type == url_sip; }

std::string user_of(const url_t& uri) { return unescaped_user(view(uri.url_user)); }

std::string display_of(const sip_addr_t& address) {
    std::string_view text = view(address.a_display);
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
    std::string out;
    text = text.substr(1, text.size() - 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        out += text[i];
    }
    return out;
}

std::vector<std::string> authorizations_of(const sip_t& request) {
    std::vector<std::string> values;
    for (const sip_authorization_t* one = request.sip_authorization; one; one = one->au_next) values.push_back(auth_value(*one));
    return values;
}

std::vector<Challenge> challenges_of(const sip_t& response) {
    std::vector<Challenge> out;
    for (const auto* one = response.sip_www_authenticate; one; one = one->au_next)
        out.push_back({Challenge::From::Server, auth_value(*one)});
    for (const auto* one = response.sip_proxy_authenticate; one; one = one->au_next)
        out.push_back({Challenge::From::Proxy, auth_value(*one)});
    return out;
}

std::string paths_of(const sip_t& request) {
    std::string list;
    for (const auto* one = request.sip_path; one; one = one->r_next) {
        if (!list.empty()) list += ", ";
        list += "<" + text_of(*one->r_url) + ">";
    }
    return list;
}

std::string_view body_of(const sip_t& message) {
    const sip_payload_t* payload = message.sip_payload;
    return payload && payload->pl_data ? std::string_view(payload->pl_data, payload->pl_len) : std::string_view();
}

Body body_kind(const sip_t& message) {
    const std::string_view body = body_of(message);
    if (body.empty()) return Body::None;
    const auto* disposition = message.sip_content_disposition;
    if (disposition && !same_word(view(disposition->cd_type), "session"))
        return disposition->cd_optional ? Body::None : Body::Other;
    const auto* encoding = message.sip_content_encoding;
    if (encoding && encoding->k_items && encoding->k_items[0] && !same_word(view(encoding->k_items[0]), "identity"))
        return Body::Other;
    const auto* type = message.sip_content_type;
    if (!type) return body.starts_with("v=0") ? Body::Sdp : Body::Other;
    return same_word(view(type->c_type), "application/sdp") ? Body::Sdp : Body::Other;
}

Result<std::optional<RemoteSdp>> sdp_of(const sip_t& message) {
    if (body_kind(message) != Body::Sdp) return std::optional<RemoteSdp>();
    auto read = read_sdp(body_of(message));
    if (!read) return read.error();
    return std::optional<RemoteSdp>(std::move(read).value());
}

TimerHeaders timer_headers(const sip_t& message) {
    TimerHeaders headers;
    headers.supported = message.sip_supported && sip_has_feature(message.sip_supported, "timer");
    if (message.sip_min_se) headers.min_se_s = clamped(message.sip_min_se->min_delta);
    if (const auto* expires = message.sip_session_expires) {
        headers.expires_s = clamped(expires->x_delta);
        if (same_word(view(expires->x_refresher), "uac")) headers.refresher = Refresher::Uac;
        if (same_word(view(expires->x_refresher), "uas")) headers.refresher = Refresher::Uas;
    }
    return headers;
}

bool allows(const sip_t& message, std::string_view method) {
    const auto* allow = message.sip_allow;
    if (!allow || !allow->k_items) return false;
    for (const char* const* item = allow->k_items; *item; ++item)
        if (view(*item) == method) return true;
    return false;
}

}  // namespace hotline::sip
