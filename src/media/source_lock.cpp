#include "source_lock.h"

namespace hotline::media {

void SourceLock::signal(const Endpoint& address, Time now) {
    if (!same_endpoint(address, signalled_)) remote_ = address;
    signalled_ = address;
    opened_ = now;
    in_a_row_ = 0;
    locked_ = false;
}

bool SourceLock::accept_unlocked(const Endpoint& from, Time now) {
    if (locked_) return false;
    const bool known = same_endpoint(from, remote_) || same_endpoint(from, signalled_);
    const bool may_learn = same_host(from, signalled_) && now - opened_ <= rules_.window;
    if (!known && !may_learn) return false;

    if (in_a_row_ == 0 || !same_endpoint(from, candidate_)) {
        candidate_ = from;
        in_a_row_ = 0;
    }
    if (++in_a_row_ < rules_.packets) return known;
    remote_ = from;
    locked_ = true;
    return true;
}

}  // namespace hotline::media
