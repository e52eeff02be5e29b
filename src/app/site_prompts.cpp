// prompts.json and the recordings below prompts/.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <system_error>

#include "app/site_parts.h"
#include "hotline/media/sound.h"

namespace hotline::app {
namespace {

namespace fs = std::filesystem;

/// A prompt is synthesised in one piece within the command's deadline.
constexpr std::size_t kMaxTextBytes = 4000;

bool is_file_name(const std::string& name) {
    return !name.empty() && name.size() <= 64 && name.find_first_of("/\\") == std::string::npos && name.front() != '.';
}

/// As execvp(3) finds it.
bool is_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0;
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path ? path : "/usr/bin:/bin");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (::access((folder + '/' + name).c_str(), X_OK) == 0) return true;
    return false;
}

std::vector<fs::path> recordings_in(const fs::path& folder) {
    std::vector<fs::path> out;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        if (it->path().extension() == ".wav") out.push_back(it->path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

PromptBook::PromptBook(const SiteTree& tree, const Basics& basics, Problems& problems)
    : prompts_dir_(tree.dir + "/prompts"), basics_(basics), problems_(&problems) {
    const Value& file = *tree.root.find("prompts");
    Reader check(&file, file.at, problems);  // says so when a setting has made it something else
    for (const auto& entry : file.members) read(entry);
    check_recordings(prompts_dir_);
    for (const auto& language : basics_.languages) check_recordings(prompts_dir_ + '/' + language);
}

void PromptBook::read(const Member& entry) {
    if (!is_file_name(entry.key)) {
        problems_->error(
            entry.at,
            "\"" + entry.key + "\" is no name for a prompt: it is also the name of its recording. Use letters, digits, _ and -.");
    }
    prompts_[entry.key] = spoken(entry.value, entry.key);
}

/// The texts of one prompt in every language, complete: what has neither text nor recording is reported.
ivr::Prompt PromptBook::spoken(const Value& texts, const std::string& name) const {
    ivr::Prompt out;
    Reader reader(&texts, texts.at, *problems_);
    for (const auto& language : basics_.languages) {
        const std::string text = reader.text(language, "");
        if (text.size() > kMaxTextBytes)
            reader.error(language, "the text is longer than 4000 bytes. Split it into several prompts.");
        if (text.empty() && (name.empty() || !has_recording(name, language))) {
            std::string cure = "Write it here";
            if (!name.empty()) cure += ", or record prompts/" + language + '/' + name + ".wav";
            const std::string whose = name.empty() ? "" : "of \"" + name + "\" ";
            reader.error(language, "the text " + whose + "in language \"" + language + "\" is missing. " + cure + '.');
        }
        out[language] = {name, text, language};
    }
    reader.finish();
    return out;
}

ivr::Prompt PromptBook::find(const std::string& name, const Place& at) const {
    if (const auto it = prompts_.find(name); it != prompts_.end()) return it->second;
    std::vector<std::string> names;
    for (const auto& [known, prompt] : prompts_) names.push_back(known);
    problems_->error(at, "there is no prompt \"" + name + "\" in prompts.json." + suggestion(name, names));
    return {};
}

ivr::Prompt PromptBook::sentence(const Value& texts) const {
    auto prompt = spoken(texts, "");
    std::string key;
    for (const auto& [language, utterance] : prompt) key += language + '\n' + utterance.text + '\n';
    sentences_[key] = prompt;
    return prompt;
}

void PromptBook::check_sentence(const Value& texts) const {
    spoken(texts, "");
    needs_synthesis();
}

std::vector<ivr::Utterance> PromptBook::all() const {
    std::vector<ivr::Utterance> out;
    for (const auto* book : {&prompts_, static_cast<decltype(&prompts_)>(&sentences_)}) {
        for (const auto& [name, prompt] : *book) {
            for (const auto& [language, utterance] : prompt) out.push_back(utterance);
        }
    }
    return out;
}

void PromptBook::check_commands(const std::map<std::string, std::vector<std::string>>& commands, const Place& speech) const {
    std::set<std::string> synthesised;
    if (synthesises_) synthesised.insert(basics_.languages.begin(), basics_.languages.end());
    for (const auto& utterance : all())
        if (!utterance.text.empty() && !has_recording(utterance.name, utterance.language)) synthesised.insert(utterance.language);
    for (const auto& language : synthesised) {
        const auto command = commands.find(language);
        if (command == commands.end()) {
            problems_->error(speech, "nothing can be said in language \"" + language +
                                         "\": commands has no program for it, and not every prompt is "
                                         "recorded. Add one to speech.commands, such as [\"espeak-ng\", \"-v\", \"" +
                                         language + "\", \"-w\", \"{out}\", \"{text}\"].");
        } else if (!is_program(command->second.front())) {
            problems_->warn(speech,
                            "the program \"" + command->second.front() + "\" for language \"" + language +
                                "\" is not found here: callers would hear nothing. Install it, or correct speech.commands.");
        }
    }
}

bool PromptBook::has_recording(const std::string& name, const std::string& language) const {
    return fs::exists(prompts_dir_ + '/' + language + '/' + name + ".wav") || fs::exists(prompts_dir_ + '/' + name + ".wav");
}

void PromptBook::check_recordings(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& [name, prompt] : prompts_) names.push_back(name);
    for (const auto& path : recordings_in(folder)) {
        const Place at{path.string(), 0, 0};
        const auto name = path.stem().string();
        if (!prompts_.contains(name)) problems_->warn(at, "no prompt in prompts.json has this name." + suggestion(name, names));
        if (const auto sound = media::load_sound(path.string()); !sound) problems_->error(at, sound.error().text);
    }
}

}  // namespace hotline::app
