#include "sip/auth.h"

#include <algorithm>
#include <vector>

#include "hotline/base/log.h"
#include "hotline/base/text.h"
#include "sip/reading.h"

namespace hotline::sip {
namespace {

DigestServer::Offer offer_of(const Config& config) {
    if (config.sha256_first) return DigestServer::Offer::Sha256First;
    return config.sha256 ? DigestServer::Offer::Md5First : DigestServer::Offer::Md5Only;
}

}  // namespace

Authenticator::Authenticator(const Config& config, Metrics& metrics)
    : realm_(config.realm),
      accounts_(config.accounts),
      digest_(config.realm, config.nonce_life, offer_of(config)),
      failures_(metrics.counter("sip_auth_failures_total", "requests with wrong credentials")) {}

bool Authenticator::has_learnt(const std::string& trunk, const IpAddress& source) const {
    const auto own = addresses_.find(trunk);
    return own != addresses_.end() && std::ranges::find(own->second, source) != own->second.end();
}

const Trunk* Authenticator::trunk_of(const IpAddress& source) const {
    for (const Trunk& trunk : accounts_.trunks)
        if (std::ranges::any_of(trunk.sources, [&](const Network& network) { return network.contains(source); })) return &trunk;
    for (const Trunk& trunk : accounts_.trunks)
        if (has_learnt(trunk.name, source)) return &trunk;
    return nullptr;
}

bool Authenticator::is_of_trunk(const IpAddress& source, std::string_view name) const {
    if (has_learnt(std::string(name), source)) return true;
    return std::ranges::any_of(accounts_.trunks, [&](const Trunk& trunk) {
        return trunk.name == name &&
               std::ranges::any_of(trunk.sources, [&](const Network& network) { return network.contains(source); });
    });
}

std::optional<std::string> Authenticator::claimed_user(const sip_t& request) const {
    for (const std::string& value : authorizations_of(request))
        if (const auto credentials = Credentials::parse(value); credentials && credentials->realm == realm_)
            return credentials->username;
    return std::nullopt;
}

Authenticator::Verdict Authenticator::prove(const sip_t& request, const std::string& user, const Address& source, Now now) {
    // Of both names: with somebody else's credentials one could go on guessing his password while he is locked.
    const std::string claimed = claimed_user(request).value_or(user);
    if (lockout_.locked(user, source.ip, now.at) || lockout_.locked(claimed, source.ip, now.at)) return Verdict::Challenge;
    const auto values = authorizations_of(request);
    const std::vector<std::string_view> views(values.begin(), values.end());
    const auto password = [&](const std::string& name) -> std::optional<std::string> {
        const auto it = accounts_.passwords.find(name);
        return it == accounts_.passwords.end() ? std::nullopt : std::optional(it->second);
    };
    const auto checked = digest_.check(request.sip_request->rq_method_name, text_of(*request.sip_request->rq_url), views, password,
                                       source, now.wall, body_of(request));
    switch (checked.verdict) {
        case DigestServer::Verdict::Ok:
            if (checked.user != user) return Verdict::Another;
            lockout_.succeeded(user, source.ip, now.at);
            return Verdict::Proven;
        case DigestServer::Verdict::Stale: return Verdict::Stale;
        case DigestServer::Verdict::Malformed: return Verdict::Malformed;
        case DigestServer::Verdict::None: return Verdict::Challenge;
        case DigestServer::Verdict::Wrong: break;
    }
    // Who answers a challenge of ours has received it where he says he is. Others may have forged their source address, to have its
    // owner locked out: they are told to try again, and are not counted.
    if (!checked.nonce_is_ours) return Verdict::Stale;
    failures_.add();
    if (lockout_.failed(checked.user, source.ip, now.at) == Lockout::Effect::Locked)
        log::warn("sip.locked", {{"source", source}, {"user", valid_text(checked.user, 64)}});
    return Verdict::Challenge;
}

std::string Authenticator::challenge(const Address& source, Wall now, Verdict verdict) {
    std::string lines;
    for (const std::string& value : digest_.challenges(source, now, verdict == Verdict::Stale))
        lines += "WWW-Authenticate: " + value + "\r\n";
    return lines;
}

}  // namespace hotline::sip
