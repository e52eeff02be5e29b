#include "store/served_memory.h"

#include <algorithm>
#include <cmath>

#include "store/json_field.h"

namespace hotline::store {
namespace {

double faded(double weight, Wall from, Wall to) {
    if (to <= from) return weight;
    const auto weeks = std::chrono::duration<double>(to - from) / std::chrono::duration<double>(kAffinityHalfLife);
    return weight * std::exp2(-weeks);
}

}  // namespace

std::vector<call::CustomerFound::Served> ranked(std::vector<Service> known, const std::vector<Service>& more) {
    for (const Service& other : more) {
        const auto same = std::ranges::find(known, other.served.agent, [](const Service& s) { return s.served.agent; });
        if (same == known.end()) {
            known.push_back(other);
            continue;
        }
        same->weight = std::max(same->weight, other.weight);
        same->served.last = std::max(same->served.last, other.served.last);
        same->served.talk = std::max(same->served.talk, other.served.talk);
    }
    std::ranges::stable_sort(known, [](const Service& a, const Service& b) {
        return std::pair(a.weight, a.served.last) > std::pair(b.weight, b.served.last);
    });
    if (known.size() > kMaxServed) known.resize(kMaxServed);
    std::vector<call::CustomerFound::Served> out;
    for (auto& service : known) out.push_back(std::move(service.served));
    return out;
}

ServedMemory::Entry& ServedMemory::touch(const std::string& number) {
    const auto [it, is_new] = by_number_.try_emplace(number);
    if (is_new) {
        recent_.push_front(number);
        if (by_number_.size() > max_numbers_) {
            by_number_.erase(recent_.back());
            recent_.pop_back();
        }
    } else {
        recent_.splice(recent_.begin(), recent_, it->second.place);
    }
    it->second.place = recent_.begin();
    return it->second;
}

void ServedMemory::learn(const Record& record) {
    if (record.kind != call::CallEnded::kKind || max_numbers_ == 0) return;
    // Of a call that an agent placed, the customer is the called one; and placed it is his also when nobody answered.
    const bool placed = json_text(record.body, "direction") == "out";
    if (placed && json_text(record.body, "outcome") != "answered") return;
    const auto customer = json_text(record.body, placed ? "called" : "caller"), agent = json_text(record.body, "agent");
    if (!customer || !agent || customer->empty()) return;
    const auto talk = std::chrono::milliseconds(json_integer(record.body, "talk_ms").value_or(0));
    auto& services = touch(*customer).services;
    auto service = std::ranges::find(services, *agent, [](const Service& s) { return s.served.agent; });
    if (service == services.end()) {
        if (services.size() >= kMaxServed)
            services.erase(std::ranges::min_element(services, {}, [](const Service& s) { return s.served.last; }));
        service = services.insert(services.end(), Service{{*agent, record.at, Duration(0)}, 0});
    }
    service->weight =
        faded(service->weight, service->served.last, record.at) + static_cast<double>(std::max<std::int64_t>(1, talk.count()));
    service->served.last = std::max(service->served.last, record.at);
    service->served.talk += talk;
}

std::vector<Service> ServedMemory::find(const std::string& number, Wall now) {
    if (!by_number_.contains(number)) return {};
    std::vector<Service> found;
    for (const Service& service : touch(number).services) {
        if (now - service.served.last > window_) continue;
        found.push_back(service);
        found.back().weight = faded(service.weight, service.served.last, now);
    }
    return found;
}

}  // namespace hotline::store
