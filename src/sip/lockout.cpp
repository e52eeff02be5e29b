#include "sip/digest.h"

namespace hotline::sip {

bool Lockout::is_known(const Pair& pair, Time now) const {
    const auto* last = known_.find(pair);
    return last && now - *last <= limits_.known_for;
}

bool Lockout::locked(const std::string& user, const IpAddress& source, Time now) const {
    const auto holds = [&](const Failures* failures) { return failures && failures->locked_until > now; };
    const Pair pair{user, source};
    if (is_known(pair, now)) return holds(pairs_.find(pair));
    return holds(users_.find(user)) || holds(sources_.find(source));
}

Lockout::Effect Lockout::count(Failures& failures, int free, Duration longest, Time now) const {
    if (now - failures.last > limits_.forget_after) failures = {};
    failures.last = now;
    if (++failures.count <= free) return Effect::Counted;
    Duration lock = limits_.first_lock;
    for (int i = free + 1; i < failures.count && lock < longest; ++i) lock *= 2;
    failures.locked_until = now + std::min(lock, longest);
    return Effect::Locked;
}

Lockout::Effect Lockout::failed(const std::string& user, const IpAddress& source, Time now) {
    const Pair pair{user, source};
    if (is_known(pair, now)) {
        return count(pairs_.touch(pair, limits_.max_entries), limits_.free_failures, limits_.longest_known_lock, now);
    }
    const auto of_user = count(users_.touch(user, limits_.max_entries), limits_.free_failures, limits_.longest_lock, now);
    const auto of_source =
        count(sources_.touch(source, limits_.max_entries), limits_.free_source_failures, limits_.longest_lock, now);
    return of_user == Effect::Locked || of_source == Effect::Locked ? Effect::Locked : Effect::Counted;
}

void Lockout::succeeded(const std::string& user, const IpAddress& source, Time now) {
    const Pair pair{user, source};
    known_.touch(pair, limits_.max_entries) = now;
    pairs_.erase(pair);
    // The failures of the user and the source stay: an attacker's count must not be cleared by the victim, nor by his own account.
}

}  // namespace hotline::sip
