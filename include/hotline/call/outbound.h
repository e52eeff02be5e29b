// Who may call which number outside, and through which trunks: rules of the site, and what follows from them. Pure.
//
//   number ─▶ allowed? ─▶ the first route whose prefix and hours fit ─▶ its trunks, one after the other
//                                                                        next: 408, 5xx, silence; never what the callee said
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotline/base/time.h"
#include "hotline/call/audio.h"
#include "hotline/call/events.h"
#include "hotline/call/number.h"
#include "hotline/ivr/program.h"

namespace hotline::call {

/// What the core must know of a trunk; how it is reached is sip::Trunk.
struct TrunkRules {
    std::vector<Codec> codecs;  // preferred first; empty: the site's
    std::string caller_id;      // shown where the queue has none
    std::size_t max_calls = 0;  // at a time, both ways; 0: no limit
    bool outgoing = false;      // calls may go out
    enum class NumberForm {
        National,  // 13900001234, 057188886666, 0085221234567
        E164,      // +8613900001234; short numbers as they are
    } number_form = NumberForm::National;
};

struct Route {
    std::vector<std::string> prefixes;           // any of them (begins_with); empty: every number
    std::shared_ptr<const ivr::Calendar> hours;  // null: always
    std::vector<std::string> trunks;             // in the order in which they are tried
};

/// What menus may call for their callers.
struct TransferRules {
    std::vector<std::string> allowed;     // prefixes; empty: nobody outside
    std::size_t max_calls = 10;           // at a time, all together
    std::size_t max_calls_per_hour = 10;  // of one caller
};

struct OutboundRules {
    std::string area_code;             // for numbers without one; empty: there are none
    std::vector<std::string> allowed;  // prefixes; empty: nobody calls out
    // As they are dialled: they need no permission, and no limit holds for them.
    std::vector<std::string> emergency{"110", "119", "120", "122"};
    std::size_t max_calls_per_agent = 1;  // at a time
    std::size_t max_calls_per_hour = 60;  // of one agent
    std::vector<Route> routes;            // the first that fits decides
    Duration silence{8s};                 // without ringing, early sound or refusal: the next trunk
    Duration ring{60s};                   // then the call is given up
    TransferRules transfers;
};

/// What somebody who calls out has dialled: a number of the plan, or an emergency number of the site that is none.
std::optional<Number> number_outside(const OutboundRules& rules, std::string_view dialled);

bool is_emergency(const OutboundRules& rules, const Number& number);

/// Any of these prefixes is the number's.
bool is_among(const std::vector<std::string>& prefixes, const Number& number);
bool may_be_called(const OutboundRules& rules, const Number& number);

/// Null: no route fits at this time.
const Route* route_for(const OutboundRules& rules, const Number& number, Wall now);

std::string as_dialled(const Number& number, TrunkRules::NumberForm form);

/// Whose word it is: a trunk's trouble sends the call to the next one; what the callee, or the network for him, said is final.
/// 401 and 407 are the trunk's, too: it does not know us.
bool is_trunks_trouble(const LegEnded& ended);

/// What the calling agent's phone is told when a trunk's answer is final.
int status_for_agent(const LegEnded& ended);

}  // namespace hotline::call
