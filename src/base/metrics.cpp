#include "hotline/base/metrics.h"

#include <cstdio>
#include <map>

#include "hotline/base/check.h"

namespace hotline {

Metric& Metrics::find(const std::string& name, const std::string& help, const std::string& labels, bool is_counter, double scale) {
    std::lock_guard lock(mutex_);
    for (auto& series : series_) {
        if (series.name == name && series.labels == labels) {
            HL_CHECK(series.is_counter == is_counter, "one metric name, two types");
            return series.metric;
        }
    }
    auto& series = series_.emplace_back();
    series.name = name;
    series.help = help;
    series.labels = labels;
    series.is_counter = is_counter;
    series.scale = scale;
    return series.metric;
}

Metric& Metrics::counter(const std::string& name, const std::string& help, const std::string& labels) {
    return find(name, help, labels, true, 1);
}
Metric& Metrics::gauge(const std::string& name, const std::string& help, const std::string& labels, double scale) {
    return find(name, help, labels, false, scale);
}

std::string Metrics::label(const std::string& name, const std::string& value) {
    std::string out = name + "=\"";
    for (char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string Metrics::render() const {
    std::lock_guard lock(mutex_);
    std::map<std::string, std::vector<const Series*>> by_name;  // the format wants one block a name
    for (const auto& series : series_) by_name[series.name].push_back(&series);
    std::string out;
    for (const auto& [name, all] : by_name) {
        out += "# HELP hotline_" + name + ' ' + all.front()->help + "\n# TYPE hotline_" + name +
               (all.front()->is_counter ? " counter\n" : " gauge\n");
        for (const Series* series : all) {
            char number[64];
            if (series->scale == 1) {
                std::snprintf(number, sizeof number, "%lld", static_cast<long long>(series->metric.value()));
            } else {
                std::snprintf(number, sizeof number, "%.9g", static_cast<double>(series->metric.value()) * series->scale);
            }
            out += "hotline_" + name + (series->labels.empty() ? "" : '{' + series->labels + '}') + ' ' + number + '\n';
        }
    }
    return out;
}

}  // namespace hotline
