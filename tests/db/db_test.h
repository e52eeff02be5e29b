// Base of all tests here: a database of its own in the program's cluster, or skipped with a word.
#pragma once
#include <gtest/gtest.h>

#include "db/cluster.h"

namespace hotline::test {

class DbTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!cluster().usable()) GTEST_SKIP() << cluster().why_not();
    }
    static Cluster& cluster() { return Cluster::shared(); }
};

}  // namespace hotline::test
