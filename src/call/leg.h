// One SIP dialog and one media session. Belongs to exactly one call, for as long as it lives.
#pragma once
#include <optional>

#include "hotline/call/audio.h"
#include "hotline/call/events.h"
#include "hotline/call/ids.h"
#include "leg_table.h"

namespace hotline::call {

/// Caller: he placed the call, whoever he is. Agent and Outside are dialled by us.
enum class LegRole { Caller, Agent, Outside };

/// With the sound (RFC 4733, or tones where that was not agreed) or beside it (SIP INFO). Some phones send each press both ways.
enum class KeyWay { Media, Info };
struct KeyPress {
    char key;
    KeyWay way;
    Time at;
};

struct Leg {
    LegId id;
    CallId call;
    LegRole role = LegRole::Caller;
    LegState state = LegState::Opening;

    // Audio: opened once, closed once. `audio_done` when nothing about it can come any more.
    bool audio_opened = false;
    bool audio_closing = false;
    bool audio_done = false;
    Address local;
    IpAddress source;   // where its INVITE came from
    std::string trunk;  // through which it goes; empty: an agent's phone
    std::optional<RemoteAudio> remote;
    std::optional<AgreedAudio> agreed;
    bool holding = false;  // this side put the other on hold
    Time holding_since{};
    LegQuality quality;
    std::optional<KeyPress> last_key;  // that counted

    // Of a leg that we dialled.
    acd::AgentId agent;      // whose phone it is; none: outside
    std::string agent_name;  // whose phone it is, or who calls outside
    acd::OfferId offer;
    Time dialled;  // when the offer was made
    Wall dialled_wall;
    std::optional<Time> answered;
    std::optional<Wall> answered_wall;
    Duration held{0};  // while either side held
    Duration rang{0};

    bool over() const { return state == LegState::Closed && audio_done; }
};

}  // namespace hotline::call
