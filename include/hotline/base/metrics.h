// Counters and gauges that any thread may move and /metrics prints (Prometheus text format 0.0.4).
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace hotline {

/// One number. Relaxed: a reading may be a moment old, never torn.
class Metric {
  public:
    void add(std::int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    void set(std::int64_t n) { value_.store(n, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// All metrics of a process. Asking for the same name and labels again gives the same number. Metrics live as long as the registry.
class Metrics {
  public:
    /// `name` without prefix ("sip_requests_total"), rendered as hotline_NAME. `labels` as they are printed: `queue="service"`, or
    /// empty; quote label values with label(). `scale` multiplies what is printed (1e-3: kept in ms, printed in seconds).
    Metric& counter(const std::string& name, const std::string& help, const std::string& labels = "");
    Metric& gauge(const std::string& name, const std::string& help, const std::string& labels = "", double scale = 1);
    static std::string label(const std::string& name, const std::string& value);

    std::string render() const;

  private:
    struct Series {
        std::string name, help, labels;
        bool is_counter;
        double scale;
        Metric metric;
    };
    Metric& find(const std::string& name, const std::string& help, const std::string& labels, bool is_counter, double scale);
    mutable std::mutex mutex_;
    std::deque<Series> series_;
};

}  // namespace hotline
