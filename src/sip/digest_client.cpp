#include "sip/digest_client.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "sip/digest.h"
#include "sip/digest_hash.h"
#include "sip/scan.h"
#include "sip/tokens.h"

namespace hotline::sip {
namespace {

/// What of a challenge's parameters is no credential's, too.
struct Offer {
    Credentials said;
    bool auth = false;  // among its qop, or no qop at all
    bool stale = false;
    int strength = 0;
};

bool names_auth(std::string_view qop) {
    while (!qop.empty())
        if (iequal(trim(cut(qop, ',')), "auth")) return true;
    return false;
}

int strength_of(std::string_view algorithm) { return iequal(algorithm, "SHA-512-256") ? 3 : iequal(algorithm, "SHA-256") ? 2 : 1; }

/// None: nothing that we can answer.
std::optional<Offer> offer_in(const std::string& value) {
    auto said = Credentials::parse(value);
    const bool readable = said && !said->nonce.empty() && hash_of(said->algorithm) != nullptr;
    if (!readable || (!said->qop.empty() && !names_auth(said->qop))) return std::nullopt;
    Offer offer;
    offer.auth = !said->qop.empty();
    offer.stale = iequal(said->stale, "true");
    offer.strength = strength_of(said->algorithm);
    offer.said = std::move(*said);
    return offer;
}

std::string quoted_value(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

/// Several challenges of one realm offer several hashes: the strongest is answered.
DigestClient::Verdict DigestClient::take(const std::vector<Challenge>& challenges) {
    std::vector<std::pair<Challenge::From, Offer>> best;
    for (const Challenge& one : challenges) {
        auto offer = offer_in(one.value);
        if (!offer) continue;
        const auto same = std::ranges::find_if(
            best, [&](const auto& other) { return other.first == one.from && other.second.said.realm == offer->said.realm; });
        if (same == best.end())
            best.emplace_back(one.from, std::move(*offer));
        else if (offer->strength > same->second.strength)
            same->second = std::move(*offer);
    }
    if (best.empty()) return Verdict::Unknown;
    for (auto& [from, offer] : best) {
        auto it =
            std::ranges::find_if(realms_, [&](const Realm& one) { return one.from == from && one.realm == offer.said.realm; });
        const bool known = it != realms_.end();
        if (known && (it->nonce == offer.said.nonce || (it->answered && !offer.stale))) return Verdict::Refused;
        if (!known) {
            if (realms_.size() >= kMaxRealms && !forget_one()) return Verdict::Refused;
            it = realms_.insert(realms_.end(), Realm{from, offer.said.realm, {}, {}, {}});
        }
        // A stale nonce is no refusal, but a far end that calls all of them stale must not keep us busy for ever.
        if (known && it->answered && ++it->stale_in_a_row > kMaxStale) return Verdict::Refused;
        it->nonce = offer.said.nonce;
        it->opaque = offer.said.opaque;
        it->algorithm = offer.said.algorithm;
        it->qop = offer.auth;
        it->uses = 0;
        it->answered = true;
    }
    return Verdict::Answerable;
}

/// A realm that nobody has asked for since the last request that went well: of a server that is another one today.
bool DigestClient::forget_one() {
    const auto old = std::ranges::find_if(realms_, [](const Realm& one) { return !one.answered; });
    if (old == realms_.end()) return false;
    realms_.erase(old);
    return true;
}

std::string DigestClient::headers(std::string_view method, std::string_view uri) {
    std::string lines;
    for (Realm& one : realms_) {
        const EVP_MD* hash = hash_of(one.algorithm);
        const std::string ha1 = hash_hex(hash, user_ + ':' + one.realm + ':' + password_);
        const std::string ha2 = hash_hex(hash, std::string(method) + ':' + std::string(uri));
        char count[9];
        std::snprintf(count, sizeof count, "%08x", ++one.uses);
        const std::string cnonce = random_token();
        const std::string middle = one.qop ? std::string(":") + count + ':' + cnonce + ":auth:" : ":";
        const std::string response = hash_hex(hash, ha1 + ':' + one.nonce + middle + ha2);
        lines += one.from == Challenge::From::Proxy ? "Proxy-Authorization: Digest username=" : "Authorization: Digest username=";
        lines += quoted_value(user_) + ", realm=" + quoted_value(one.realm) + ", nonce=" + quoted_value(one.nonce) +
                 ", uri=" + quoted_value(uri) + ", response=\"" + response + '"';
        if (!one.algorithm.empty()) lines += ", algorithm=" + one.algorithm;
        if (one.qop) lines += std::string(", qop=auth, nc=") + count + ", cnonce=\"" + cnonce + '"';
        if (!one.opaque.empty()) lines += ", opaque=" + quoted_value(one.opaque);
        lines += "\r\n";
    }
    return lines;
}

void DigestClient::settled() {
    for (Realm& one : realms_) {
        one.answered = false;
        one.stale_in_a_row = 0;
    }
}

}  // namespace hotline::sip
