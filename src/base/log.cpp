// spdlog hidden: an asynchronous logger with a bounded queue that overwrites its oldest, and a small ring of the last lines.
#include "hotline/base/log.h"

#include <pthread.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <future>
#include <thread>

#include "hotline/base/text.h"
#include "hotline/base/time.h"
#include "log_recorder.h"

namespace hotline::log {
namespace {

constexpr std::size_t kQueue = 8192;
constexpr std::size_t kRecorded = 64;
constexpr std::size_t kMaxLine = 2000;

struct Writer {
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::logger> logger;
    std::atomic<Level> level{Level::Warn};
    std::atomic<Format> format{Format::Text};
    std::atomic<bool> started{false};

    std::mutex recorder_mutex;
    std::array<std::string, kRecorded> recorder;
    std::size_t recorded = 0;
};

Writer& writer() {
    // A process has one stderr, so logging alone is process-wide; nothing else here is. Never destroyed: threads may log at exit.
    static Writer& instance = *new Writer;
    return instance;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (unsigned char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (c < 0x20) {
                    static constexpr char kHex[] = "0123456789abcdef";
                    out += "\\u00";
                    out += kHex[c >> 4];
                    out += kHex[c & 15];
                } else {
                    out += static_cast<char>(c);
                }
        }
    }
    out += '"';
}

bool plain(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return c > ' ' && c != '"' && c != '=' && c != '\\' && c < 0x7f; });
}

struct Print {
    std::string& out;
    Format format;
    void operator()(std::string_view v) const {
        const std::string safe = valid_text(v, 512);
        if (format == Format::Text && plain(safe)) {
            out += safe;
        } else {
            append_json_string(out, safe);
        }
    }
    void operator()(const std::string& v) const { (*this)(std::string_view(v)); }
    void operator()(std::int64_t v) const { out += std::to_string(v); }
    void operator()(double v) const { out += std::isfinite(v) ? fmt::format("{:.6g}", v) : "null"; }
    void operator()(bool v) const { out += v ? "true" : "false"; }
};

std::string format_line(Level level, std::string_view name, Fields fields, Format format) {
    static constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};
    const auto wall = read_clocks().wall;
    const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::seconds>(wall));
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    const auto micros = wall.time_since_epoch().count() % 1'000'000;
    std::string line;
    line.reserve(200);
    const auto stamp = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                                   utc.tm_hour, utc.tm_min, utc.tm_sec, micros);
    const std::string_view level_name = kLevels[static_cast<std::size_t>(level)];
    if (format == Format::Json) {
        line += "{\"at\":\"" + stamp + "\",\"level\":\"";
        line += level_name;
        line += "\",\"event\":";
        append_json_string(line, name);
        for (const auto& field : fields) {
            line += ',';
            append_json_string(line, field.name);
            line += ':';
            std::visit(Print{line, format}, field.value);
        }
        line += '}';
    } else {
        line += stamp + ' ';
        line += level_name;
        line += ' ';
        line += name;
        for (const auto& field : fields) {
            line += ' ';
            line += field.name;
            line += '=';
            std::visit(Print{line, format}, field.value);
        }
        if (line.size() > kMaxLine) line = valid_text(line, kMaxLine);
    }
    return line;
}

}  // namespace

void start(Level level, Format format) {
    Writer& w = writer();
    w.pool = std::make_shared<spdlog::details::thread_pool>(kQueue, 1, [] { pthread_setname_np(pthread_self(), "log"); });
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    w.logger =
        std::make_shared<spdlog::async_logger>("hotline", std::move(sink), w.pool, spdlog::async_overflow_policy::overrun_oldest);
    w.logger->set_pattern("%v");
    w.logger->set_level(spdlog::level::trace);
    w.level = level;
    w.format = format;
    w.started = true;
}

void stop() {
    Writer& w = writer();
    if (!w.started.exchange(false)) return;
    // A blocked stderr (a full pipe) must not keep the process: the writer is left behind after two seconds.
    auto pool = std::move(w.pool);
    std::promise<void> ended;
    auto done = ended.get_future();
    std::thread([pool = std::move(pool), ended = std::move(ended)]() mutable {
        pool.reset();
        ended.set_value();
    }).detach();
    done.wait_for(std::chrono::seconds(2));
}

void event(Level level, std::string_view name, Fields fields) {
    Writer& w = writer();
    if (level < w.level.load(std::memory_order_relaxed)) return;
    std::string line = format_line(level, name, fields, w.format.load(std::memory_order_relaxed));
    {
        std::lock_guard lock(w.recorder_mutex);
        w.recorder[w.recorded++ % kRecorded] = line;
    }
    if (w.started) {
        w.logger->info("{}", line);
    } else {
        line += '\n';
        std::fwrite(line.data(), 1, line.size(), stderr);
    }
}

void dump_recorder(std::FILE* out) {
    Writer& w = writer();
    std::unique_lock lock(w.recorder_mutex, std::try_to_lock);
    for (std::size_t i = w.recorded > kRecorded ? w.recorded - kRecorded : 0; i < w.recorded; ++i)
        std::fprintf(out, "  %s\n", w.recorder[i % kRecorded].c_str());
}

}  // namespace hotline::log
