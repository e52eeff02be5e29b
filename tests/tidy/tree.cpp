#include "tidy/tree.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace hotline::tidy {

namespace fs = std::filesystem;

fs::path root() {
    for (fs::path at = fs::current_path(); at.has_relative_path(); at = at.parent_path())
        if (fs::is_directory(at / "include" / "hotline")) return at;
    throw std::runtime_error("run the tidy test inside the source tree");
}

namespace {

File read(const fs::path& path, const fs::path& top) {
    File out{fs::relative(path, top).generic_string(), {}};
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) out.lines.push_back(line);
    return out;
}

}  // namespace

std::vector<File> files(const std::vector<std::string>& folders, const std::vector<std::string>& endings) {
    const fs::path top = root();
    std::vector<File> out;
    for (const auto& folder : folders) {
        if (!fs::exists(top / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
            const auto ending = entry.path().extension().string();
            if (entry.is_regular_file() && std::find(endings.begin(), endings.end(), ending) != endings.end())
                out.push_back(read(entry.path(), top));
        }
    }
    std::sort(out.begin(), out.end(), [](const File& a, const File& b) { return a.path < b.path; });
    return out;
}

std::string included(const std::string& line) {
    static const std::regex form(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
    std::smatch found;
    return std::regex_search(line, found, form) ? found[1].str() : std::string();
}

}  // namespace hotline::tidy
