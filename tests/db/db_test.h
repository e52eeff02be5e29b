// Base of all tests here: a database of its own in the program's cluster, or skipped with a word; where HOTLINE_REQUIRE_DB is set
// (as
// ./dev test does), failed.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>

#include "db/cluster.h"

namespace hotline::test {

class DbTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (cluster().usable()) return;
        if (std::getenv("HOTLINE_REQUIRE_DB")) FAIL() << cluster().why_not();
        GTEST_SKIP() << cluster().why_not();
    }
    static Cluster& cluster() { return Cluster::shared(); }
};

}  // namespace hotline::test
