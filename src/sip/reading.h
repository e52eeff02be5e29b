// What we read out of libsofia's parsed messages, as values of our own. Everything here came from strangers.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotline/base/result.h"
#include "sip/digest_client.h"
#include "sip/sdp.h"
#include "sip/session_timer.h"
#include "sip/sofia.h"
#include "sip/uri_guard.h"

namespace hotline::sip {

/// May we send there? Of the first Record-Route, or of a Contact. `Ignored`: somebody else decides where to send, maddr is only
/// text.
enum class Maddr : std::uint8_t { Judged, Ignored };
UriVerdict guard(const url_t& uri, Maddr maddr = Maddr::Judged);
/// The port in a URI, or 5060.
std::uint16_t port_of(const url_t& uri);
/// The URI as text, without its headers part when `bare`.
enum class UriForm : std::uint8_t { Whole, Bare };
std::string text_of(const url_t& uri, UriForm form = UriForm::Whole);
bool is_sip(const url_t& uri);
/// User part, unescaped; bytes as they come.
std::string user_of(const url_t& uri);
/// Display name without its quotes.
std::string display_of(const sip_addr_t& address);
/// The values of all Authorization headers. Put together here: libsofia's own writer loses parameters of long ones.
std::vector<std::string> authorizations_of(const sip_t& request);
/// What a 401 or 407 challenges with.
std::vector<Challenge> challenges_of(const sip_t& response);
/// All Path values, as one list.
std::string paths_of(const sip_t& request);

std::string_view body_of(const sip_t& message);
enum class Body : std::uint8_t {
    None,  // nothing, or something that may be ignored (Content-Disposition … handling=optional)
    Sdp,
    Other,  // 415
};
Body body_kind(const sip_t& message);
/// The session description of a message. None: it has no body. Invalid: unreadable (400).
Result<std::optional<RemoteSdp>> sdp_of(const sip_t& message);

TimerHeaders timer_headers(const sip_t& message);
bool allows(const sip_t& message, std::string_view method);

}  // namespace hotline::sip
