#include "app/program_compiler.h"

#include <charconv>

namespace hotline::app {
namespace {

using ivr::NodeIndex;

/// One step down: a member by name, an item by number.
const Value* inside(const Value& value, std::string_view step) {
    if (const Value* member = value.type == Value::Type::Object ? value.find(step) : nullptr) return member;
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool item = error == std::errc{} && end == step.data() + step.size() && index < value.items.size();
    return item ? &value.items[index] : nullptr;
}

}  // namespace

/// Columns count characters. A quote or a backslash in the text is written with a backslash before it.
Place place_inside(const Value& text, std::size_t at) {
    Place place = text.at;
    if (place.line == 0 || text.type != Value::Type::Text) return place;
    ++place.column;
    for (const char c : std::string_view(text.text).substr(0, at)) {
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++place.column;
        if (c == '"' || c == '\\' || c == '\n' || c == '\t') ++place.column;
    }
    return place;
}

void tell(const Member& file, const ivr::Flaw& flaw, Problems& problems) {
    const auto place = place_of(file, flaw.node, flaw.field, flaw.at);
    if (flaw.fatal) {
        problems.error(place, flaw.text);
    } else {
        problems.warn(place, flaw.text);
    }
}

ProgramCompiler::ProgramCompiler(const Member& file, const Vocabulary& words, Problems& problems)
    : file_(file), words_(words), problems_(problems) {
    program_.name = file.key;
    program_.languages = words.basics.languages;
    program_.time_zone = words.basics.time_zone;
}

std::shared_ptr<const ivr::Program> ProgramCompiler::compile() {
    const auto errors_before = problems_.errors();
    Reader reader(&file_.value, file_.at, problems_);
    const Value* nodes = reader.required("nodes", Value::Type::Object);
    if (nodes) nodes_ = &nodes->members;
    if (nodes && nodes->members.empty())
        problems_.error(nodes->at, "the program has no node. A caller must hear something: begin with a \"play\".");
    program_.language = language(reader, words_.basics.language);
    program_.start = next(reader, "start");
    program_.anywhere = anywhere(reader);
    reader.finish();
    if (nodes_) {
        for (const auto& node : *nodes_) program_.nodes.push_back(this->node(node));
    }
    if (problems_.errors() == errors_before) check_flow();
    if (problems_.errors() != errors_before) return nullptr;
    return std::make_shared<const ivr::Program>(std::move(program_));
}

void ProgramCompiler::check_flow() {
    for (const auto& flaw : ivr::check(program_)) tell(file_, flaw, problems_);
}

/// As deep as the field can be followed; a field that is not written is blamed on its node.
Place place_of(const Member& file, const std::string& node, std::string_view field, std::optional<std::size_t> at) {
    const Value* nodes = file.value.find("nodes");
    const Value* value = nodes ? nodes->find(node) : nullptr;
    if (!value) return file.at;
    const auto it = std::find_if(nodes->members.begin(), nodes->members.end(), [&](const Member& m) { return m.key == node; });
    Place place = it->at;
    for (std::string_view rest = field; value && !rest.empty();) {
        const auto dot = rest.find('.');
        value = inside(*value, rest.substr(0, dot));
        if (value) place = value->at;
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    }
    return value && at ? place_inside(*value, *at) : place;
}

std::string ProgramCompiler::language(Reader& reader, const std::string& fallback) {
    const auto& known = words_.basics.languages;
    const std::string wanted = reader.text("language", fallback);
    if (std::find(known.begin(), known.end(), wanted) == known.end())
        reader.error("language", "\"" + wanted + "\" is no language of this site." + suggestion(wanted, known));
    return wanted;
}

std::vector<ivr::AnywhereKey> ProgramCompiler::anywhere(Reader& program) {
    std::vector<ivr::AnywhereKey> out;
    const Value* keys = program.value("anywhere", Value::Type::Object);
    if (!keys) return out;
    for (const auto& entry : keys->members) out.push_back(anywhere_key(entry));
    return out;
}

/// {"what": "person", "goto": "service"} or {"back": true}.
ivr::AnywhereKey ProgramCompiler::anywhere_key(const Member& entry) {
    check_key(entry, "0123456789*#");
    ivr::AnywhereKey out{entry.key.empty() ? '?' : entry.key[0], "back", std::nullopt};
    Reader reader(&entry.value, entry.at, problems_);
    const bool back = reader.flag("back", false);
    if (back && (reader.has("goto") || reader.has("what")))
        reader.error("back", "a key leads back or to a node, not both. Leave one of them out.");
    if (!back) {
        out.what = reader.required_text("what");
        out.next = next(reader, "goto");
    }
    for (const char* other : {"what", "goto"}) reader.any(other);
    reader.finish();
    return out;
}

NodeIndex ProgramCompiler::next(Reader& reader, std::string_view key) {
    const std::string name = reader.required_text(key);
    if (name.empty() || !nodes_) return 0;
    const auto it = std::find_if(nodes_->begin(), nodes_->end(), [&](const Member& m) { return m.key == name; });
    if (it != nodes_->end()) return static_cast<NodeIndex>(it - nodes_->begin());
    std::vector<std::string> names;
    for (const auto& node : *nodes_) names.push_back(node.key);
    reader.error(key, "there is no node \"" + name + "\" in this program." + suggestion(name, names));
    return 0;
}

std::optional<NodeIndex> ProgramCompiler::optional_next(Reader& reader, std::string_view key) {
    if (reader.has(key)) return next(reader, key);
    reader.any(key);  // it may be written, so it is no unknown key
    return std::nullopt;
}

void ProgramCompiler::check_key(const Member& entry, const std::string& allowed) {
    if (entry.key.size() != 1 || allowed.find(entry.key[0]) == std::string::npos)
        problems_.error(entry.at, "\"" + entry.key + "\" is no key of a phone. Keys are 0 to 9, * and #.");
}

namespace {

/// Compiles each program once, those that are called before those that call them.
class Library {
  public:
    Library(const Value& files, Vocabulary words, Problems& problems)
        : files_(files), words_(std::move(words)), problems_(problems) {
        words_.flow = [this](const std::string& name, const Place& at) { return called(name, at); };
    }

    Programs all() {
        for (const auto& file : files_.members) compile(file);
        check_columns();
        check_secrets();
        return std::move(programs_);
    }

  private:
    std::shared_ptr<const ivr::Program> compile(const Member& file) {
        if (const auto done = programs_.by_name.find(file.key); done != programs_.by_name.end()) return done->second;
        under_way_.push_back(file.key);
        auto program = ProgramCompiler(file, words_, problems_).compile();
        under_way_.pop_back();
        return programs_.by_name[file.key] = std::move(program);
    }

    std::shared_ptr<const ivr::Program> called(const std::string& name, const Place& at) {
        const auto file =
            std::find_if(files_.members.begin(), files_.members.end(), [&](const Member& m) { return m.key == name; });
        if (file == files_.members.end()) {
            problems_.error(at, "there is no program ivr/" + name + ".json." + suggestion(name, files_.keys()));
            return nullptr;
        }
        programs_.called.insert(name);
        const auto circle = std::find(under_way_.begin(), under_way_.end(), name);
        if (circle == under_way_.end()) return compile(*file);
        std::string way;
        for (auto it = circle; it != under_way_.end(); ++it) way += *it + " → ";
        problems_.error(at, "programs cannot call themselves, also not by way of others (" + way + name +
                                "). Lead back by a goto inside of one program.");
        return nullptr;
    }

    /// What a query's text can tell without any database: a name that does not even stand in it is no column of it. In a sentence
    /// it may be a variable, which any program may have set.
    void check_columns() {
        std::set<std::string> variables;
        bool whole = true;
        for (const auto& [name, program] : programs_.by_name) {
            whole &= program != nullptr;
            if (program) variables.merge(ivr::variables_set(*program));
        }
        for (const auto& file : files_.members) {
            const auto& program = programs_.by_name.at(file.key);
            for (auto& use : program ? ivr::column_uses(*program) : std::vector<ivr::ColumnUse>{}) {
                if (use.or_variable && (variables.contains(use.name) || !whole)) continue;
                const Place at = place_of(file, use.node, use.field, use.at);
                const auto& words = use.query->words;
                if (words && !words->contains(use.name)) problems_.error(at, no_column(use, *words));
                programs_.columns.push_back({at, use.name, use.query, use.or_variable});
            }
        }
    }
    static std::string no_column(const ivr::ColumnUse& use, const std::set<std::string>& words) {
        const auto near = nearest(use.name, {words.begin(), words.end()});
        return "queries/" + use.query->name + ".sql gives no column \"" + use.name + "\"" +
               (use.or_variable ? ", and no program sets a variable of that name." : ".") +
               (near.empty() ? " Name one that it gives." : " Did you mean \"" + near + "\"?");
    }

    /// A program does not know what those that call it have masked.
    void check_secrets() {
        std::vector<std::shared_ptr<const ivr::Program>> all;
        for (const auto& [name, program] : programs_.by_name) all.push_back(program);
        const auto masked = ivr::masked_variables(all);
        for (const auto& file : files_.members) {
            const auto& program = programs_.by_name.at(file.key);
            if (!program) continue;
            auto of_others = masked;
            for (const auto& known : ivr::masked_variables({program})) of_others.erase(known);
            for (const auto& flaw : ivr::check_secrets(*program, of_others)) tell(file, flaw, problems_);
        }
    }

    const Value& files_;
    Vocabulary words_;
    Problems& problems_;
    std::vector<std::string> under_way_;
    Programs programs_;
};

}  // namespace

Programs read_programs(const Value& files, const Basics& basics, const PromptBook& book, const Calendars& calendars,
                       const std::vector<std::string>& queues, const Outside& outside, Problems& problems) {
    return Library(files, {basics, book, calendars, queues, {}, outside}, problems).all();
}

}  // namespace hotline::app
