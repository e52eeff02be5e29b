// trunks.json and the rules of calls that go out: site.json's section "outbound".
#include "app/site_parts.h"

namespace hotline::app {
namespace {

constexpr std::size_t kLongestName = 253;  // of a host (RFC 1035 §2.3.4)
constexpr std::size_t kLongestShown = 32;  // of a number that is shown

struct Source {
    std::string trunk;
    Network network;
    Place at;
};

bool overlap(const Network& a, const Network& b) { return a.base.v6 == b.base.v6 && (a.contains(b.base) || b.contains(a.base)); }

/// Reads one network and holds it against those before it.
void read_source(const std::string& trunk, const Value& item, std::vector<Source>& all, Problems& problems) {
    const auto network = item.type == Value::Type::Text ? Network::parse(item.text) : std::nullopt;
    if (!network)
        return problems.error(item.at,
                              "expected a network in quotes, such as \"192.0.2.0/24\" or \"2001:db8::1\". Names are not resolved.");
    if (network->prefix == 0)
        problems.warn(item.at, "this is every address there is: strangers could place calls. Name the provider's networks.");
    for (const auto& other : all) {
        if (!overlap(*network, other.network)) continue;
        const std::string where = other.trunk == trunk ? "in this list" : "in trunk \"" + other.trunk + "\"";
        problems.error(item.at, "\"" + item.text + "\" overlaps with line " + std::to_string(other.at.line) + " " + where +
                                    ": whose call would it be? Make the networks disjoint.");
        break;
    }
    all.push_back({trunk, *network, item.at});
}

/// A name as DNS has it, or an address that one can send to.
bool is_host(const std::string& host) {
    if (const auto ip = IpAddress::parse(host)) return !ip->is_any() && !ip->is_multicast();
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
    return !host.empty() && host.size() <= kLongestName && !numeric && host.find_first_not_of(kAllowed) == std::string::npos;
}

/// "host", "host:5060", "[2001:db8::1]:5060". False: none of these.
bool read_host(std::string_view text, sip::Trunk& out) {
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return false;
        out.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (!IpAddress::parse(out.host)) return false;
        if (text.empty()) return true;
        if (text.front() != ':') return false;
        port = text.substr(1);
    } else {
        const auto colon = text.find(':');
        out.host = text.substr(0, colon);
        if (colon == std::string_view::npos) return is_host(out.host);
        port = text.substr(colon + 1);
    }
    unsigned number = 0;
    for (const char c : port) {
        if (c < '0' || c > '9' || number > 65535) return false;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    out.port = static_cast<std::uint16_t>(number);
    return !port.empty() && number >= 1 && number <= 65535 && is_host(out.host);
}

/// What goes into a header between quotes or as a URI's part.
bool is_plain(const std::string& text) {
    return text.size() <= kLongestName &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

std::vector<call::Codec> read_codecs(Reader& trunk) {
    const std::vector<std::pair<std::string, call::Codec>> known{{"pcma", call::Codec::Pcma}, {"pcmu", call::Codec::Pcmu}};
    std::vector<call::Codec> out;
    const Value* list = trunk.value("codecs", Value::Type::Array);
    if (!list) return out;
    if (list->items.empty()) trunk.error("codecs", "the list is empty: no call could have sound. Name a codec, or leave it out.");
    for (const auto& item : list->items) {
        if (item.type != Value::Type::Text) {
            trunk.problems().error(item.at, wrong_type("the name of a codec", item));
            continue;
        }
        const auto it = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.first == item.text; });
        if (it == known.end()) {
            trunk.problems().error(item.at, "there is no codec \"" + item.text + "\"." + suggestion(item.text, {"pcma", "pcmu"}));
        } else if (std::find(out.begin(), out.end(), it->second) != out.end()) {
            trunk.problems().error(item.at, "\"" + item.text + "\" stands here twice. Remove one.");
        } else {
            out.push_back(it->second);
        }
    }
    return out;
}

void read_account(Reader& trunk, sip::Trunk& out) {
    out.user = trunk.text("user", "");
    out.password = trunk.text("password", "");
    out.domain = trunk.text("domain", "");
    out.registers = trunk.flag("register", false);
    out.register_expires = trunk.seconds("register_expires_s", out.register_expires, 60s, 86400s);
    if (!is_plain(out.user)) trunk.error("user", "a user is one word of ASCII without quotes and backslashes.");
    if (!out.domain.empty() && !is_host(out.domain))
        trunk.error("domain",
                    "\"" + out.domain + "\" is no domain. Write a host name such as \"sip.example.com\", or leave it out.");
    if (out.user.empty() != out.password.empty())
        trunk.error(out.user.empty() ? "password" : "user", "user and password belong together. Give both, or neither.");
    if (out.registers && out.user.empty()) trunk.error("register", "registering needs user and password. Add them.");
}

void read_far_end(Reader& trunk, sip::Trunk& out) {
    if (const Value* address = trunk.value("address", Value::Type::Text); address && !read_host(address->text, out)) {
        trunk.error("address", "\"" + address->text +
                                   "\" is no address. Write host:port, such as \"192.0.2.1:5060\", \"[2001:db8::1]:5060\" or "
                                   "\"sip.example.com\" (port 5060).");
        out.host.clear();
    }
    out.transport = trunk.choice<std::string>("transport", out.transport, {{"udp", "udp"}, {"tcp", "tcp"}});
    read_account(trunk, out);
    out.options_every = trunk.seconds("options_every_s", out.options_every, 0s, 3600s);
    out.options_misses = trunk.integer("options_misses", out.options_misses, 1, 100);
    for (const char* key : {"register", "user", "transport", "domain"}) {
        if (trunk.has(key) && !trunk.has("address"))
            return trunk.error(key, "this is for calls that we place, and the trunk has no address. Add \"address\".");
    }
}

call::TrunkRules read_rules(Reader& trunk, const sip::Trunk& far_end) {
    using Form = call::TrunkRules::NumberForm;
    call::TrunkRules out;
    out.codecs = read_codecs(trunk);
    out.caller_id = read_caller_id(trunk);
    out.max_calls = trunk.integer<std::size_t>("max_calls", 0, 0, 100000);
    out.number_form = trunk.choice<Form>("number_form", Form::National, {{"national", Form::National}, {"e164", Form::E164}});
    out.outgoing = trunk.flag("outgoing", !far_end.host.empty());
    if (out.outgoing && !trunk.has("address"))
        trunk.error("outgoing", "no call can go out: the trunk has no address. Add \"address\".");
    if (out.outgoing && out.caller_id.empty() && far_end.user.empty() && trunk.has("address"))
        trunk.warn("address", "calls go out without a number that is shown. Add \"caller_id\".");
    return out;
}

/// Names are left to the look-up; an address of ours that another trunk also has would make its calls ambiguous.
void check_addresses(const std::vector<sip::Trunk>& trunks, const Value& file, Problems& problems) {
    for (std::size_t i = 0; i < trunks.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const bool same = !trunks[i].host.empty() && trunks[i].host == trunks[j].host && trunks[i].port == trunks[j].port &&
                              trunks[i].user == trunks[j].user;
            if (same)
                problems.error(file.members[i].at, "trunk \"" + trunks[i].name + "\" has address and user of trunk \"" +
                                                       trunks[j].name + "\". Remove one, or give each its own user.");
        }
    }
}

}  // namespace

std::vector<std::string> read_prefixes(Reader& reader, const char* key) {
    std::vector<std::string> out;
    const Value* list = reader.value(key, Value::Type::Array);
    if (!list) return out;
    for (const auto& item : list->items) {
        if (item.type == Value::Type::Text && call::is_number_prefix(item.text)) {
            out.push_back(item.text);
            continue;
        }
        reader.problems().error(item.at,
                                "expected the beginning of a number in quotes: as it is dialled inside China (\"1\", \"0571\", "
                                "\"400\"), or with + or 00 for other countries (\"+852\").");
    }
    return out;
}

namespace {

class RouteReader {
  public:
    RouteReader(const Calendars& calendars, const call::Site& site) : calendars_(calendars), site_(site) {}

    call::Route read(Reader route) const {
        call::Route out;
        out.prefixes = read_prefixes(route, "prefixes");
        out.hours = read_hours(route);
        const Value* trunks = route.required("trunks", Value::Type::Array);
        if (trunks && trunks->items.empty())
            route.error("trunks", "the list is empty: no call could take this route. Name a trunk.");
        if (trunks)
            for (const auto& item : trunks->items) read_trunk(route.problems(), item, out.trunks);
        route.finish();
        return out;
    }

  private:
    std::shared_ptr<const ivr::Calendar> read_hours(Reader& route) const {
        const Value* name = route.value("hours", Value::Type::Text);
        if (!name) return nullptr;
        if (const auto it = calendars_.find(name->text); it != calendars_.end()) return it->second;
        std::vector<std::string> names;
        for (const auto& [known, calendar] : calendars_) names.push_back(known);
        route.error("hours", "there is no calendar \"" + name->text + "\" in hours.json." + suggestion(name->text, names));
        return nullptr;
    }

    void read_trunk(Problems& problems, const Value& item, std::vector<std::string>& out) const {
        if (item.type != Value::Type::Text) return problems.error(item.at, wrong_type("the name of a trunk", item));
        const auto it = site_.trunks.find(item.text);
        if (it == site_.trunks.end()) {
            std::vector<std::string> names;
            for (const auto& [name, rules] : site_.trunks) names.push_back(name);
            return problems.error(item.at, "there is no trunk \"" + item.text + "\"." + suggestion(item.text, names));
        }
        if (!it->second.outgoing)
            return problems.error(item.at, "no call goes out through trunk \"" + item.text +
                                               "\". Give it an address in trunks.json, and leave \"outgoing\" at true.");
        if (std::find(out.begin(), out.end(), item.text) != out.end())
            return problems.error(item.at, "trunk \"" + item.text + "\" stands here twice. Remove one.");
        out.push_back(item.text);
    }

    const Calendars& calendars_;
    const call::Site& site_;
};

/// Without routes of its own a site tries every trunk that calls may go out through, in the order of the file.
call::Route every_trunk(const std::vector<sip::Trunk>& trunks, const call::Site& site) {
    call::Route out;
    for (const auto& trunk : trunks)
        if (site.trunks.at(trunk.name).outgoing) out.trunks.push_back(trunk.name);
    return out;
}

}  // namespace

std::string read_caller_id(Reader& reader) {
    auto shown = reader.text("caller_id", "");
    if (shown.size() > kLongestShown || shown.find_first_not_of("0123456789+") != std::string::npos)
        reader.error("caller_id", "\"" + shown + "\" is no number that can be shown. Use digits and +, at most 32.");
    return shown;
}

std::vector<sip::Trunk> read_trunks(const Value& file, call::Site& site, Problems& problems) {
    Reader all(&file, file.at, problems);
    std::vector<sip::Trunk> out;
    std::vector<Source> sources;
    for (const auto& entry : file.members) {
        check_name(entry, problems);
        auto reader = all.section(entry.key);
        sip::Trunk trunk;
        trunk.name = entry.key;
        const auto first = sources.size();
        const bool incoming_only = !reader.has("address");
        const Value* list =
            incoming_only ? reader.required("sources", Value::Type::Array) : reader.value("sources", Value::Type::Array);
        if (list) {
            for (const auto& item : list->items) read_source(entry.key, item, sources, problems);
            if (list->items.empty() && incoming_only)
                reader.warn("sources", "the list is empty: nobody can call through this trunk.");
        }
        for (auto i = first; i < sources.size(); ++i) trunk.sources.push_back(sources[i].network);
        read_far_end(reader, trunk);
        site.trunks[entry.key] = read_rules(reader, trunk);
        out.push_back(std::move(trunk));
        reader.finish();
    }
    check_addresses(out, file, problems);
    return out;
}

void read_outbound(Reader outbound, const std::vector<sip::Trunk>& trunks, const Calendars& calendars, call::Site& site) {
    auto& rules = site.outbound;
    rules.area_code = outbound.text("area_code", "");
    if (!rules.area_code.empty() && !call::is_area_code(rules.area_code))
        outbound.error("area_code",
                       "\"" + rules.area_code + "\" is no area code. Write it with its 0, such as \"0571\" or \"010\".");
    rules.allowed = read_prefixes(outbound, "allowed");
    rules.max_calls_per_agent = outbound.integer<std::size_t>("max_calls_per_agent", rules.max_calls_per_agent, 1, 100);
    rules.max_calls_per_hour = outbound.integer<std::size_t>("max_calls_per_hour", rules.max_calls_per_hour, 1, 10000);
    rules.silence = outbound.seconds("silence_s", rules.silence, 1s, 60s);
    rules.ring = outbound.seconds("ring_s", rules.ring, 5s, 300s);
    auto transfers = outbound.section("transfers");
    rules.transfers.allowed = read_prefixes(transfers, "allowed");
    rules.transfers.max_calls = transfers.integer<std::size_t>("max_calls", rules.transfers.max_calls, 1, 10000);
    rules.transfers.max_calls_per_hour =
        transfers.integer<std::size_t>("max_calls_per_hour", rules.transfers.max_calls_per_hour, 1, 10000);
    transfers.finish();
    if (const Value* list = outbound.value("routes", Value::Type::Array)) {
        const RouteReader reader(calendars, site);
        for (const auto& item : list->items) rules.routes.push_back(reader.read(Reader(&item, item.at, outbound.problems())));
    } else {
        rules.routes = {every_trunk(trunks, site)};
    }
    if (!rules.allowed.empty() && rules.routes.size() == 1 && rules.routes.front().trunks.empty() && !outbound.has("routes"))
        outbound.warn("allowed", "agents may call out, but no trunk has an address. Add one in trunks.json.");
    outbound.finish();
}

}  // namespace hotline::app
