#include "sip/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
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

NameAnswer ask_system(const std::string& host, Family family) {
    addrinfo hints{};
    hints.ai_family = family == Family::V6 ? AF_INET6 : AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY) return {NameAnswer::Kind::NoAddress};
    if (error != 0 || !found) return {NameAnswer::Kind::Silent};
    NameAnswer answer{NameAnswer::Kind::Found};
    for (const addrinfo* one = found; one && answer.ips.size() < kMaxAddresses; one = one->ai_next) {
        const IpAddress ip = Address::from(*one->ai_addr).ip;
        if (std::ranges::find(answer.ips, ip) == answer.ips.end()) answer.ips.push_back(ip);
    }
    freeaddrinfo(found);
    return answer;
}

NameResolver::NameResolver(LookUp look_up) : shared_(std::make_shared<Shared>()) {
    // Detached, with its own share of the state: joining could take as long as a name server is silent.
    std::thread([shared = shared_, look_up = std::move(look_up)] {
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
