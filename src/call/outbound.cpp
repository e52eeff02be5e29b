#include "hotline/call/outbound.h"

#include <algorithm>

namespace hotline::call {
namespace {

constexpr int kUnauthorized = 401, kProxyAuthentication = 407, kRequestTimeout = 408, kNotThere = 480, kNotAcceptable = 488,
              kNoWay = 503;

bool is_server_failure(int status) { return status >= 500 && status < 600; }

bool fits(const Route& route, const Number& number, Wall now) {
    const auto named = [&](const std::string& prefix) { return begins_with(number, prefix); };
    if (!route.prefixes.empty() && std::ranges::none_of(route.prefixes, named)) return false;
    if (!route.hours) return true;
    const auto open = ivr::open_at(*route.hours, now);
    return open && *open;
}

}  // namespace

std::optional<Number> number_outside(const OutboundRules& rules, std::string_view dialled) {
    if (auto number = read_number(dialled, rules.area_code)) return number;
    Number as_it_is{Number::Kind::Short, std::string(dialled), {}};
    return is_emergency(rules, as_it_is) ? std::optional(std::move(as_it_is)) : std::nullopt;
}

bool is_emergency(const OutboundRules& rules, const Number& number) {
    return std::ranges::find(rules.emergency, number.national) != rules.emergency.end();
}

bool is_among(const std::vector<std::string>& prefixes, const Number& number) {
    return std::ranges::any_of(prefixes, [&](const std::string& prefix) { return begins_with(number, prefix); });
}

bool may_be_called(const OutboundRules& rules, const Number& number) {
    return is_emergency(rules, number) || is_among(rules.allowed, number);
}

const Route* route_for(const OutboundRules& rules, const Number& number, Wall now) {
    const auto route = std::ranges::find_if(rules.routes, [&](const Route& one) { return fits(one, number, now); });
    return route == rules.routes.end() ? nullptr : &*route;
}

std::string as_dialled(const Number& number, TrunkRules::NumberForm form) {
    const bool e164 = form == TrunkRules::NumberForm::E164 && !number.e164.empty();
    return e164 ? number.e164 : number.national;
}

bool is_trunks_trouble(const LegEnded& ended) {
    switch (ended.status) {
        case 0: return ended.cause == LegEnded::Cause::Unreachable || ended.cause == LegEnded::Cause::Failed;
        case kUnauthorized:
        case kProxyAuthentication:
        case kRequestTimeout: return true;
        default: return is_server_failure(ended.status);
    }
}

int status_for_agent(const LegEnded& ended) {
    const int status = ended.status;
    if (status == kRequestTimeout) return kNotThere;
    const bool callees = (status >= 400 && status < 500) || (status >= 600 && status < 700);
    if (callees && !is_trunks_trouble(ended)) return status;
    if (status >= 300 && status < 400) return kNotThere;  // a forward is not followed
    return ended.cause == LegEnded::Cause::NoCommonCodec ? kNotAcceptable : kNoWay;
}

}  // namespace hotline::call
