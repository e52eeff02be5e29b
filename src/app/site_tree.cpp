#include "app/site_tree.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace hotline::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileBytes = 4u << 20;

/// The files beside site.json. The optional ones are empty when they are not there.
struct SiteFile {
    const char* name;
    bool required;
};
constexpr SiteFile kFiles[] = {{"queues", true}, {"agents", true}, {"trunks", true}, {"hours", false}, {"prompts", false}};

/// Sections of site.json that a setting may begin although the file does not write them.
const std::vector<std::string> kSections{"numbers", "star_codes", "recording", "limits",   "sip", "http",     "media",
                                         "speech",  "store",      "journal",   "affinity", "log", "outbound", "webhooks"};

Value empty_object(const Place& at) {
    Value value;
    value.type = Value::Type::Object;
    value.at = at;
    return value;
}

bool read_text(const std::string& path, std::string& out, Problems& problems) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (!error && size > kMaxFileBytes) {
        problems.error({path, 1, 1}, "the file is larger than 4 MiB. A site's files are a few kilobytes: is this the right one?");
        return false;
    }
    std::ifstream in(path, std::ios::binary);
    if (error || !in) {
        const std::string why = error ? error.message() : std::string(std::strerror(errno));
        problems.error({path, 1, 1}, "cannot be read (" + why + "). Check its name and its rights.");
        return false;
    }
    out.assign(std::istreambuf_iterator<char>(in), {});
    return true;
}

/// The content of one file: an object, without its $schema, which is for editors.
Value load_file(const std::string& path, Problems& problems) {
    std::string text;
    if (!read_text(path, text, problems)) return empty_object({path, 1, 1});
    Value value = parse_json(text, path, problems);
    if (value.type != Value::Type::Object) {
        if (value.type != Value::Type::Null || !problems.has_errors())
            problems.error({path, 1, 1},
                           "the file must hold one object { }, but this is " + std::string(name_of(value.type)) + '.');
        return empty_object({path, 1, 1});
    }
    std::erase_if(value.members, [](const Member& m) { return m.key == "$schema"; });
    return value;
}

void mount(Value& root, const std::string& name, Value value, Problems& problems) {
    if (Value* written = root.find(name)) {
        problems.error(written->at, "\"" + name + "\" does not belong into site.json. Move it to " + name + ".json.");
        *written = std::move(value);
        return;
    }
    const Place at = value.at;
    root.members.push_back({name, at, std::move(value)});
}

void mount_files(SiteTree& tree, Problems& problems) {
    for (const auto& file : kFiles) {
        const std::string path = tree.dir + '/' + file.name + ".json";
        if (!file.required && !fs::exists(path)) {
            mount(tree.root, file.name, empty_object(tree.file(file.name)), problems);
        } else if (!fs::exists(path)) {
            problems.error(tree.file(file.name), "the file is missing. Create it; {} is enough to begin with.");
            mount(tree.root, file.name, empty_object(tree.file(file.name)), problems);
        } else {
            mount(tree.root, file.name, load_file(path, problems), problems);
        }
    }
}

std::vector<fs::path> json_files(const std::string& dir) {
    std::vector<fs::path> out;
    std::error_code error;
    for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
        if (it->path().extension() == ".json") out.push_back(it->path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

void mount_programs(SiteTree& tree, Problems& problems) {
    Value programs = empty_object({tree.dir + "/ivr", 1, 1});
    for (const auto& path : json_files(tree.dir + "/ivr")) {
        Value program = load_file(path.string(), problems);
        const Place at = program.at;
        programs.members.push_back({path.stem().string(), at, std::move(program)});
    }
    if (programs.members.empty()) {
        problems.error(tree.file("ivr/main"), "there is no IVR program. Create this file; docs/ivr.md says what stands in it.");
    }
    mount(tree.root, "ivr", std::move(programs), problems);
}

/// A file that nobody reads is probably a misspelt one.
void warn_about_strangers(const std::string& dir, Problems& problems) {
    std::vector<std::string> known{"site"};
    for (const auto& file : kFiles) known.emplace_back(file.name);
    for (const auto& path : json_files(dir)) {
        const auto stem = path.stem().string();
        if (std::find(known.begin(), known.end(), stem) != known.end()) continue;
        const auto near = nearest(stem, known);
        problems.warn({path.string(), 1, 1},
                      "the file is not read." + (near.empty() ? std::string() : " Did you mean \"" + near + ".json\"?"));
    }
}

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> out;
    while (true) {
        const auto dot = path.find('.');
        out.emplace_back(path.substr(0, dot));
        if (dot == std::string_view::npos) return out;
        path.remove_prefix(dot + 1);
    }
}

/// The element of a list that a path step like "0" names.
Value* item_of(Value& list, const std::string& step) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool valid = error == std::errc{} && end == step.data() + step.size() && index < list.items.size();
    return valid ? &list.items[index] : nullptr;
}

/// One "path=value". All steps but the last must exist (or begin a section of site.json): a misspelt name must not make a new
/// queue.
class Setting {
  public:
    Setting(const std::string& text, Problems& problems) : at_{"--set " + text, 0, 0}, problems_(problems) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            problems.error(at_, "is not path=value, as in --set sip.port=25060.");
            return;
        }
        path_ = split(text.substr(0, equals));
        value_ = parse_setting(text.substr(equals + 1), at_);
    }

    void apply(Value& root) {
        if (path_.empty()) return;
        Value* parent = &root;
        for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
            parent = step(*parent, i);
            if (!parent) return;
        }
        put(*parent);
    }

  private:
    std::string joined(std::size_t steps) const {
        std::string out;
        for (std::size_t i = 0; i < steps; ++i) out += (i ? "." : "") + path_[i];
        return out;
    }

    Value* step(Value& parent, std::size_t i) {
        Value* next = parent.type == Value::Type::Array ? item_of(parent, path_[i]) : parent.find(path_[i]);
        if (next) return next;
        if (i == 0 && std::find(kSections.begin(), kSections.end(), path_[0]) != kSections.end()) {
            return &parent.members.emplace_back(Member{path_[0], at_, empty_object(at_)}).value;
        }
        unknown(parent, i);
        return nullptr;
    }

    void unknown(const Value& parent, std::size_t i) {
        auto known = parent.keys();
        if (i == 0) known.insert(known.end(), kSections.begin(), kSections.end());
        std::string meant = nearest(path_[i], known);
        if (!meant.empty() && i > 0) meant = joined(i) + '.' + meant;
        problems_.error(at_, "there is no " + joined(i + 1) + '.' +
                                 (meant.empty() ? suggestion(path_[i], known) : " Did you mean \"" + meant + "\"?"));
    }

    void put(Value& parent) {
        const auto& name = path_.back();
        if (parent.type == Value::Type::Array) {
            if (Value* item = item_of(parent, name)) {
                *item = std::move(value_);
            } else {
                problems_.error(at_, "the list " + joined(path_.size() - 1) + " has no element " + name + "; the first is 0.");
            }
        } else if (parent.type != Value::Type::Object) {
            problems_.error(at_,
                            joined(path_.size() - 1) + " is " + std::string(name_of(parent.type)) + " and has nothing inside.");
        } else if (Value* value = parent.find(name)) {
            *value = std::move(value_);
        } else {
            parent.members.push_back({name, at_, std::move(value_)});
        }
    }

    Place at_;
    Problems& problems_;
    std::vector<std::string> path_;
    Value value_;
};

}  // namespace

SiteTree load_site_tree(const std::string& dir, const std::vector<std::string>& settings, Problems& problems) {
    SiteTree tree;
    tree.dir = dir;
    while (tree.dir.size() > 1 && tree.dir.back() == '/') tree.dir.pop_back();
    tree.root = load_file(tree.dir + "/site.json", problems);
    mount_files(tree, problems);
    mount_programs(tree, problems);
    warn_about_strangers(tree.dir, problems);
    for (const auto& setting : settings) Setting(setting, problems).apply(tree.root);
    return tree;
}

}  // namespace hotline::app
