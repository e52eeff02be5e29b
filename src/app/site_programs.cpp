// ivr/*.json: nodes by name become nodes by index. docs/ivr.md describes the form.
#include "app/site_parts.h"

namespace hotline::app {
namespace {

using ivr::NodeIndex;

/// What a program may name.
struct Vocabulary {
    const Basics& basics;
    const PromptBook& book;
    const Calendars& calendars;
    const std::vector<std::string>& queues;
};

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
    std::vector<std::string> out;
    for (const auto& [key, value] : map) out.push_back(key);
    return out;
}

class ProgramCompiler {
  public:
    ProgramCompiler(const Member& file, const Vocabulary& words, Problems& problems)
        : file_(file), words_(words), problems_(problems) {
        program_.name = file.key;
    }

    /// Null when the program has errors.
    std::shared_ptr<const ivr::Program> compile() {
        const auto errors_before = problems_.errors();
        Reader reader(&file_.value, file_.at, problems_);
        const Value* nodes = reader.required("nodes", Value::Type::Object);
        if (nodes) nodes_ = &nodes->members;
        if (nodes && nodes->members.empty())
            problems_.error(nodes->at, "the program has no node. A caller must hear something: begin with a \"play\".");
        program_.language = language(reader);
        program_.start = next(reader, "start");
        reader.finish();
        if (nodes_) {
            for (const auto& node : *nodes_) program_.nodes.push_back({node.key, body(node)});
        }
        if (problems_.errors() == errors_before) check_flow();
        if (problems_.errors() != errors_before) return nullptr;
        return std::make_shared<const ivr::Program>(std::move(program_));
    }

  private:
    void check_flow() {
        for (const auto& flaw : ivr::check(program_)) {
            const auto& place = place_of(flaw.node);
            if (flaw.fatal) {
                problems_.error(place, flaw.text);
            } else {
                problems_.warn(place, flaw.text);
            }
        }
    }
    const Place& place_of(const std::string& node) const {
        const auto it = std::find_if(nodes_->begin(), nodes_->end(), [&](const Member& m) { return m.key == node; });
        return it == nodes_->end() ? file_.at : it->at;
    }

    std::string language(Reader& reader) {
        const auto& known = words_.basics.languages;
        const std::string wanted = reader.text("language", words_.basics.language);
        if (std::find(known.begin(), known.end(), wanted) == known.end())
            reader.error("language", "\"" + wanted + "\" is no language of this site." + suggestion(wanted, known));
        return wanted;
    }

    /// The node that a field names.
    NodeIndex next(Reader& reader, std::string_view key) {
        const std::string name = reader.required_text(key);
        if (name.empty() || !nodes_) return 0;
        const auto it = std::find_if(nodes_->begin(), nodes_->end(), [&](const Member& m) { return m.key == name; });
        if (it != nodes_->end()) return static_cast<NodeIndex>(it - nodes_->begin());
        std::vector<std::string> names;
        for (const auto& node : *nodes_) names.push_back(node.key);
        reader.error(key, "there is no node \"" + name + "\" in this program." + suggestion(name, names));
        return 0;
    }

    std::vector<ivr::Prompt> prompt_list(const Value& list) {
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
    std::vector<ivr::Prompt> prompts(Reader& reader, std::string_view key) {
        const Value* list = reader.any(key);
        return list ? prompt_list(*list) : std::vector<ivr::Prompt>{};
    }
    std::vector<ivr::Prompt> required_prompts(Reader& reader, std::string_view key) {
        const Value* list = reader.required(key, Value::Type::Array);
        if (list && list->items.empty()) reader.error(key, "the list is empty. Name one prompt at least.");
        return list ? prompt_list(*list) : std::vector<ivr::Prompt>{};
    }
    /// Tapered prompts: a list of lists.
    std::vector<std::vector<ivr::Prompt>> tapered(Reader& reader, std::string_view key) {
        std::vector<std::vector<ivr::Prompt>> out;
        const Value* lists = reader.value(key, Value::Type::Array);
        if (!lists) return out;
        for (const auto& list : lists->items) out.push_back(prompt_list(list));
        return out;
    }

    ivr::NodeBody body(const Member& node) {
        Reader reader(&node.value, node.at, problems_);
        auto out = body_of_type(node.key, reader);
        reader.finish();
        return out;
    }

    ivr::NodeBody body_of_type(const std::string& name, Reader& reader) {
        using Build = ivr::NodeBody (ProgramCompiler::*)(const std::string&, Reader&);
        static const std::vector<std::pair<std::string, Build>> kTypes{
            {"play", &ProgramCompiler::play},       {"say", &ProgramCompiler::say},      {"menu", &ProgramCompiler::menu},
            {"collect", &ProgramCompiler::collect}, {"hours", &ProgramCompiler::hours},  {"queue", &ProgramCompiler::queue},
            {"goto", &ProgramCompiler::jump},       {"hangup", &ProgramCompiler::hangup}};
        reader.required("type", Value::Type::Text);
        const Build build = reader.choice<Build>("type", nullptr, kTypes);
        if (build) return (this->*build)(name, reader);
        reader.ignore_rest();  // of an unknown type nobody can say which keys it has
        return ivr::Hangup{};
    }

    ivr::NodeBody play(const std::string&, Reader& reader) {
        return ivr::Play{required_prompts(reader, "prompts"), reader.flag("barge_in", true), next(reader, "goto")};
    }

    ivr::NodeBody say(const std::string&, Reader& reader) {
        const Value* text = reader.required("text", Value::Type::Object);
        std::vector<ivr::Prompt> said;
        if (text) said.push_back(words_.book.sentence(*text));
        return ivr::Play{std::move(said), reader.flag("barge_in", true), next(reader, "goto")};
    }

    ivr::NodeBody menu(const std::string& name, Reader& reader) {
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

    std::vector<ivr::Menu::Choice> choices(Reader& menu) {
        std::vector<ivr::Menu::Choice> out;
        const Value* keys = menu.required("keys", Value::Type::Object);
        if (!keys) return out;
        if (keys->members.empty()) problems_.error(keys->at, "the menu has no key. Without one it is a \"play\".");
        for (const auto& entry : keys->members) {
            if (entry.key.size() != 1 || std::string_view("0123456789*#").find(entry.key[0]) == std::string_view::npos)
                problems_.error(entry.at, "\"" + entry.key + "\" is no key of a phone. Keys are 0 to 9, * and #.");
            Reader choice(&entry.value, entry.at, problems_);
            const std::string what = choice.required_text("what");
            out.push_back({entry.key.empty() ? '?' : entry.key[0], what, next(choice, "goto")});
            choice.finish();
        }
        return out;
    }

    ivr::NodeBody collect(const std::string&, Reader& reader) {
        ivr::Collect out{};
        out.variable = reader.required_text("variable");
        out.prompt = required_prompts(reader, "prompt");
        out.min_digits = reader.integer("min", out.min_digits, 0, 64);
        out.max_digits = reader.integer("max", out.max_digits, 1, 64);
        if (out.min_digits > out.max_digits)
            reader.error("min", "min is above max: no entry could ever be complete. Make it smaller.");
        out.terminator = reader.choice<char>("terminator", out.terminator, {{"#", '#'}, {"*", '*'}, {"", '\0'}});
        out.first_timeout = reader.seconds("first_timeout_s", out.first_timeout, 500ms, 120s);
        out.digit_timeout = reader.seconds("digit_timeout_s", out.digit_timeout, 500ms, 60s);
        out.masked = reader.flag("masked", out.masked);
        out.max_attempts = reader.integer("attempts", out.max_attempts, 1, 20);
        out.on_invalid = prompts(reader, "invalid");
        out.next = next(reader, "goto");
        out.failed = next(reader, "failed");
        return out;
    }

    ivr::NodeBody hours(const std::string&, Reader& reader) {
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

    ivr::NodeBody queue(const std::string&, Reader& reader) {
        ivr::JoinQueue out{};
        out.queue = reader.required_text("queue");
        if (!out.queue.empty() && std::find(words_.queues.begin(), words_.queues.end(), out.queue) == words_.queues.end())
            reader.error("queue", "there is no queue \"" + out.queue + "\" in queues.json." + suggestion(out.queue, words_.queues));
        out.announcement = prompts(reader, "announce");
        out.priority = reader.integer("priority", 0, -999, 999);
        for (const auto& [skill, level] : read_levels(reader, "skills", 9)) out.skills.push_back({skill, level});
        out.full = next(reader, "full");
        out.timed_out = next(reader, "timed_out");
        out.unavailable = next(reader, "unavailable");
        return out;
    }

    ivr::NodeBody jump(const std::string&, Reader& reader) { return ivr::Goto{next(reader, "goto")}; }

    ivr::NodeBody hangup(const std::string&, Reader& reader) { return ivr::Hangup{prompts(reader, "farewell")}; }

    const Member& file_;
    const Vocabulary& words_;
    Problems& problems_;
    const std::vector<Member>* nodes_ = nullptr;
    ivr::Program program_;
};

}  // namespace

Programs read_programs(const Value& files, const Basics& basics, const PromptBook& book, const Calendars& calendars,
                       const std::vector<std::string>& queues, Problems& problems) {
    Programs out;
    const Vocabulary words{basics, book, calendars, queues};
    for (const auto& file : files.members) out[file.key] = ProgramCompiler(file, words, problems).compile();
    return out;
}

}  // namespace hotline::app
