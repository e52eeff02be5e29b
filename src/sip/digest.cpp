#include "sip/digest.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>

#include "hotline/base/check.h"
#include "hotline/base/text.h"
#include "sip/digest_hash.h"
#include "sip/scan.h"

namespace hotline::sip {
namespace {

constexpr std::size_t kMaxHeader = 4096, kMaxParameters = 32;

std::string random_bytes(std::size_t n) {
    std::string bytes(n, 0);
    HL_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(n)) == 1, "the system has no randomness");
    return bytes;
}

/// The time that this takes tells only the lengths.
bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = to_lower(c);
    return out;
}

// ── Nonces: 16 hex digits of time, 16 of randomness, 32 of MAC ──

constexpr std::size_t kTimeDigits = 16, kRandomDigits = 16, kMacDigits = 32;

std::string time_hex(std::int64_t us) {
    std::string out(kTimeDigits, '0');
    char digits[kTimeDigits];
    const auto end = std::to_chars(digits, digits + sizeof digits, static_cast<std::uint64_t>(us), 16).ptr;
    std::copy(digits, end, out.end() - (end - digits));
    return out;
}

std::int64_t nonce_time_us(std::string_view nonce) {
    std::uint64_t us = 0;
    std::from_chars(nonce.data(), nonce.data() + std::min(kTimeDigits, nonce.size()), us, 16);
    return static_cast<std::int64_t>(us);
}

/// Bound to the address but not the port: a phone's TCP connection, or its NAT's mapping, changes between challenge and answer.
std::string nonce_mac(const std::string& secret, const Address& source, std::string_view time_and_random) {
    std::string text(reinterpret_cast<const char*>(source.ip.bytes.data()), source.ip.bytes.size());
    text += source.ip.v6 ? '6' : '4';
    text += time_and_random;
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    const auto data = reinterpret_cast<const unsigned char*>(text.data());
    HL_CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), data, text.size(), mac, &length) != nullptr,
             "OpenSSL refuses a MAC");
    return to_hex({reinterpret_cast<const char*>(mac), length}).substr(0, kMacDigits);
}

// ── Comparing URIs ──

/// Scheme, user and host:port of a SIP URI, in one spelling. Phones leave out parameters and the default port in one place and not
/// in the other; no more than these may differ (RFC 7616 §3.4.6).
std::string essence(std::string_view uri) {
    const auto scheme = lower(cut(uri, ':'));
    std::string user;
    if (const auto at = uri.find('@'); at != std::string_view::npos) {
        user = std::string(uri.substr(0, at + 1));
        uri.remove_prefix(at + 1);
    }
    auto host = lower(uri.substr(0, uri.find_first_of(";?")));
    if (host.ends_with(":5060")) host.resize(host.size() - 5);
    return scheme + ':' + user + host;
}

// ── Parsing ──

/// A quoted string with its escapes undone; nothing when it does not end. `text` goes on behind it.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return out;
        }
        if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
        out += text[i];
    }
    return std::nullopt;
}

/// A token, or what phones send unquoted though they should not (a URI): all up to a comma or white space.
std::string bare(std::string_view& text) {
    std::size_t n = 0;
    while (n < text.size() && text[n] != ',' && !is_space(text[n])) ++n;
    std::string out(text.substr(0, n));
    text.remove_prefix(n);
    return out;
}

std::string* member(Credentials& c, std::string_view name) {
    const std::pair<std::string_view, std::string*> all[] = {
        {"username", &c.username},   {"realm", &c.realm},   {"nonce", &c.nonce},   {"uri", &c.uri}, {"response", &c.response},
        {"algorithm", &c.algorithm}, {"cnonce", &c.cnonce}, {"opaque", &c.opaque}, {"qop", &c.qop}, {"nc", &c.nc},
        {"userhash", &c.userhash},   {"stale", &c.stale},
    };
    for (const auto& [known, where] : all) {
        if (iequal(known, name)) return where;
    }
    return nullptr;
}

bool is_digest(std::string_view header) { return iequal(next_word(header), "Digest"); }

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos; }

}  // namespace

std::optional<Credentials> Credentials::parse(std::string_view text) {
    if (text.size() > kMaxHeader || !is_digest(text)) return std::nullopt;
    next_word(text);
    Credentials out;
    std::vector<std::string> seen;
    while (true) {
        skip_space(text);
        const auto equals = text.find('=');
        if (equals == std::string_view::npos || seen.size() == kMaxParameters) return std::nullopt;
        const auto name = trim(cut(text, '='));
        if (!is_token(name)) return std::nullopt;
        seen.push_back(lower(name));
        if (std::count(seen.begin(), seen.end(), seen.back()) > 1) return std::nullopt;
        skip_space(text);
        const auto value = text.starts_with('"') ? take_quoted(text) : std::optional(bare(text));
        if (!value) return std::nullopt;
        if (auto* where = member(out, name)) *where = *value;
        skip_space(text);
        if (text.empty()) return out;
        if (text.front() != ',') return std::nullopt;
        text.remove_prefix(1);
    }
}

DigestServer::DigestServer(std::string realm, Duration nonce_life, Offer offer)
    : realm_(std::move(realm)),
      nonce_life_(nonce_life),
      offer_(offer),
      secret_(random_bytes(32)),
      nobodys_password_(to_hex(random_bytes(16))) {
    HL_CHECK(realm_.find_first_of("\"\\\r\n") == std::string::npos, "the realm goes between quotes as it is");
}

std::vector<std::string> DigestServer::challenges(const Address& source, Wall now, bool stale) {
    const auto seed = time_hex(to_unix_us(now)) + to_hex(random_bytes(kRandomDigits / 2));
    const auto nonce = seed + nonce_mac(secret_, source, seed);
    const auto challenge = [&](const char* algorithm) {
        return "Digest realm=\"" + realm_ + "\", nonce=\"" + nonce + "\", algorithm=" + algorithm + ", qop=\"auth\"" +
               (stale ? ", stale=true" : "");
    };
    switch (offer_) {
        case Offer::Md5Only: break;
        case Offer::Md5First: return {challenge("MD5"), challenge("SHA-256")};
        case Offer::Sha256First: return {challenge("SHA-256"), challenge("MD5")};
    }
    return {challenge("MD5")};
}

bool DigestServer::is_ours(std::string_view nonce, const Address& source) const {
    if (nonce.size() != kTimeDigits + kRandomDigits + kMacDigits || !is_hex(nonce)) return false;
    const auto seed = nonce.substr(0, kTimeDigits + kRandomDigits);
    return same_secret(nonce.substr(seed.size()), nonce_mac(secret_, source, seed));
}

bool DigestServer::is_current(std::string_view nonce, Wall now) const {
    const auto age = std::chrono::microseconds(to_unix_us(now) - nonce_time_us(nonce));
    return age >= age.zero() && age <= nonce_life_;
}

/// Takes note of this use. False: this nonce was used with that nc or a higher one before (a replay).
bool DigestServer::count_use(const std::string& nonce, std::uint32_t nc) {
    if (const auto it = used_.find(nonce); it != used_.end()) {
        if (nc <= it->second->highest_nc) return false;
        it->second->highest_nc = nc;
        by_use_.splice(by_use_.end(), by_use_, it->second);
        return true;
    }
    if (nonce_time_us(nonce) <= forgotten_us_) return false;
    if (by_use_.size() == kMaxUsedNonces) {
        forgotten_us_ = std::max(forgotten_us_, nonce_time_us(by_use_.front().nonce));
        used_.erase(by_use_.front().nonce);
        by_use_.pop_front();
    }
    by_use_.push_back({nonce, nc});
    used_.emplace(nonce, std::prev(by_use_.end()));
    return true;
}

DigestServer::Checked DigestServer::check(std::string_view method, std::string_view request_uri,
                                          std::span<const std::string_view> authorization, const Passwords& password,
                                          const Address& source, Wall now, std::string_view body) {
    std::optional<Credentials> given;
    bool unreadable = false;
    for (const auto header : authorization) {
        auto credentials = is_digest(header) ? Credentials::parse(header) : std::nullopt;
        unreadable |= is_digest(header) && !credentials;
        if (credentials && credentials->realm == realm_ && !given) given = std::move(credentials);
    }
    if (!given) return {unreadable ? Verdict::Malformed : Verdict::None, {}, false};

    const auto hash = hash_of(given->algorithm);
    const bool integrity = iequal(given->qop, "auth-int");
    std::uint32_t nc = 0;
    const bool counted = given->nc.size() == 8 && is_hex(given->nc);
    if (counted) std::from_chars(given->nc.data(), given->nc.data() + given->nc.size(), nc, 16);
    const bool complete = hash && counted && nc > 0 && !given->username.empty() && !given->cnonce.empty() &&
                          is_hex(given->response) && (integrity || iequal(given->qop, "auth")) && !iequal(given->userhash, "true");
    if (!complete || essence(given->uri) != essence(request_uri)) return {Verdict::Malformed, {}, false};

    const auto real = password(given->username);
    const auto ha1 = hash_hex(hash, given->username + ':' + realm_ + ':' + (real ? *real : nobodys_password_));
    auto a2 = std::string(method) + ':' + given->uri;
    if (integrity) a2 += ':' + hash_hex(hash, body);
    const auto expected = hash_hex(
        hash, ha1 + ':' + given->nonce + ':' + given->nc + ':' + given->cnonce + ':' + given->qop + ':' + hash_hex(hash, a2));
    const bool right = same_secret(expected, lower(given->response)) && real.has_value();
    const bool ours = is_ours(given->nonce, source);
    if (!right) return {Verdict::Wrong, given->username, ours};
    const bool fresh = ours && is_current(given->nonce, now) && count_use(given->nonce, nc);
    return {fresh ? Verdict::Ok : Verdict::Stale, given->username, ours};
}

}  // namespace hotline::sip
