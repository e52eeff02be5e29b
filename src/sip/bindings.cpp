#include "sip/bindings.h"

#include <algorithm>
#include <tuple>

#include "sip/scan.h"

namespace hotline::sip {
namespace {

/// A URI cut where the rules of comparison change (RFC 3261 §19.1.4).
struct Cut {
    std::string_view scheme, user, host, rest;
};

Cut cut_uri(std::string_view uri) {
    Cut out;
    out.scheme = cut(uri, ':');
    const auto at = uri.find('@');
    if (at != std::string_view::npos) {
        out.user = uri.substr(0, at);
        uri.remove_prefix(at + 1);
    }
    const auto end = std::min(uri.find_first_of(";?"), uri.size());
    out.host = uri.substr(0, end);
    out.rest = uri.substr(end);
    return out;
}

/// What makes a contact another one than before: where requests go.
auto reach(const Contact& contact) { return std::tie(contact.uri, contact.source, contact.transport); }

bool same_reach(const std::vector<Contact>& a, const std::vector<Contact>& b) {
    return a.size() == b.size() && std::is_permutation(a.begin(), a.end(), b.begin(),
                                                       [](const Contact& x, const Contact& y) { return reach(x) == reach(y); });
}

bool is_older(const Registration& request, const Contact& contact) {
    return contact.call_id == request.call_id && request.cseq <= contact.cseq;
}

}  // namespace

bool same_contact(std::string_view a, std::string_view b) {
    const Cut x = cut_uri(a), y = cut_uri(b);
    return iequal(x.scheme, y.scheme) && x.user == y.user && iequal(x.host, y.host) && x.rest == y.rest;
}

/// How long the contact may live: what was asked, capped; zero removes it; nothing when it is too short to be taken.
std::optional<Duration> Bindings::granted(const Registration& request, const Registration::Asked& asked) const {
    const auto seconds = asked.expires_s ? asked.expires_s : request.expires_s;
    if (!seconds) return limits_.default_expires;
    const Duration life = std::chrono::seconds(*seconds);
    if (life > Duration::zero() && life < limits_.min_expires) return std::nullopt;
    return std::min(life, limits_.max_expires);
}

/// What is wrong with the request as a whole, against the contacts that the agent has; 200 when nothing is.
Bindings::Applied Bindings::examine(const Registration& request, const std::vector<Contact>& old) const {
    if (request.star) {
        if (!request.contacts.empty() || request.expires_s != 0u) return {400};
        const bool late = std::any_of(old.begin(), old.end(), [&](const auto& c) { return is_older(request, c); });
        return {late ? 500 : 200};
    }
    if (request.contacts.size() > limits_.max_contacts) return {403};
    for (const auto& asked : request.contacts) {
        if (!granted(request, asked)) {
            const auto least = std::chrono::ceil<std::chrono::seconds>(limits_.min_expires).count();
            return {423, static_cast<std::uint32_t>(least)};
        }
        for (const auto& contact : old) {
            if (same_contact(contact.uri, asked.uri) && is_older(request, contact)) return {500};
        }
    }
    return {200};
}

/// Adds or renews one contact. A phone that restarted comes with a new Call-ID: what it left behind under its +sip.instance, or
/// under its address and port (unless that is a proxy's), is dropped, or it would ring at a port where nobody listens.
void Bindings::put(std::vector<Contact>& set, const Registration& request, const Registration::Asked& asked, Time expires) const {
    std::erase_if(set, [&](const Contact& old) {
        if (same_contact(old.uri, asked.uri)) return true;
        const bool other_call = old.call_id != request.call_id;
        const bool same_phone =
            !asked.instance.empty() && old.instance == asked.instance && (other_call || old.cseq != request.cseq);
        const bool same_socket =
            request.path.empty() && old.path.empty() && old.source == request.source && old.transport == request.transport;
        return same_phone || (other_call && same_socket);
    });
    set.push_back({asked.uri, request.source, request.transport, expires, request.call_id, request.cseq, request.path,
                   asked.q_milli, asked.instance});
}

Bindings::Applied Bindings::apply(const Registration& request, Time now) {
    const auto& before = contacts(request.agent);
    auto set = before;
    std::erase_if(set, [&](const Contact& c) { return c.expires <= now; });
    auto result = examine(request, set);
    if (result.status != 200) return result;
    if (request.star) set.clear();
    for (const auto& asked : request.contacts) {
        const Duration life = *granted(request, asked);
        if (life == Duration::zero()) {
            std::erase_if(set, [&](const Contact& c) { return same_contact(c.uri, asked.uri); });
        } else {
            put(set, request, asked, now + life);
        }
    }
    // One too many: a phone whose address changes must not be shut out by what it left behind.
    while (set.size() > limits_.max_contacts) {
        const auto rank = [&](const Contact& c) { return std::tuple(c.call_id == request.call_id, c.expires); };
        set.erase(std::min_element(set.begin(), set.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); }));
    }
    std::stable_sort(set.begin(), set.end(), [](const auto& a, const auto& b) { return a.q_milli > b.q_milli; });
    result.changed = !same_reach(before, set);
    replace(request.agent, std::move(set));
    return result;
}

const std::vector<Contact>& Bindings::contacts(const std::string& agent) const {
    static const std::vector<Contact> kNone;
    const auto it = by_agent_.find(agent);
    return it == by_agent_.end() ? kNone : it->second;
}

/// The one place where the table changes: keeps the deadlines and the count of sources in step.
void Bindings::replace(const std::string& agent, std::vector<Contact> set) {
    for (const auto& contact : contacts(agent)) {
        const auto it = sources_.find(contact.source);
        if (--it->second == 0) sources_.erase(it);
        --size_;
    }
    for (const auto& contact : set) ++sources_[contact.source];
    size_ += set.size();
    if (set.empty()) {
        by_agent_.erase(agent);
        deadlines_.cancel(agent);
        return;
    }
    const auto soonest =
        std::min_element(set.begin(), set.end(), [](const auto& a, const auto& b) { return a.expires < b.expires; });
    deadlines_.set(agent, soonest->expires);
    by_agent_[agent] = std::move(set);
}

std::vector<std::string> Bindings::expire(Time now) {
    std::vector<std::string> agents;
    while (const auto agent = deadlines_.pop(now)) {
        auto set = contacts(*agent);
        std::erase_if(set, [&](const Contact& c) { return c.expires <= now; });
        replace(*agent, std::move(set));
        agents.push_back(*agent);
    }
    return agents;
}

std::optional<Time> Bindings::next_expiry() const { return deadlines_.next(); }

bool Bindings::remove_agent(const std::string& agent) {
    if (contacts(agent).empty()) return false;
    replace(agent, {});
    return true;
}

bool Bindings::is_source(const Address& source) const { return sources_.contains(source); }

}  // namespace hotline::sip
