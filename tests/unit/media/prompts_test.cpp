// The prompt library with small scripts in place of the synthesis program, and once with the real one.
#include "hotline/media/prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "hotline/media/sound.h"
#include "media/child_process.h"
#include "media/inband_dtmf.h"
#include "media/pcm_file.h"
#include "media/prompt_source.h"
#include "media/sound_cache.h"
#include "unit/media/scratch_folder.h"

namespace hotline::media {
namespace {

using call::SpeechId;
using ivr::Utterance;
using ::testing::HasSubstr;
using Sounds = std::vector<call::SoundRef>;

constexpr Duration kPatience = 20s;  // how long a test waits for what must come

Utterance zh(const std::string& name, const std::string& text = "") { return {name, text, "zh"}; }

std::vector<std::int16_t> beep(std::size_t samples) {
    std::vector<std::int16_t> pcm(samples);
    for (std::size_t i = 0; i < samples; ++i) pcm[i] = i / 8 % 2 == 0 ? 3000 : -3000;
    return pcm;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t lines_in(const std::string& path) {
    const std::string text = read_file(path);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Keeps what the library delivers, and on which thread.
class Inbox {
  public:
    void take(call::Event event) {
        std::lock_guard lock(mutex_);
        auto ready = std::get<call::SpeechReady>(std::move(event));
        from_ = std::this_thread::get_id();
        sounds_[ready.speech] = std::move(ready.sounds);
        order_.push_back(ready.speech);
        changed_.notify_all();
    }
    /// Empty when it does not come.
    Sounds wait_for(SpeechId speech) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kPatience, [&] { return sounds_.contains(speech); });
        EXPECT_TRUE(sounds_.contains(speech)) << "no SpeechReady for " << speech.value;
        return sounds_[speech];
    }
    bool has(SpeechId speech) {
        std::lock_guard lock(mutex_);
        return sounds_.contains(speech);
    }
    std::vector<SpeechId> order() {
        std::lock_guard lock(mutex_);
        return order_;
    }
    std::thread::id from() {
        std::lock_guard lock(mutex_);
        return from_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<SpeechId, Sounds> sounds_;
    std::vector<SpeechId> order_;
    std::thread::id from_;
};

class Prompts : public ::testing::Test {
  protected:
    Prompts() {
        std::filesystem::create_directories(prompts_ + "/zh");
        EXPECT_TRUE(write_pcm(fixture_, beep(8000)));
        config_.prompts_dir = prompts_;
        config_.cache_dir = folder_.path() + "/cache";
        config_.commands = {{"zh", script("cp " + fixture_ + " \"$1\"")}};
    }
    /// A synthesis program: $1 is the file to write, $2 the text. Each run leaves a line in `runs_`.
    std::vector<std::string> script(const std::string& body) const {
        return {"/bin/sh", "-c", "echo \"$2\" >> " + runs_ + "; " + body, "sh", "{out}", "{text}"};
    }
    /// A program that waits until the test lets it go on, then behaves well.
    std::vector<std::string> gated_script() const {
        return script("while [ ! -e " + gate_ + " ]; do sleep 0.02; done; cp " + fixture_ + " \"$1\"");
    }
    void open_gate() const { std::ofstream(gate_) << "open"; }
    PromptLibrary& library() {
        if (!library_) {
            auto started = PromptLibrary::start(
                config_, [this](call::Event event) { inbox_.take(std::move(event)); }, metrics_);
            EXPECT_TRUE(started);
            library_ = std::move(*started);
        }
        return *library_;
    }
    Sounds ask(std::vector<Utterance> utterances) {
        const SpeechId speech{++last_};
        library().prepare(speech, std::move(utterances));
        return inbox_.wait_for(speech);
    }
    SpeechId ask_later(std::vector<Utterance> utterances) {
        const SpeechId speech{++last_};
        library().prepare(speech, std::move(utterances));
        return speech;
    }
    std::int64_t count(const std::string& name) { return metrics_.counter(name, "").value(); }
    bool eventually(const std::function<bool()>& is_true) const {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!is_true()) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::yield();
        }
        return true;
    }
    void restart() { library_.reset(); }

    ScratchFolder folder_;
    const std::string prompts_ = folder_.path() + "/prompts", fixture_ = folder_.path() + "/fixture.wav",
                      runs_ = folder_.path() + "/runs", gate_ = folder_.path() + "/gate";
    PromptConfig config_;
    Metrics metrics_;
    Inbox inbox_;
    std::uint64_t last_ = 0;
    std::unique_ptr<PromptLibrary> library_;
};

TEST_F(Prompts, a_recording_of_the_language_wins_over_one_for_all_and_over_synthesis) {
    ASSERT_TRUE(write_pcm(prompts_ + "/zh/welcome.wav", beep(800)));
    ASSERT_TRUE(write_pcm(prompts_ + "/welcome.wav", beep(1600)));
    ASSERT_TRUE(write_pcm(prompts_ + "/music.wav", beep(2400)));
    const Sounds sounds = ask({zh("welcome", "欢迎"), zh("music"), zh("menu", "请按键")});
    ASSERT_EQ(sounds.size(), 3u);
    EXPECT_EQ(sounds[0]->alaw.size(), 800u);
    EXPECT_EQ(sounds[1]->alaw.size(), 2400u);
    EXPECT_EQ(sounds[2]->alaw.size(), 8000u);
    EXPECT_EQ(read_file(runs_), "请按键\n");
}

TEST_F(Prompts, the_answer_comes_from_another_thread) {
    ask({zh("", "a")});
    ask({zh("", "a")});  // from memory
    EXPECT_NE(inbox_.from(), std::this_thread::get_id());
}

TEST_F(Prompts, nothing_asked_is_answered_too) { EXPECT_TRUE(ask({}).empty()); }

TEST_F(Prompts, a_text_is_made_once_then_comes_from_memory_then_from_disk) {
    const auto first = ask({zh("", "你好")});
    EXPECT_EQ(ask({zh("", "你好")})[0], first[0]);
    restart();
    const auto from_disk = ask({zh("", "你好")});
    ASSERT_TRUE(from_disk[0]);
    EXPECT_EQ(from_disk[0]->alaw, first[0]->alaw);
    EXPECT_EQ(lines_in(runs_), 1u);
}

TEST_F(Prompts, another_program_makes_it_anew) {
    ask({zh("", "你好")});
    config_.commands["zh"].push_back("--voice=2");
    restart();
    ask({zh("", "你好")});
    EXPECT_EQ(lines_in(runs_), 2u);
}

TEST_F(Prompts, a_request_in_flight_is_shared) {
    config_.commands["zh"] = gated_script();
    std::vector<SpeechId> all;
    for (int i = 0; i < 10; ++i) all.push_back(ask_later({zh("", "你好")}));
    open_gate();
    for (const auto speech : all) EXPECT_TRUE(inbox_.wait_for(speech)[0]);
    EXPECT_EQ(lines_in(runs_), 1u);
}

TEST_F(Prompts, what_is_in_memory_or_on_disk_does_not_wait_for_slow_programs) {
    ASSERT_TRUE(write_pcm(prompts_ + "/zh/recorded.wav", beep(800)));
    ask({zh("", "known")});
    config_.commands["zh"] = gated_script();
    library().reload(config_);
    std::vector<SpeechId> slow;
    for (int i = 0; i < 5; ++i) slow.push_back(ask_later({zh("", "slow " + std::to_string(i))}));
    EXPECT_TRUE(ask({zh("recorded")})[0]);  // a file, while both programs hang
    EXPECT_TRUE(ask({zh("recorded")})[0]);  // memory
    for (const auto speech : slow) EXPECT_FALSE(inbox_.has(speech));
    open_gate();
    for (const auto speech : slow) EXPECT_TRUE(inbox_.wait_for(speech)[0]);
}

TEST_F(Prompts, beyond_the_limit_the_answer_is_silence_at_once) {
    config_.commands["zh"] = gated_script();
    config_.max_waiting = 2;
    const auto first = ask_later({zh("", "1")}), second = ask_later({zh("", "2")});
    EXPECT_EQ(ask({zh("", "3")}), Sounds{nullptr});
    EXPECT_EQ(count("speech_refused_total"), 1);
    open_gate();
    EXPECT_TRUE(inbox_.wait_for(first)[0]);
    EXPECT_TRUE(inbox_.wait_for(second)[0]);
    EXPECT_TRUE(ask({zh("", "3")})[0]);  // there is room again
}

TEST_F(Prompts, a_failing_text_is_silent_and_left_alone_for_a_while) {
    config_.commands["zh"] = script("echo 'no such voice' >&2; exit 3");
    EXPECT_EQ(ask({zh("", "x"), zh("", "y")}), (Sounds{nullptr, nullptr}));
    EXPECT_EQ(ask({zh("", "x")}), Sounds{nullptr});
    EXPECT_EQ(lines_in(runs_), 2u);
    EXPECT_EQ(count("speech_failed_total"), 2);
}

TEST_F(Prompts, a_failing_text_is_tried_again_after_its_rest) {
    config_.commands["zh"] = script("exit 3");
    config_.retry_after = 0s;
    ask({zh("", "x")});
    ask({zh("", "x")});
    EXPECT_EQ(lines_in(runs_), 2u);
}

TEST_F(Prompts, a_program_that_writes_nothing_or_rubbish_is_a_failure) {
    for (const auto* body : {"true", "echo rubbish > \"$1\"", ": > \"$1\""}) {
        config_.commands["zh"] = script(body);
        library().reload(config_);
        EXPECT_EQ(ask({zh("", "x")}), Sounds{nullptr}) << body;
    }
    EXPECT_TRUE(std::filesystem::is_empty(config_.cache_dir));
}

TEST_F(Prompts, a_hanging_program_is_killed_with_its_children_and_harms_no_other) {
    config_.commands["zh"] = script("echo $$ > " + folder_.path() + "/pid; sleep 600 & wait");
    config_.command_deadline = 200ms;
    config_.workers = 1;
    const auto hanging = ask_later({zh("", "hangs")});
    EXPECT_EQ(inbox_.wait_for(hanging), Sounds{nullptr});
    const auto group = static_cast<pid_t>(std::stol(read_file(folder_.path() + "/pid")));
    EXPECT_TRUE(eventually([&] { return ::kill(-group, 0) != 0; })) << "something of the program lives on";
    config_.commands["zh"] = script("cp " + fixture_ + " \"$1\"");
    library().reload(config_);
    EXPECT_TRUE(ask({zh("", "hangs")})[0]);
}

TEST_F(Prompts, ending_does_not_wait_for_a_hanging_program) {
    config_.commands["zh"] = script("sleep 600");
    ask_later({zh("", "hangs")});
    ASSERT_TRUE(eventually([&] { return lines_in(runs_) == 1; }));
    const auto before = std::chrono::steady_clock::now();
    library_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST_F(Prompts, a_missing_program_or_language_or_text_is_silence) {
    config_.commands["zh"] = {"/no/such/program", "{out}"};
    EXPECT_EQ(ask({zh("", "x"), {"", "hello", "en"}, zh("nothing"), zh("")}), (Sounds{nullptr, nullptr, nullptr, nullptr}));
}

TEST_F(Prompts, a_broken_recording_falls_back_to_its_text) {
    std::ofstream(prompts_ + "/zh/welcome.wav") << "rubbish";
    EXPECT_EQ(ask({zh("welcome", "欢迎")})[0]->alaw.size(), 8000u);
    EXPECT_EQ(ask({zh("welcome")}), Sounds{nullptr});
}

TEST_F(Prompts, a_broken_file_in_the_cache_is_made_anew) {
    ask({zh("", "你好")});
    restart();
    for (const auto& entry : std::filesystem::directory_iterator(config_.cache_dir)) std::filesystem::resize_file(entry.path(), 50);
    EXPECT_TRUE(ask({zh("", "你好")})[0]);
    EXPECT_EQ(lines_in(runs_), 2u);
}

TEST_F(Prompts, what_is_left_half_done_is_cleared_at_start_and_the_cache_kept_under_its_limit) {
    std::filesystem::create_directories(config_.cache_dir);
    std::ofstream(config_.cache_dir + "/a.wav.1.part.wav") << "half";
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(write_pcm(config_.cache_dir + "/" + std::to_string(i) + ".wav", beep(8000)));
    config_.max_disk_bytes = 40'000;
    library();
    EXPECT_FALSE(std::filesystem::exists(config_.cache_dir + "/a.wav.1.part.wav"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(config_.cache_dir), {}), 2);
}

TEST_F(Prompts, a_reload_looks_for_files_anew) {
    EXPECT_EQ(ask({zh("welcome", "欢迎")})[0]->alaw.size(), 8000u);
    ASSERT_TRUE(write_pcm(prompts_ + "/zh/welcome.wav", beep(800)));
    EXPECT_EQ(ask({zh("welcome", "欢迎")})[0]->alaw.size(), 8000u);
    library().reload(config_);
    EXPECT_EQ(ask({zh("welcome", "欢迎")})[0]->alaw.size(), 800u);
}

TEST_F(Prompts, a_sound_made_for_the_config_before_is_not_kept_for_the_new_one) {
    config_.commands["zh"] = gated_script();
    const auto old = ask_later({zh("welcome", "欢迎")});
    ASSERT_TRUE(eventually([&] { return lines_in(runs_) == 1; }));
    ASSERT_TRUE(write_pcm(prompts_ + "/zh/welcome.wav", beep(800)));
    library().reload(config_);
    EXPECT_EQ(ask({zh("welcome", "欢迎")})[0]->alaw.size(), 800u);  // not joined to the job before
    open_gate();
    EXPECT_EQ(inbox_.wait_for(old)[0]->alaw.size(), 8000u);
    EXPECT_EQ(ask({zh("welcome", "欢迎")})[0]->alaw.size(), 800u);
}

TEST_F(Prompts, warm_makes_them_before_and_counts_the_failures) {
    config_.commands["zh"] = script("case \"$2\" in bad*) exit 1;; esac; cp " + fixture_ + " \"$1\"");
    EXPECT_EQ(library().warm({zh("", "good 1"), zh("", "bad"), zh("", "good 2"), zh("", "good 1")}, kPatience), 1u);
    EXPECT_EQ(lines_in(runs_), 3u);
    EXPECT_TRUE(ask({zh("", "good 2")})[0]);
    EXPECT_EQ(lines_in(runs_), 3u);
}

TEST_F(Prompts, warm_stops_waiting_at_its_deadline) {
    config_.commands["zh"] = gated_script();
    EXPECT_EQ(library().warm({zh("", "1"), zh("", "2")}, 50ms), 2u);
    open_gate();
    EXPECT_TRUE(ask({zh("", "1")})[0]);
}

TEST_F(Prompts, a_call_goes_before_what_is_only_warmed) {
    config_.commands["zh"] = gated_script();
    config_.workers = 1;
    std::vector<Utterance> many;
    for (int i = 0; i < 5; ++i) many.push_back(zh("", "warm " + std::to_string(i)));
    library().warm(many, 0ms);
    ASSERT_TRUE(eventually([&] { return lines_in(runs_) == 1; }));  // the first is in work
    const auto call = ask_later({zh("", "call")}), promoted = ask_later({zh("", "warm 4")});
    open_gate();
    inbox_.wait_for(promoted);
    inbox_.wait_for(call);
    EXPECT_EQ(library().warm(many, kPatience), 0u);
    const std::string first_three = read_file(runs_).substr(0, 19);
    EXPECT_THAT(first_three, HasSubstr("call\n"));
    EXPECT_THAT(first_three, HasSubstr("warm 4\n"));
    EXPECT_EQ(lines_in(runs_), 6u);  // each once
}

TEST_F(Prompts, a_text_is_no_option_no_placeholder_and_no_shell_command) {
    config_.commands["zh"] = script("printf '%s|' \"$@\" > " + folder_.path() + "/seen; cp " + fixture_ + " \"$1\"");
    EXPECT_TRUE(ask({zh("", "-w {out} $(touch /x) 'q'")})[0]);
    EXPECT_THAT(read_file(folder_.path() + "/seen"), HasSubstr("| -w {out} $(touch /x) 'q'|"));
}

TEST_F(Prompts, a_name_does_not_lead_out_of_the_folder) {
    ASSERT_TRUE(write_pcm(folder_.path() + "/secret.wav", beep(800)));
    EXPECT_EQ(ask({zh("../secret"), {"x", "", "../.."}, zh(".hidden")}), (Sounds{nullptr, nullptr, nullptr}));
}

TEST_F(Prompts, an_unusable_cache_folder_is_an_error_at_start) {
    std::ofstream(folder_.path() + "/file") << "x";
    config_.cache_dir = folder_.path() + "/file/cache";
    const auto started = PromptLibrary::start(
        config_, [](call::Event) {}, metrics_);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, ErrorKind::Io);
}

TEST_F(Prompts, synthesised_speech_starts_at_once_and_is_as_loud_as_the_rest) {
    std::vector<std::int16_t> quiet(4000);  // half a second of silence first
    for (const auto sample : beep(8000)) quiet.push_back(static_cast<std::int16_t>(sample / 20));
    ASSERT_TRUE(write_pcm(fixture_, quiet));
    const auto sounds = ask({zh("", "x")});
    EXPECT_EQ(sounds[0]->alaw.size(), 8400u);
    EXPECT_EQ(*encode(std::vector<std::int16_t>{3277})->alaw.begin(), sounds[0]->alaw[401]);  // −20 dBFS
}

TEST_F(Prompts, the_real_program_speaks_mandarin_and_english) {
    if (!run_child({"espeak-ng", "--version"}, {10s})) GTEST_SKIP() << "espeak-ng is not installed";
    config_.commands = PromptConfig{}.commands;
    const auto sounds = ask({zh("", "您好，欢迎致电。"), {"", "Hello and welcome.", "en"}});
    for (const auto& sound : sounds) {
        ASSERT_TRUE(sound);
        EXPECT_GT(sound->length(), 500ms);
        EXPECT_LT(sound->length(), 6s);
    }
    EXPECT_NE(sounds[0]->alaw, sounds[1]->alaw);
}

/// Talk-off: voices must not be taken for keys. About a minute and a half of speech in two languages and several voices.
TEST_F(Prompts, the_key_detector_hears_no_key_in_speech) {
    if (!run_child({"espeak-ng", "--version"}, {10s})) GTEST_SKIP() << "espeak-ng is not installed";
    const std::vector<std::pair<std::string, std::string>> sentences{
        {"cmn", "您好，欢迎致电环游旅行社。国内旅游请按一，出境旅游请按二，紧急救援请按九，人工服务请按零。"},
        {"cmn", "我们的营业时间是每天上午九点到下午六点，地址在北京市朝阳区建国路八十八号。"},
        {"cmn", "您前面还有两位客户在等候，请不要挂机，我们会尽快为您服务。"},
        {"cmn", "一二三四五六七八九十，滴滴答答，叮叮当当，呜呜咿咿。"},
        {"en", "Welcome to the hotline. For domestic travel press one, for travel abroad press two, for a person press zero."},
        {"en", "The quick brown fox jumps over the lazy dog while seven old women whistle a merry tune in the evening."},
        {"en", "Please hold the line, you are number five in the queue, we will be with you as soon as we can."},
        {"en", "Eeee, oooo, aaaa, mmmm. Beep beep, boop boop. Ring a ring of roses, a pocket full of posies."}};
    double seconds = 0;
    for (const auto& [voice, text] : sentences) {
        for (const std::string variant : {"", "+f2", "+m3"}) {
            for (const std::string pitch : {"35", "70"}) {
                const std::string path = folder_.path() + "/speech.wav";
                ASSERT_TRUE(run_child({"espeak-ng", "-v", voice + variant, "-p", pitch, "-w", path, text}, {30s}));
                const auto pcm = read_pcm(path);
                ASSERT_TRUE(pcm);
                InbandDtmf detector;
                for (std::size_t at = 0; at + 160 <= pcm->size(); at += 160) {
                    const auto key = detector.feed(std::span(*pcm).subspan(at, 160));
                    EXPECT_FALSE(key) << "heard " << *key << " at " << at / 8 << " ms of " << voice << variant << ": " << text;
                }
                seconds += static_cast<double>(pcm->size()) / 8000;
            }
        }
    }
    EXPECT_GT(seconds, 90);
}

TEST(ChildProcess, tells_how_it_ended) {
    EXPECT_TRUE(run_child({"true"}, {10s}));
    EXPECT_EQ(run_child({"/no/such/program"}, {10s}).error().kind, ErrorKind::NotFound);
    EXPECT_EQ(run_child({}, {10s}).error().kind, ErrorKind::Invalid);
    EXPECT_THAT(run_child({"sh", "-c", "echo why >&2; exit 7"}, {10s}).error().text, HasSubstr("exit code 7, saying: why"));
    EXPECT_THAT(run_child({"sh", "-c", "kill -SEGV $$"}, {10s}).error().text, HasSubstr("signal 11"));
    EXPECT_EQ(run_child({"sleep", "600"}, {50ms}).error().kind, ErrorKind::TimedOut);
}

TEST(ChildProcess, keeps_only_the_end_of_what_it_says_and_never_blocks_it) {
    const auto text = run_child({"sh", "-c", "yes noise | head -c 1000000 >&2; echo the end >&2; exit 1"}, {10s}).error().text;
    EXPECT_LT(text.size(), 5000u);
    EXPECT_THAT(text, HasSubstr("the end"));
}

TEST(ChildProcess, does_not_wait_for_what_a_program_leaves_behind) {
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE(run_child({"sh", "-c", "sleep 600 & exit 0"}, {60s}));
    EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
}

TEST(ChildProcess, has_no_descriptors_but_the_three) {
    const int leak = ::dup(1);  // without close-on-exec
    EXPECT_TRUE(run_child({"sh", "-c", "test ! -e /proc/self/fd/" + std::to_string(leak)}, {10s}));
    ::close(leak);
}

TEST(SoundCache, drops_the_least_recently_used) {
    const auto sound = encode(std::vector<std::int16_t>(1000));
    SoundCache cache(7500);  // three of them
    for (const auto* key : {"a", "b", "c"}) cache.insert(key, sound);
    EXPECT_TRUE(cache.find("a"));
    cache.insert("d", sound);
    EXPECT_FALSE(cache.find("b"));
    EXPECT_TRUE(cache.find("a"));
    cache.insert("a", sound);  // replaced, not doubled
    EXPECT_TRUE(cache.find("c"));
    cache.insert("huge", encode(std::vector<std::int16_t>(10'000)));
    EXPECT_FALSE(cache.find("huge"));
    EXPECT_TRUE(cache.find("d"));
    cache.set_limit(2500);
    EXPECT_LE(cache.bytes(), 2500u);
    EXPECT_TRUE(cache.find("d"));
    cache.clear();
    EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace hotline::media
