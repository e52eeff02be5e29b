#include "sip/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace hotline::sip {

struct NameResolver::Shared {
    struct Question {
        std::string host;
        Family family;
        Done done;
    };
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Question> waiting;
    bool ended = false;
};

namespace {

std::optional<IpAddress> look_up(const std::string& host, NameResolver::Family family) {
    addrinfo hints{};
    hints.ai_family = family == NameResolver::Family::V6 ? AF_INET6 : AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0 || !found) return std::nullopt;
    const Address address = Address::from(*found->ai_addr);
    freeaddrinfo(found);
    return address.ip;
}

}  // namespace

NameResolver::NameResolver() : shared_(std::make_shared<Shared>()) {
    // Detached, with its own share of the state: joining could take as long as a name server is silent.
    std::thread([shared = shared_] {
        std::unique_lock lock(shared->mutex);
        while (true) {
            shared->changed.wait(lock, [&] { return shared->ended || !shared->waiting.empty(); });
            if (shared->ended) return;
            auto question = std::move(shared->waiting.front());
            shared->waiting.pop_front();
            lock.unlock();
            const auto answer = look_up(question.host, question.family);
            lock.lock();
            if (!shared->ended) question.done(answer);  // under the lock: nobody is told after the destructor
        }
    }).detach();
}

NameResolver::~NameResolver() {
    const std::lock_guard lock(shared_->mutex);
    shared_->ended = true;
    shared_->waiting.clear();
    shared_->changed.notify_all();
}

bool NameResolver::resolve(std::string host, Family family, Done done) {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting.size() >= kMaxWaiting) return false;
    shared_->waiting.push_back({std::move(host), family, std::move(done)});
    shared_->changed.notify_one();
    return true;
}

}  // namespace hotline::sip
