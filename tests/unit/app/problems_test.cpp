#include "app/problems.h"

#include <gtest/gtest.h>

namespace hotline::app {
namespace {

TEST(Problems, AreSortedByPlaceAndEqualOnesComeOnce) {
    Problems problems;
    problems.error({"b", 1, 1}, "third");
    problems.error({"a", 10, 1}, "second");
    problems.warn({"a", 9, 4}, "first");
    problems.error({"b", 1, 1}, "third");
    EXPECT_EQ(problems.to_text(), "a:9:4: warning: first\na:10:1: second\nb:1:1: third\n");
}

TEST(Problems, WarningsAreNoErrors) {
    Problems problems;
    problems.warn({"a", 1, 1}, "only a warning");
    EXPECT_FALSE(problems.has_errors());
    problems.error({"a", 1, 1}, "an error");
    EXPECT_TRUE(problems.has_errors());
}

TEST(Problems, AreBounded) {
    Problems problems;
    for (int i = 0; i < 1000; ++i) problems.error({"a", i + 1, 1}, "wrong");
    EXPECT_EQ(problems.sorted().size(), Problems::kMax);
    EXPECT_TRUE(problems.to_text().ends_with("… and 800 more\n"));
}

TEST(Suggestion, FindsWhatWasMeant) {
    const std::vector<std::string> known{"ring_s", "wrapup_s", "wrapup_mode", "max_wait_s"};
    EXPECT_EQ(nearest("rings", known), "ring_s");
    EXPECT_EQ(nearest("rign_s", known), "ring_s") << "two neighbours swapped are one step";
    EXPECT_EQ(nearest("wrapup_mod", known), "wrapup_mode");
    EXPECT_EQ(nearest("colour", known), "");
    EXPECT_EQ(nearest("x", {"a", "b"}), "") << "another letter is not the same word misspelt";
    EXPECT_EQ(nearest(std::string(100000, 'a'), known), "");
}

TEST(Suggestion, ListsAFewNamesWhenNoneIsNear) {
    EXPECT_EQ(suggestion("colour", {"red", "green"}), " Known here: red, green.");
    EXPECT_EQ(suggestion("colour", {}), "");
    EXPECT_EQ(suggestion("colour", std::vector<std::string>(20, "red")), "");
}

}  // namespace
}  // namespace hotline::app
