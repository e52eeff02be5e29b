// Rules of the house that a reader would otherwise have to watch for: sizes, names, what has no place in the tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tidy/tree.h"

namespace hotline::tidy {
namespace {

using testing::IsEmpty;

constexpr std::size_t kMaxLines = 700;

std::vector<File> code() { return files({"include", "src", "tests", "tools"}, {".h", ".cpp", ".py", ".sh"}); }
std::vector<File> everything() {
    return files({"include", "src", "tests", "tools", "config", "sql", "docs", "web"},
                 {".h", ".cpp", ".py", ".sh", ".sql", ".json", ".md", ".xml", ".ts"});
}

std::vector<std::string> lines_with(const std::vector<File>& tree, const std::regex& form) {
    std::vector<std::string> out;
    for (const auto& file : tree) {
        if (file.path.starts_with("tests/tidy/")) continue;  // the rules themselves
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            if (std::regex_search(file.lines[i], form))
                out.push_back(file.path + ':' + std::to_string(i + 1) + ": " + file.lines[i]);
    }
    return out;
}

TEST(House, a_file_holds_one_idea) {
    std::vector<std::string> long_files;
    for (const auto& file : code())
        if (file.lines.size() > kMaxLines) long_files.push_back(file.path + " has " + std::to_string(file.lines.size()) + " lines");
    EXPECT_THAT(long_files, IsEmpty());
}

TEST(House, a_module_hides_a_decision_and_is_named_after_it) {
    const std::set<std::string> nameless{"utils", "util", "common", "manager", "misc", "helper", "helpers"};
    std::vector<std::string> found;
    for (const auto& file : everything())
        for (const auto& part : std::filesystem::path(file.path))
            if (nameless.contains(part.stem().string())) found.push_back(file.path);
    EXPECT_THAT(found, IsEmpty());
}

TEST(House, nothing_points_at_one_machine) {
    EXPECT_THAT(lines_with(everything(), std::regex(R"((^|[\s"'=(:])(/home/[a-z]|/root/|/work/|/Users/))")), IsEmpty());
}

TEST(House, nothing_admits_to_being_unfinished) {
    EXPECT_THAT(lines_with(code(), std::regex(R"(\b(TODO|FIXME|XXX|HACK)\b)")), IsEmpty());
}

TEST(House, headers_are_guarded) {
    std::vector<std::string> bare;
    for (const auto& file : files({"include", "src", "tests"}, {".h"})) {
        bool guarded = false;
        for (const auto& line : file.lines) guarded |= line == "#pragma once";
        if (!guarded) bare.push_back(file.path);
    }
    EXPECT_THAT(bare, IsEmpty());
}

TEST(House, no_macros_but_the_check) {
    // Private headers may need a C library's switches before its include; a macro with a body of ours is HL_CHECK alone.
    std::vector<std::string> macros;
    for (const auto& line : lines_with(files({"include", "src"}, {".h", ".cpp"}), std::regex(R"(^\s*#\s*define\s+\w+\()")))
        if (line.find("HL_CHECK") == std::string::npos) macros.push_back(line);
    EXPECT_THAT(macros, IsEmpty());
}

TEST(House, the_pure_core_reads_no_clock_and_never_waits) {
    EXPECT_THAT(lines_with(files({"src/acd", "src/ivr", "src/call", "src/workflow"}, {".h", ".cpp"}),
                           std::regex(R"(read_clocks\(|::now\(\)|co_await|std::thread|std::mutex|sleep_for|random_device|getenv)")),
                IsEmpty());
}

TEST(House, what_only_base_hides_is_not_written_elsewhere) {
    EXPECT_THAT(lines_with(files({"src"}, {".h", ".cpp"}), std::regex(R"(\bassert\(|std::cout|std::cerr)")), IsEmpty());
}

/// Fixtures may poll a foreign process in small steps; a test itself waits for events with a deadline, or moves the clock.
TEST(House, no_test_sleeps_or_cannot_fail) {
    std::vector<File> tests;
    const std::regex holds_tests(R"(^TEST(_F|_P)?\()");
    for (auto& file : files({"tests"}, {".cpp"}))
        if (std::any_of(file.lines.begin(), file.lines.end(),
                        [&](const std::string& line) { return std::regex_search(line, holds_tests); }))
            tests.push_back(std::move(file));
    EXPECT_THAT(lines_with(tests, std::regex(R"(DISABLED_|EXPECT_TRUE\(true\)|sleep_for|usleep\()")), IsEmpty());
}

TEST(House, python_is_debians_with_numpy_alone) {
    EXPECT_THAT(lines_with(files({"tools", "tests"}, {".py"}),
                           std::regex(R"(^\s*(import|from)\s+(pytest|requests|scipy|pandas|psycopg)\b)")),
                IsEmpty());
}

}  // namespace
}  // namespace hotline::tidy
