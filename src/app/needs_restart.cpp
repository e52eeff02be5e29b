// What a reload cannot change: it was used up when sockets, threads and connections were made.
#include <tuple>

#include "app/site_config.h"

namespace hotline::app {
namespace {

auto fixed(const sip::Config& c) {
    return std::tie(c.listen, c.advertised, c.realm, c.sha256, c.sha256_first, c.nonce_life, c.min_expires, c.default_expires,
                    c.max_expires, c.max_contacts, c.session_expires, c.min_se, c.t1x64, c.max_sessions, c.max_transactions,
                    c.max_message_bytes, c.tcp_idle, c.max_tcp_per_source, c.gate, c.gate_rate, c.gate_burst, c.gate_total_rate,
                    c.gate_total_burst, c.emergency_numbers);
}
auto fixed(const media::Config& c) {
    return std::tie(c.addresses, c.advertised, c.port_min, c.port_max, c.threads, c.realtime, c.disk_reserve_bytes, c.rtp_silence,
                    c.inband_dtmf);
}
auto fixed(const media::PromptConfig& c) { return std::tie(c.workers, c.max_cached_bytes, c.max_waiting); }
auto fixed(const store::Config& c) {
    return std::tie(c.connect_deadline, c.statement_deadline, c.batch, c.lookup_connections, c.affinity_window, c.time_zone);
}
auto fixed(const store::TablesConfig& c) { return std::tie(c.role, c.connections, c.time_zone); }
auto fixed(const store::JournalConfig& c) { return std::tie(c.segment_bytes, c.max_bytes, c.sync_every); }
auto fixed(const desk::Config& c) { return std::tie(c.listen, c.max_connections, c.idle, c.max_header_bytes); }
auto fixed(const LogConfig& c) { return std::tie(c.level, c.format); }

}  // namespace

std::string needs_restart(const SiteConfig& running, const SiteConfig& wanted) {
    std::string out;
    const auto compare = [&](const char* section, const auto& before, const auto& after) {
        if (fixed(before) != fixed(after)) out += (out.empty() ? "" : ", ") + std::string(section);
    };
    compare("sip", running.sip, wanted.sip);
    compare("media", running.media, wanted.media);
    compare("speech", running.prompts, wanted.prompts);
    compare("store, affinity or time_zone", running.store, wanted.store);
    compare("store.ivr_role or store.ivr_connections", running.tables, wanted.tables);
    compare("journal", running.journal, wanted.journal);
    compare("http", running.http, wanted.http);
    compare("log", running.log, wanted.log);
    return out;
}

}  // namespace hotline::app
