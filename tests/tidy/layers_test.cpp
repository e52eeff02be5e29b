// The arrows between modules (docs/architecture.md), held against every #include.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "tidy/tree.h"

namespace hotline::tidy {
namespace {

using testing::IsEmpty;

/// Who may include whom. Itself is always allowed.
const std::map<std::string, std::set<std::string>> kMayKnow{
    {"base", {}},
    {"acd", {"base"}},
    {"ivr", {"base"}},
    {"call", {"acd", "ivr", "base"}},
    {"workflow", {"acd", "ivr", "base"}},
    {"media", {"call", "acd", "ivr", "base"}},
    {"sip", {"call", "acd", "ivr", "base"}},
    {"store", {"call", "workflow", "acd", "ivr", "base"}},
    {"message", {"store", "call", "workflow", "acd", "ivr", "base"}},
    {"desk", {"store", "call", "workflow", "acd", "ivr", "base"}},
    {"app", {"sip", "media", "store", "message", "desk", "call", "workflow", "acd", "ivr", "base"}},
};

/// Each outside library belongs to the modules that hide it.
struct Library {
    std::string name;
    std::regex header;
    std::set<std::string> modules;
};
const std::vector<Library> kLibraries{
    {"libsofia-sip", std::regex(R"(^(sofia-sip/|sofia-resolv/|nta|su_|tport))"), {"sip"}},
    {"libpq", std::regex(R"(^(libpq-fe\.h|postgresql/|pg_config))"), {"store"}},
    {"Boost.Beast", std::regex(R"(^boost/beast)"), {"desk"}},
    {"spdlog", std::regex(R"(^spdlog/)"), {"base"}},
    {"Boost.Asio", std::regex(R"(^boost/asio)"), {"store", "desk", "message", "app"}},
    {"nlohmann/json", std::regex(R"(^nlohmann/)"), {"desk", "app"}},
    {"libsndfile, libsamplerate", std::regex(R"(^(sndfile|samplerate)\.h)"), {"media"}},
    {"libsystemd", std::regex(R"(^systemd/)"), {"app"}},
};

/// "src/acd/acd.cpp", "include/hotline/acd/acd.h", "hotline/acd/acd.h", "acd/state.h" → "acd"; empty for anything else.
std::string module_of(const std::string& path) {
    static const std::regex form(R"(^(?:include/hotline/|src/|hotline/)?([a-z]+)/.*)");
    std::smatch found;
    if (!std::regex_match(path, found, form)) return {};
    return kMayKnow.contains(found[1].str()) ? found[1].str() : std::string();
}

std::vector<File> sources() { return files({"include/hotline", "src"}, {".h", ".cpp"}); }

std::string at(const File& file, std::size_t line) { return file.path + ':' + std::to_string(line + 1) + ": " + file.lines[line]; }

/// Lines whose #include the rule refuses.
template <class Rule>
std::vector<std::string> refused(const std::vector<File>& tree, Rule rule) {
    std::vector<std::string> out;
    for (const auto& file : tree)
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            if (const auto header = included(file.lines[i]); !header.empty() && rule(file, header)) out.push_back(at(file, i));
    return out;
}

TEST(Layers, the_tree_is_found_and_every_file_in_it_belongs_to_a_module) {
    const auto tree = sources();
    ASSERT_GT(tree.size(), 50u);
    std::vector<std::string> homeless;
    for (const auto& file : tree)
        if (module_of(file.path).empty()) homeless.push_back(file.path);
    EXPECT_THAT(homeless, IsEmpty());
}

TEST(Layers, modules_include_only_modules_below_them) {
    EXPECT_THAT(refused(sources(),
                        [](const File& file, const std::string& header) {
                            const auto from = module_of(file.path), to = module_of(header);
                            return !to.empty() && from != to && !kMayKnow.at(from).contains(to);
                        }),
                IsEmpty());
}

TEST(Layers, another_module_is_seen_by_its_public_face_only) {
    EXPECT_THAT(refused(sources(),
                        [](const File& file, const std::string& header) {
                            const auto to = module_of(header);
                            return !to.empty() && to != module_of(file.path) && !header.starts_with("hotline/");
                        }),
                IsEmpty());
}

TEST(Layers, no_outside_library_shows_in_a_public_header) {
    EXPECT_THAT(refused(files({"include/hotline"}, {".h"}),
                        [](const File&, const std::string& header) {
                            return std::any_of(kLibraries.begin(), kLibraries.end(),
                                               [&](const Library& library) { return std::regex_search(header, library.header); });
                        }),
                IsEmpty());
}

TEST(Layers, each_library_is_known_to_its_own_modules_only) {
    for (const auto& library : kLibraries) {
        EXPECT_THAT(refused(sources(),
                            [&](const File& file, const std::string& header) {
                                return std::regex_search(header, library.header) && !library.modules.contains(module_of(file.path));
                            }),
                    IsEmpty())
            << library.name << " belongs to other modules";
    }
}

TEST(Layers, the_reader_of_includes_sees_both_forms) {
    EXPECT_EQ(included(R"(#include "hotline/acd/acd.h")"), "hotline/acd/acd.h");
    EXPECT_EQ(included("  # include <spdlog/spdlog.h>  // why"), "spdlog/spdlog.h");
    EXPECT_EQ(included("// #include is a word here"), "");
    EXPECT_EQ(module_of("hotline/acd/acd.h"), "acd");
    EXPECT_EQ(module_of("sys/socket.h"), "");
}

}  // namespace
}  // namespace hotline::tidy
