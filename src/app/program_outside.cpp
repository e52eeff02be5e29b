// Nodes that ask the outside (lookup, http) or leave something for it (apply, sms), and what is counted.
#include "app/program_compiler.h"
#include "hotline/desk/web_caller.h"

namespace hotline::app {
namespace {

constexpr std::size_t kMaxFields = 50;

char key_of(Reader& reader, std::string_view name, char fallback) {
    std::vector<std::pair<std::string, char>> keys;
    for (const char key : std::string_view("0123456789*#")) keys.emplace_back(std::string(1, key), key);
    return reader.choice<char>(name, fallback, keys);
}

}  // namespace

/// {"zh": "…", "en": "…"} with values in it.
std::map<std::string, ivr::Sentence> ProgramCompiler::sentences(const Value* texts) {
    std::map<std::string, ivr::Sentence> out;
    if (!texts) return out;
    for (const auto& [language, at, written] : texts->members) {
        if (written.type != Value::Type::Text) continue;  // the book tells it
        auto parsed = ivr::Sentence::parse(written.text);
        if (const auto* slip = std::get_if<ivr::Slip>(&parsed)) {
            problems_.error(place_inside(written, slip->at), slip->text);
            continue;
        }
        auto& sentence = std::get<ivr::Sentence>(parsed);
        for (const auto& [queue, where] : sentence.queues()) check_queue(queue, place_inside(written, where));
        out.emplace(language, std::move(sentence));
    }
    return out;
}

std::optional<ivr::Expression> ProgramCompiler::optional_value(Reader& reader, std::string_view key) {
    const Value* text = reader.any(key);
    if (!text) return std::nullopt;
    return expression(*text, ivr::Expression::Wanted::Value);
}

/// Values by name, as set has them.
std::vector<ivr::Webhook::Field> ProgramCompiler::fields(Reader& reader, std::string_view key) {
    std::vector<ivr::Webhook::Field> out;
    const Value* object = reader.value(key, Value::Type::Object);
    for (std::size_t i = 0; object && i < object->members.size(); ++i) {
        if (i == kMaxFields) {
            reader.error(key, "has more than 50 members. Leave some out.");
            break;
        }
        auto value = value_of(object->members[i]);
        if (value) out.push_back({object->members[i].key, std::move(*value)});
    }
    return out;
}

// ── Tables ──

ivr::NodeBody ProgramCompiler::lookup(const std::string&, Reader& reader) {
    ivr::Lookup out{};
    const std::string name = reader.required_text("query");
    if (!name.empty()) out.query = words_.outside.queries.find(name, reader.place("query"));
    out.parameters = parameters(out.query.get(), reader);
    out.gives = reader.texts("gives", {});
    out.timeout = reader.seconds("timeout_s", out.timeout, 100ms, 30s);
    out.max_rows = reader.integer("max_rows", out.max_rows, 1, 100);
    out.cache = reader.seconds("cache_s", out.cache, 0s, 86400s);
    out.guard = guard(reader);
    out.list = list(reader);
    out.found = next(reader, "found");
    out.nothing = next(reader, "nothing");
    out.failed = next(reader, "failed");
    // Without its query nothing can be said of the node; the mistake is told already, and the program is not used.
    return out;
}

/// What stands for :name in the query: `with`, else the variable of that name.
std::vector<ivr::Lookup::Parameter> ProgramCompiler::parameters(const ivr::Query* query, Reader& node) {
    std::vector<ivr::Lookup::Parameter> out;
    const Value* with = node.value("with", Value::Type::Object);
    if (!query) return out;
    for (const auto& name : query->parameters) {
        const Value* written = with ? with->find(name) : nullptr;
        if (written) {
            if (written->type == Value::Type::Null)
                problems_.error(written->at, "an empty value is a variable that is never set. Leave this out, or write a text.");
            auto value = value_of({name, written->at, *written});
            out.push_back({name, value ? std::move(*value) : ivr::Expression::literal("")});
            continue;
        }
        auto parsed = ivr::Expression::parse(name, ivr::Expression::Wanted::Value);
        if (auto* value = std::get_if<ivr::Expression>(&parsed)) {
            out.push_back({name, std::move(*value)});
        } else {
            node.error("query", "its parameter :" + name + " can be no variable. Give it a value in with.");
        }
    }
    for (std::size_t i = 0; with && i < with->members.size(); ++i) {
        const auto& given = with->members[i];
        if (std::find(query->parameters.begin(), query->parameters.end(), given.key) == query->parameters.end())
            problems_.error(given.at, "queries/" + query->name + ".sql has no parameter :" + given.key + '.' +
                                          suggestion(given.key, query->parameters));
    }
    return out;
}

std::optional<ivr::Lookup::Guard> ProgramCompiler::guard(Reader& lookup) {
    if (!lookup.value("guard", Value::Type::Object)) return std::nullopt;
    Reader reader = lookup.section("guard");
    const std::string scope = reader.required_text("scope");
    if (scope == "caller") reader.error("scope", "the caller's number is guarded anyhow. Name what is claimed: \"member\".");
    auto key = optional_value(reader, "key");
    if (!key) reader.required("key", Value::Type::Text);
    ivr::Lookup::Guard out{scope, key ? std::move(*key) : ivr::Expression::literal(""), 3, 900s, 0};
    out.attempts = reader.integer("attempts", out.attempts, 1, 20);
    out.lock = reader.seconds("lock_s", out.lock, 1s, 86400s);
    out.locked = next(reader, "locked");
    reader.finish();
    return out;
}

std::optional<ivr::Lookup::List> ProgramCompiler::list(Reader& lookup) {
    if (!lookup.value("list", Value::Type::Object)) return std::nullopt;
    Reader reader = lookup.section("list");
    ivr::Lookup::List out{};
    const Value* text = reader.required("text", Value::Type::Object);
    out.text = sentences(text);
    if (text) words_.book.check_sentence(*text);
    out.page = reader.integer("page", out.page, 1, ivr::Lookup::List::kMostOnPage);
    out.more = prompts(reader, "more");
    out.end = prompts(reader, "end");
    out.cut = prompts(reader, "cut");
    out.next = key_of(reader, "next", out.next);
    out.repeat = key_of(reader, "repeat", out.repeat);
    out.back = key_of(reader, "back", out.back);
    out.timeout = reader.seconds("timeout_s", out.timeout, 500ms, 120s);
    out.chosen = optional_next(reader, "chosen");
    reader.finish();
    return out;
}

// ── Web addresses ──

ivr::NodeBody ProgramCompiler::http(const std::string&, Reader& reader) {
    ivr::Webhook out{};
    out.method = reader.choice<std::string>("method", out.method, {{"POST", "POST"}, {"GET", "GET"}});
    out.url = reader.required_text("url");
    if (!out.url.empty()) check_url(out.url, reader.place("url"));
    out.body = fields(reader, "body");
    if (const Value* gives = reader.value("gives", Value::Type::Object)) {
        for (const auto& [variable, at, pointer] : gives->members) {
            if (pointer.type != Value::Type::Text || !pointer.text.starts_with('/')) {
                problems_.error(pointer.at, "expected the place of a field in the answer, such as \"/order/step\".");
            } else {
                out.gives.push_back({variable, pointer.text});
            }
        }
    }
    out.timeout = reader.seconds("timeout_s", out.timeout, 100ms, 30s);
    out.next = next(reader, "goto");
    out.failed = next(reader, "failed");
    out.timed_out = next(reader, "timed_out");
    return out;
}

void ProgramCompiler::check_url(const std::string& url, const Place& at) {
    const auto address = desk::parse_web_address(url);
    if (!address) return problems_.error(at, "\"" + url + "\" is no web address. Write https://host/path; no user, no #.");
    const auto& hosts = words_.outside.web_hosts;
    if (std::find(hosts.begin(), hosts.end(), address->authority) == hosts.end())
        problems_.error(at, "menus may not ask \"" + address->authority + "\". Add it to webhooks.hosts in site.json." +
                                (hosts.empty() ? "" : suggestion(address->authority, hosts)));
}

// ── What is left behind ──

ivr::NodeBody ProgramCompiler::apply(const std::string&, Reader& reader) {
    ivr::Apply out{};
    out.what = reader.required_text("what");
    out.action = reader.text("action", out.action);
    out.id = optional_value(reader, "id");
    out.name = optional_value(reader, "name");
    out.details = fields(reader, "details");
    out.next = next(reader, "goto");
    return out;
}

ivr::NodeBody ProgramCompiler::sms(const std::string&, Reader& reader) {
    ivr::Sms out{};
    out.to = optional_value(reader, "to");
    out.text = sentences(reader.required("text", Value::Type::Object));
    for (const auto& [language, sentence] : out.text)
        if (const auto& known = words_.basics.languages; std::find(known.begin(), known.end(), language) == known.end())
            reader.error("text", "\"" + language + "\" is no language of this site." + suggestion(language, known));
    out.next = next(reader, "goto");
    out.failed = next(reader, "failed");
    return out;
}

std::optional<ivr::Counts> ProgramCompiler::counts(Reader& node) {
    if (!node.value("counts", Value::Type::Object)) return std::nullopt;
    Reader reader = node.section("counts");
    ivr::Counts out{};
    out.what = reader.required_text("what");
    out.id = optional_value(reader, "id");
    out.name = optional_value(reader, "name");
    reader.finish();
    return out;
}

}  // namespace hotline::app
