// The nodes of a program, one function a type. A node's own mistakes are told here with their place; what only the whole program
// shows is ivr::check's.
#include "app/program_compiler.h"

namespace hotline::app {
namespace {

constexpr const char* kKeys = "0123456789*#";
constexpr std::size_t kMaxLiteral = 200;  // bytes of a text that a variable is set to

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
    std::vector<std::string> out;
    for (const auto& [key, value] : map) out.push_back(key);
    return out;
}

}  // namespace

// ── What nodes are made of ──

std::vector<ivr::Prompt> ProgramCompiler::prompt_list(const Value& list) {
    std::vector<ivr::Prompt> out;
    if (list.type != Value::Type::Array) problems_.error(list.at, wrong_type("a list of prompts' names", list));
    for (const auto& item : list.items) {
        if (item.type == Value::Type::Text) {
            out.push_back(words_.book.find(item.text, item.at));
        } else {
            problems_.error(item.at, wrong_type("the name of a prompt", item));
        }
    }
    return out;
}

std::vector<ivr::Prompt> ProgramCompiler::prompts(Reader& reader, std::string_view key) {
    const Value* list = reader.any(key);
    return list ? prompt_list(*list) : std::vector<ivr::Prompt>{};
}

std::vector<ivr::Prompt> ProgramCompiler::required_prompts(Reader& reader, std::string_view key) {
    const Value* list = reader.required(key, Value::Type::Array);
    if (list && list->items.empty()) reader.error(key, "the list is empty. Name one prompt at least.");
    return list ? prompt_list(*list) : std::vector<ivr::Prompt>{};
}

/// Tapered prompts: a list of lists; a plain list is one for every time.
std::vector<std::vector<ivr::Prompt>> ProgramCompiler::tapered(Reader& reader, std::string_view key) {
    std::vector<std::vector<ivr::Prompt>> out;
    const Value* lists = reader.value(key, Value::Type::Array);
    if (!lists || lists->items.empty()) return out;
    if (lists->items.front().type != Value::Type::Array) {
        out.push_back(prompt_list(*lists));
        return out;
    }
    for (const auto& list : lists->items) out.push_back(prompt_list(list));
    return out;
}

void ProgramCompiler::check_queue(const std::string& name, const Place& at) {
    if (std::find(words_.queues.begin(), words_.queues.end(), name) == words_.queues.end())
        problems_.error(at, "there is no queue \"" + name + "\" in queues.json." + suggestion(name, words_.queues));
}

ivr::Expression ProgramCompiler::expression(const Value& text, ivr::Expression::Wanted wanted) {
    if (text.type != Value::Type::Text) {
        problems_.error(text.at, wrong_type("text in quotes, such as \"level >= 3\"", text));
        return ivr::Expression::literal("");
    }
    auto parsed = ivr::Expression::parse(text.text, wanted);
    if (const auto* slip = std::get_if<ivr::Slip>(&parsed)) {
        problems_.error(place_inside(text, slip->at), slip->text);
        return ivr::Expression::literal("");
    }
    auto& out = std::get<ivr::Expression>(parsed);
    for (const auto& [queue, at] : out.queues()) check_queue(queue, place_inside(text, at));
    return std::move(out);
}

ivr::Node ProgramCompiler::node(const Member& written) {
    Reader reader(&written.value, written.at, problems_);
    auto body = body_of_type(written.key, reader);
    auto counted = counts(reader);
    reader.finish();
    return {written.key, std::move(body), std::move(counted)};
}

ivr::NodeBody ProgramCompiler::body_of_type(const std::string& name, Reader& reader) {
    using Build = ivr::NodeBody (ProgramCompiler::*)(const std::string&, Reader&);
    static const std::vector<std::pair<std::string, Build>> kTypes{
        {"play", &ProgramCompiler::play},        {"say", &ProgramCompiler::say},
        {"menu", &ProgramCompiler::menu},        {"collect", &ProgramCompiler::collect},
        {"hours", &ProgramCompiler::hours},      {"queue", &ProgramCompiler::queue},
        {"goto", &ProgramCompiler::jump},        {"set", &ProgramCompiler::set},
        {"branch", &ProgramCompiler::branch},    {"language", &ProgramCompiler::switch_language},
        {"call", &ProgramCompiler::call},        {"return", &ProgramCompiler::back_to_caller},
        {"hangup", &ProgramCompiler::hangup},    {"record", &ProgramCompiler::record},
        {"survey", &ProgramCompiler::survey},    {"lookup", &ProgramCompiler::lookup},
        {"http", &ProgramCompiler::http},        {"apply", &ProgramCompiler::apply},
        {"sms", &ProgramCompiler::sms},          {"transfer", &ProgramCompiler::transfer},
        {"callback", &ProgramCompiler::callback}};
    reader.required("type", Value::Type::Text);
    const Build build = reader.choice<Build>("type", nullptr, kTypes);
    if (build) return (this->*build)(name, reader);
    reader.ignore_rest();  // of an unknown type nobody can say which keys it has
    return ivr::Hangup{};
}

// ── Sound ──

ivr::NodeBody ProgramCompiler::play(const std::string&, Reader& reader) {
    return ivr::Play{required_prompts(reader, "prompts"), reader.flag("barge_in", true), next(reader, "goto")};
}

/// A sentence without values is a prompt that can be made before it is needed.
ivr::NodeBody ProgramCompiler::say(const std::string&, Reader& reader) {
    ivr::Say out{};
    bool has_values = false;
    const Value* text = reader.required("text", Value::Type::Object);
    Value plain = text ? *text : Value{};
    for (auto& [language, at, written] : plain.members) {
        if (written.type != Value::Type::Text) continue;
        auto parsed = ivr::Sentence::parse(written.text);
        if (const auto* slip = std::get_if<ivr::Slip>(&parsed)) {
            problems_.error(place_inside(written, slip->at), slip->text);
            continue;
        }
        auto& sentence = std::get<ivr::Sentence>(parsed);
        for (const auto& [queue, where] : sentence.queues()) check_queue(queue, place_inside(written, where));
        has_values |= sentence.has_values();
        if (!sentence.has_values()) written.text = sentence.words();
        out.text.emplace(language, std::move(sentence));
    }
    out.barge_in = reader.flag("barge_in", true);
    out.next = next(reader, "goto");
    out.failed = optional_next(reader, "failed");
    if (has_values) {
        words_.book.check_sentence(*text);
        return out;
    }
    if (out.failed) reader.warn("failed", "a sentence without values can always be said: this exit is never taken. Leave it out.");
    std::vector<ivr::Prompt> said;
    if (text) said.push_back(words_.book.sentence(plain));
    return ivr::Play{std::move(said), out.barge_in, out.next};
}

ivr::NodeBody ProgramCompiler::switch_language(const std::string&, Reader& reader) {
    ivr::SwitchLanguage out{};
    if (reader.text("language", "next") != "next") out.language = language(reader, "next");
    if (out.language.empty() && words_.basics.languages.size() < 2)
        reader.error("language", "this site speaks one language only. Add the other to languages in site.json.");
    out.next = next(reader, "goto");
    return out;
}

// ── Keys ──

ivr::NodeBody ProgramCompiler::menu(const std::string& name, Reader& reader) {
    ivr::Menu out{};
    out.name = name;
    out.greeting = required_prompts(reader, "greeting");
    out.short_greeting = prompts(reader, "short_greeting");
    out.choices = choices(reader);
    out.timeout = reader.seconds("timeout_s", out.timeout, 500ms, 120s);
    out.on_invalid = tapered(reader, "invalid");
    out.on_no_input = tapered(reader, "no_input");
    out.max_invalid = reader.integer("max_invalid", out.max_invalid, 0, 20);
    out.max_no_input = reader.integer("max_no_input", out.max_no_input, 0, 20);
    out.invalid_exit = next(reader, "on_invalid");
    out.no_input_exit = next(reader, "on_no_input");
    return out;
}

std::vector<ivr::Menu::Choice> ProgramCompiler::choices(Reader& menu) {
    std::vector<ivr::Menu::Choice> out;
    const Value* keys = menu.required("keys", Value::Type::Object);
    if (!keys) return out;
    if (keys->members.empty()) problems_.error(keys->at, "the menu has no key. Without one it is a \"play\".");
    for (const auto& entry : keys->members) {
        check_key(entry, kKeys);
        Reader choice(&entry.value, entry.at, problems_);
        const std::string what = choice.required_text("what");
        out.push_back({entry.key.empty() ? '?' : entry.key[0], what, next(choice, "goto")});
        choice.finish();
    }
    return out;
}

ivr::NodeBody ProgramCompiler::collect(const std::string&, Reader& reader) {
    ivr::Collect out{};
    out.variable = reader.required_text("variable");
    out.prompt = required_prompts(reader, "prompt");
    out.min_digits = reader.integer("min", out.min_digits, 0, 64);
    out.max_digits = reader.integer("max", out.max_digits, 1, 64);
    if (out.min_digits > out.max_digits) reader.error("min", "min is above max: no entry could ever be complete. Make it smaller.");
    out.terminator = reader.choice<char>("terminator", out.terminator, {{"#", '#'}, {"*", '*'}, {"", '\0'}});
    out.first_timeout = reader.seconds("first_timeout_s", out.first_timeout, 500ms, 120s);
    out.digit_timeout = reader.seconds("digit_timeout_s", out.digit_timeout, 500ms, 60s);
    out.pattern = pattern(reader);
    out.values = values(reader);
    out.confirm = confirm(reader);
    out.masked = reader.flag("masked", out.masked);
    out.max_attempts = reader.integer("attempts", out.max_attempts, 1, 20);
    out.on_invalid = tapered(reader, "invalid");
    out.on_no_input = tapered(reader, "no_input");
    out.next = next(reader, "goto");
    out.failed = next(reader, "failed");
    out.person = optional_next(reader, "person");
    return out;
}

std::optional<ivr::DigitPattern> ProgramCompiler::pattern(Reader& reader) {
    const Value* text = reader.value("pattern", Value::Type::Text);
    if (!text) return std::nullopt;
    auto parsed = ivr::DigitPattern::parse(text->text);
    if (auto* good = std::get_if<ivr::DigitPattern>(&parsed)) return std::move(*good);
    const auto& slip = std::get<ivr::Slip>(parsed);
    problems_.error(place_inside(*text, slip.at), slip.text);
    return std::nullopt;
}

std::vector<std::string> ProgramCompiler::values(Reader& reader) {
    auto out = reader.texts("values", {});
    const Value* list = reader.value("values", Value::Type::Array);
    for (std::size_t i = 0; list && i < list->items.size(); ++i) {
        const Value& item = list->items[i];
        if (item.type == Value::Type::Text && (item.text.empty() || item.text.find_first_not_of("0123456789") != std::string::npos))
            problems_.error(item.at, "\"" + item.text + "\" cannot be entered by key. Write digits.");
    }
    return out;
}

std::optional<ivr::Collect::Confirm> ProgramCompiler::confirm(Reader& collect) {
    if (!collect.value("confirm", Value::Type::Object)) return std::nullopt;
    words_.book.needs_synthesis();  // nobody can record every number
    ivr::Collect::Confirm out;
    Reader reader = collect.section("confirm");
    std::vector<std::pair<std::string, char>> keys;
    for (const char key : std::string_view(kKeys)) keys.emplace_back(std::string(1, key), key);
    out.before = prompts(reader, "before");
    out.after = required_prompts(reader, "after");
    out.right = reader.choice<char>("right", out.right, keys);
    out.again = reader.choice<char>("again", out.again, keys);
    reader.finish();
    return out;
}

// ── Ways ──

ivr::NodeBody ProgramCompiler::hours(const std::string&, Reader& reader) {
    ivr::Hours out{};
    const std::string name = reader.required_text("calendar");
    if (const auto it = words_.calendars.find(name); it != words_.calendars.end()) {
        out.calendar = it->second;
    } else if (!name.empty()) {
        reader.error("calendar",
                     "there is no calendar \"" + name + "\" in hours.json." + suggestion(name, keys_of(words_.calendars)));
    }
    out.open = next(reader, "open");
    out.closed = next(reader, "closed");
    return out;
}

ivr::NodeBody ProgramCompiler::branch(const std::string&, Reader& reader) {
    ivr::Branch out{};
    const Value* cases = reader.required("when", Value::Type::Array);
    if (cases && cases->items.empty()) problems_.error(cases->at, "there is no condition. Without one it is a \"goto\".");
    for (std::size_t i = 0; cases && i < cases->items.size(); ++i) {
        const Value& entry = cases->items[i];
        Reader one(&entry, entry.at, problems_);
        const Value* condition = one.required("if", Value::Type::Text);
        auto parsed = condition ? expression(*condition, ivr::Expression::Wanted::Condition) : ivr::Expression::literal("");
        out.cases.push_back({std::move(parsed), next(one, "goto")});
        one.finish();
    }
    out.otherwise = next(reader, "else");
    return out;
}

ivr::NodeBody ProgramCompiler::jump(const std::string&, Reader& reader) { return ivr::Goto{next(reader, "goto")}; }

ivr::NodeBody ProgramCompiler::call(const std::string&, Reader& reader) {
    ivr::CallFlow out{};
    const std::string name = reader.required_text("flow");
    if (!name.empty()) out.flow = words_.flow(name, reader.place("flow"));
    out.next = next(reader, "goto");
    return out;
}

ivr::NodeBody ProgramCompiler::back_to_caller(const std::string&, Reader&) { return ivr::Return{}; }

// ── Variables ──

ivr::NodeBody ProgramCompiler::set(const std::string&, Reader& reader) {
    ivr::Set out{};
    const Value* values = reader.required("values", Value::Type::Object);
    if (values && values->members.empty()) problems_.error(values->at, "nothing is set. Write {\"variable\": \"value\"}.");
    for (std::size_t i = 0; values && i < values->members.size(); ++i)
        out.assignments.push_back({values->members[i].key, value_of(values->members[i])});
    out.next = next(reader, "goto");
    return out;
}

/// "text", 3, null (unset), {"of": "tries + 1"}.
std::optional<ivr::Expression> ProgramCompiler::value_of(const Member& assignment) {
    const Value& value = assignment.value;
    switch (value.type) {
        case Value::Type::Null: return std::nullopt;
        case Value::Type::Integer: return ivr::Expression::literal(std::to_string(value.integer));
        case Value::Type::Text:
            if (value.text.size() > kMaxLiteral)
                problems_.error(value.at, "the text is longer than 200 bytes. What is said belongs into a prompt.");
            return ivr::Expression::literal(value.text);
        case Value::Type::Object: {
            Reader reader(&value, assignment.at, problems_);
            const Value* of = reader.required("of", Value::Type::Text);
            reader.finish();
            return of ? expression(*of, ivr::Expression::Wanted::Value) : ivr::Expression::literal("");
        }
        case Value::Type::Bool:
        case Value::Type::Number:
        case Value::Type::Array: break;
    }
    problems_.error(value.at, wrong_type("text, a whole number, null, or {\"of\": \"an expression\"}", value));
    return std::nullopt;
}

// ── Ends ──

/// What puts him before others, and what his agent must know: {"priority": 5, "skills": {"english": 3, "visa": "visa_level"}}.
template <class Node>
void ProgramCompiler::read_claims(Reader& reader, Node& out) {
    if (const Value* priority = reader.any("priority"); priority && priority->type == Value::Type::Text) {
        out.priority_from = expression(*priority, ivr::Expression::Wanted::Value);
    } else {
        out.priority = reader.integer("priority", 0, -999, 999);
    }
    std::vector<const Member*> by_expression;
    for (const auto& [skill, level] : read_levels(reader, "skills", 9, &by_expression)) out.skills.push_back({skill, level});
    for (const Member* wish : by_expression)
        out.skills_from.push_back({wish->key, expression(wish->value, ivr::Expression::Wanted::Value)});
}

ivr::NodeBody ProgramCompiler::queue(const std::string&, Reader& reader) {
    ivr::JoinQueue out{};
    out.queue = reader.required_text("queue");
    if (!out.queue.empty()) check_queue(out.queue, reader.place("queue"));
    out.announcement = prompts(reader, "announce");
    read_claims(reader, out);
    out.full = next(reader, "full");
    out.timed_out = next(reader, "timed_out");
    out.unavailable = next(reader, "unavailable");
    out.overflow = optional_next(reader, "overflow");
    out.callback = optional_next(reader, "callback");
    if (const Value* written = reader.value("keys", Value::Type::Object)) {
        Reader keys(written, written->at, problems_);
        for (const auto& entry : written->members) {
            check_key(entry, kKeys);
            out.keys.push_back({entry.key.empty() ? '?' : entry.key[0], next(keys, entry.key)});
        }
    }
    if (const Value* agent = reader.any("agent")) out.agent = expression(*agent, ivr::Expression::Wanted::Value);
    return out;
}

ivr::NodeBody ProgramCompiler::callback(const std::string&, Reader& reader) {
    ivr::Callback out{};
    out.queue = reader.required_text("queue");
    if (!out.queue.empty()) check_queue(out.queue, reader.place("queue"));
    out.number = optional_value(reader, "number");
    read_claims(reader, out);
    out.taken = next(reader, "taken");
    out.already = next(reader, "already");
    out.refused = next(reader, "refused");
    out.closed = next(reader, "closed");
    out.failed = next(reader, "failed");
    return out;
}

ivr::NodeBody ProgramCompiler::hangup(const std::string&, Reader& reader) { return ivr::Hangup{prompts(reader, "farewell")}; }

}  // namespace hotline::app
