// The source tree as the tidy tests read it: files with their lines, found from the folder that CTest runs in.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace hotline::tidy {

struct File {
    std::string path;  // relative to the tree's root: "src/acd/acd.cpp"
    std::vector<std::string> lines;
};

/// The tree's root: the nearest folder above the working directory that holds include/hotline.
std::filesystem::path root();
/// All files below these folders with one of these endings (".cpp"), in order of their paths. Build folders are left out.
std::vector<File> files(const std::vector<std::string>& folders, const std::vector<std::string>& endings);
/// What stands between the quotes or angle brackets of the line's #include; empty when it has none.
std::string included(const std::string& line);

}  // namespace hotline::tidy
