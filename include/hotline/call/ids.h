// Identities of a call's parts, and how a call's id is written.
#pragma once
#include <string>

#include "hotline/acd/acd.h"
#include "hotline/base/id.h"
#include "hotline/base/text.h"

namespace hotline::call {

using hotline::CallId;                              // (milliseconds since 1970) << 20 | count: rises across restarts, never reused
using LegId = Id<struct LegTag>;                    // one SIP dialog and one media session
using PlayId = Id<struct PlayTag>;                  // one order to play something
using SpeechId = Id<struct SpeechTag>;              // one order to prepare sounds
using VoiceMessageId = Id<struct VoiceMessageTag>;  // one message that a caller speaks
using InquiryId = Id<struct InquiryTag>;            // one question of a menu to the outside

inline std::string to_text(LegId id) { return std::to_string(id.value); }

}  // namespace hotline::call

namespace hotline {
/// 13 characters of base 32, as in report.call.call_id and in a recording's file name.
inline std::string to_text(CallId id) { return to_base32(id.value); }
}  // namespace hotline
