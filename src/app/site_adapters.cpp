// The sections of site.json that start the adapters. Every limit here is a limit of the machine or of a protocol, named beside it.
#include "app/site_parts.h"

namespace hotline::app {
namespace {

constexpr std::uint64_t kMegabyte = 1u << 20;

std::optional<IpAddress> read_ip(Reader& reader, std::string_view key) {
    const Value* value = reader.value(key, Value::Type::Text);
    if (!value) return std::nullopt;
    const auto ip = IpAddress::parse(value->text);
    if (!ip)
        reader.error(key,
                     "\"" + value->text +
                         "\" is no IP address. Write it in numbers, such as 192.0.2.1 or 2001:db8::1; names are not resolved.");
    return ip;
}

/// An address that others can reach: what goes into Contact and SDP instead of our own.
std::optional<IpAddress> read_advertised(Reader& reader) {
    auto ip = read_ip(reader, "advertised");
    if (ip && (ip->is_any() || ip->is_multicast())) {
        reader.error("advertised",
                     to_text(*ip) + " cannot be reached by anybody. Give the address that phones see, or leave it out.");
        ip.reset();
    }
    return ip;
}

std::vector<IpAddress> read_ips(Reader& reader, std::string_view key, const std::vector<IpAddress>& fallback) {
    const Value* list = reader.value(key, Value::Type::Array);
    if (!list) return fallback;
    std::vector<IpAddress> out;
    for (const auto& item : list->items) {
        const auto ip = item.type == Value::Type::Text ? IpAddress::parse(item.text) : std::nullopt;
        if (!ip) {
            reader.problems().error(item.at,
                                    "expected an IP address in quotes, such as \"0.0.0.0\" or \"::\". Names are not resolved.");
        } else if (std::find(out.begin(), out.end(), *ip) != out.end()) {
            reader.problems().error(item.at, "\"" + item.text + "\" stands here twice. Remove one.");
        } else {
            out.push_back(*ip);
        }
    }
    if (list->items.empty()) reader.error(key, "the list is empty. Name one address at least.");
    return out;
}

void read_sip_limits(Reader& sip, sip::Config& out) {
    out.max_contacts = sip.integer<std::size_t>("max_contacts", out.max_contacts, 1, 50);
    out.max_sessions = sip.integer<std::size_t>("max_sessions", out.max_sessions, 1, 1000000);
    out.max_transactions = sip.integer<std::size_t>("max_transactions", out.max_transactions, 10, 1000000);
    out.max_message_bytes =
        sip.integer<std::size_t>("max_message_bytes", out.max_message_bytes, 2048, 65535);  // a datagram's limit
    out.max_tcp_per_source = sip.integer<std::size_t>("max_tcp_per_source", out.max_tcp_per_source, 1, 100000);
    out.tcp_idle = sip.seconds("tcp_idle_s", out.tcp_idle, 1s, 3600s);
    out.gate = sip.flag("gate", out.gate);
    out.gate_rate = sip.number("gate_rate", out.gate_rate, 1, 1e6);
    out.gate_burst = sip.number("gate_burst", out.gate_burst, 1, 1e6);
    out.gate_total_rate = sip.number("gate_total_rate", out.gate_total_rate, 1, 1e6);
    out.gate_total_burst = sip.number("gate_total_burst", out.gate_total_burst, 8, 1e6);
    out.emergency_numbers = sip.texts("emergency_numbers", {});
}

void read_sip_times(Reader& sip, sip::Config& out) {
    out.t1x64 = sip.milliseconds("t1x64_ms", out.t1x64, 500ms, 64s);
    out.nonce_life = sip.seconds("nonce_life_s", out.nonce_life, 5s, 3600s);
    out.min_expires = sip.seconds("register_min_s", out.min_expires, 1s, 86400s);
    out.max_expires = sip.seconds("register_max_s", out.max_expires, 1s, 86400s);
    out.default_expires = sip.seconds("register_default_s", out.default_expires, 1s, 86400s);
    if (out.min_expires > out.max_expires) {
        sip.error("register_min_s", "register_min_s is above register_max_s: no registration could be accepted. Make it smaller.");
    } else if (out.default_expires < out.min_expires || out.default_expires > out.max_expires) {
        sip.error("register_default_s", "register_default_s must lie between register_min_s and register_max_s.");
    }
    out.session_expires = sip.seconds("session_expires_s", out.session_expires, 0s, 86400s);
    out.min_se = sip.seconds("min_se_s", out.min_se, 1s, 86400s);
    if (out.session_expires != 0s && out.session_expires < out.min_se)
        sip.error("session_expires_s",
                  "session_expires_s is below min_se_s, which RFC 4028 forbids. Raise it, or give 0 for no session timer.");
}

void read_sip(Reader sip, sip::Config& out) {
    const auto port = sip.integer<std::uint16_t>("port", 5060, 0, 65535);
    out.listen.clear();
    for (const auto& ip : read_ips(sip, "listen", {IpAddress{}, *IpAddress::parse("::")})) out.listen.push_back({ip, port});
    out.advertised = read_advertised(sip);
    out.realm = sip.text("realm", out.realm);
    if (out.realm.empty() || out.realm.find_first_of("\"\\\r\n") != std::string::npos)
        sip.error("realm", "a realm is a short word without quotes and backslashes, such as \"hotline\".");
    out.sha256 = sip.flag("sha256", out.sha256);
    out.sha256_first = sip.flag("sha256_first", out.sha256_first);
    read_sip_limits(sip, out);
    read_sip_times(sip, out);
    sip.finish();
}

void read_media(Reader media, const sip::Config& sip, media::Config& out) {
    std::vector<IpAddress> of_sip;
    for (const auto& address : sip.listen) of_sip.push_back(address.ip);
    out.addresses = read_ips(media, "addresses", of_sip);
    out.advertised = read_advertised(media);
    if (!out.advertised) out.advertised = sip.advertised;
    out.port_min = media.integer<std::uint16_t>("port_min", out.port_min, 1024, 65534);
    out.port_max = media.integer<std::uint16_t>("port_max", out.port_max, 1025, 65535);
    if (out.port_max <= out.port_min) media.error("port_max", "port_max must be above port_min: every leg takes two ports.");
    out.threads = media.integer("threads", out.threads, 1, 64);
    out.realtime = media.flag("realtime", out.realtime);
    out.rtp_silence = media.seconds("rtp_silence_s", out.rtp_silence, 0s, 86400s);
    out.disk_reserve_bytes =
        kMegabyte * media.integer<std::uint64_t>("disk_reserve_mb", out.disk_reserve_bytes / kMegabyte, 0, 1u << 20);
    out.inband_dtmf = media.flag("inband_dtmf", out.inband_dtmf);
    media.finish();
}

void read_command(const Member& language, Problems& problems, media::PromptConfig& out) {
    const Value& list = language.value;
    if (list.type != Value::Type::Array || list.items.empty())
        return problems.error(
            list.at, "expected a list: the program and its arguments, such as [\"espeak-ng\", \"-w\", \"{out}\", \"{text}\"].");
    std::vector<std::string> command;
    bool has_out = false, has_text = false;
    for (const auto& item : list.items) {
        if (item.type != Value::Type::Text) return problems.error(item.at, wrong_type("text in quotes", item));
        has_out |= item.text.find("{out}") != std::string::npos;
        has_text |= item.text.find("{text}") != std::string::npos;
        command.push_back(item.text);
    }
    if (!has_out || !has_text)
        return problems.error(list.at,
                              "the command needs {text}, what to say, and {out}, the WAV file to write, among its arguments.");
    out.commands[language.key] = std::move(command);
}

void read_speech(Reader speech, media::PromptConfig& out) {
    if (const Value* commands = speech.value("commands", Value::Type::Object)) {
        for (const auto& language : commands->members) read_command(language, speech.problems(), out);
    }
    out.workers = speech.integer("workers", out.workers, 1, 32);
    out.max_cached_bytes = kMegabyte * speech.integer<std::size_t>("cache_mb", out.max_cached_bytes / kMegabyte, 1, 65536);
    out.max_waiting = speech.integer<std::size_t>("max_waiting", out.max_waiting, 1, 1000000);
    speech.finish();
}

void read_store(Reader store, store::Config& out, store::TablesConfig& tables) {
    out.connect_deadline = store.seconds("connect_deadline_s", out.connect_deadline, 100ms, 300s);
    out.statement_deadline = store.seconds("statement_deadline_s", out.statement_deadline, 100ms, 300s);
    out.batch = store.integer<std::size_t>("batch", out.batch, 1, 10000);
    out.lookup_connections = store.integer("lookup_connections", out.lookup_connections, 1, 32);
    tables.role = store.text("ivr_role", tables.role);
    tables.connections = store.integer("ivr_connections", tables.connections, 1, 32);
    tables.connect_deadline = out.connect_deadline;
    if (tables.role.empty() || tables.role.find_first_of(" '\\=") != std::string::npos)
        store.error("ivr_role", "\"" + tables.role + "\" is no role's name, such as hotline_ivr.");
    store.finish();
}

void read_journal(Reader journal, store::JournalConfig& out) {
    out.segment_bytes = kMegabyte * journal.integer<std::uint64_t>("segment_mb", out.segment_bytes / kMegabyte, 1, 1024);
    out.max_bytes = kMegabyte * journal.integer<std::uint64_t>("max_mb", out.max_bytes / kMegabyte, 2, 1u << 20);
    if (out.max_bytes < 2 * out.segment_bytes) journal.error("max_mb", "max_mb must hold two segments of segment_mb at least.");
    out.sync_every = journal.milliseconds("sync_ms", out.sync_every, 1ms, 100ms);
    journal.finish();
}

void read_http(Reader http, desk::Config& out) {
    out.listen.ip = read_ip(http, "address").value_or(*IpAddress::parse("127.0.0.1"));
    out.listen.port = http.integer<std::uint16_t>("port", 8080, 0, 65535);
    out.max_connections = http.integer<std::size_t>("max_connections", out.max_connections, 1, 100000);
    out.max_header_bytes = http.integer<std::size_t>("max_header_bytes", out.max_header_bytes, 1024, 1u << 20);
    out.idle = http.seconds("idle_s", out.idle, 100ms, 3600s);
    http.finish();
}

void read_log(Reader section, LogConfig& out) {
    using log::Format;
    using log::Level;
    out.level = section.choice<Level>(
        "level", out.level, {{"debug", Level::Debug}, {"info", Level::Info}, {"warn", Level::Warn}, {"error", Level::Error}});
    out.format = section.choice<Format>("format", out.format, {{"text", Format::Text}, {"json", Format::Json}});
    section.finish();
}

}  // namespace

void read_adapters(Reader& site, const std::string& dir, SiteConfig& config) {
    read_sip(site.section("sip"), config.sip);
    read_media(site.section("media"), config.sip, config.media);
    read_speech(site.section("speech"), config.prompts);
    config.prompts.prompts_dir = dir + "/prompts";
    read_store(site.section("store"), config.store, config.tables);
    read_journal(site.section("journal"), config.journal);
    read_http(site.section("http"), config.http);
    read_log(site.section("log"), config.log);
}

}  // namespace hotline::app
