#include "app/options.h"

#include <gtest/gtest.h>

namespace hotline::app {
namespace {

Result<Options> parse(std::vector<const char*> arguments) { return parse_options(arguments); }
std::string mistake(std::vector<const char*> arguments) {
    const auto options = parse(std::move(arguments));
    return options ? "" : options.error().text.substr(0, options.error().text.find('\n'));
}

TEST(Options, ServeHasDefaults) {
    const auto options = parse({"serve"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->command, Options::Command::Serve);
    EXPECT_EQ(options->site, "config/travel");
    EXPECT_EQ(options->data, "var");
    EXPECT_EQ(options->drain, 0s);
}

TEST(Options, TakeTheirValueInTheNextWordOrAfterTheEqualsSign) {
    const auto options = parse({"serve", "--site", "s", "--data=d", "--db", "host=/run dbname=h", "--set", "sip.port=0",
                                "--set=http.port=0", "--drain", "30"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->site, "s");
    EXPECT_EQ(options->data, "d");
    EXPECT_EQ(options->db, "host=/run dbname=h");
    EXPECT_EQ(options->settings, (std::vector<std::string>{"sip.port=0", "http.port=0"}));
    EXPECT_EQ(options->drain, 30s);
}

TEST(Options, MistakesAreNamed) {
    EXPECT_EQ(mistake({}), "a command is missing.");
    EXPECT_EQ(mistake({"sreve"}), "unknown command \"sreve\". Did you mean \"serve\"?");
    EXPECT_EQ(mistake({"serve", "--sit", "x"}), "serve has no option --sit. Did you mean \"--site\"?");
    EXPECT_EQ(mistake({"check", "--hours", "x"}), "check has no option --hours. Known here: --site, --set, --data, --db.");
    EXPECT_EQ(mistake({"serve", "--site"}), "--site needs a value.");
    EXPECT_EQ(mistake({"serve", "--drain", "soon"}), "--drain takes a whole number from 0 to 86400, not \"soon\".");
    EXPECT_EQ(mistake({"serve", "now"}), "unexpected \"now\".");
    EXPECT_EQ(mistake({"explain"}), "explain needs a CALL_ID.");
    EXPECT_EQ(mistake({"explain", "A", "B"}), "unexpected \"B\".");
    EXPECT_EQ(mistake({"migrate"}), "migrate needs --db CONNINFO.");
}

TEST(Options, ExplainTakesTheCall) {
    const auto options = parse({"explain", "06VWXYZ012345", "--data", "d"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->call, "06VWXYZ012345");
}

TEST(Options, FlowsAreRunAndDrawn) {
    const auto run = parse({"ivr", "run", "--site", "s", "main", "--from", "139", "--keys", "4,10001,#", "--transfers", "busy,over",
                            "--at", "2026-10-01T09:30"});
    ASSERT_TRUE(run);
    EXPECT_EQ(run->command, Options::Command::RunFlow);
    EXPECT_EQ(run->site, "s");
    EXPECT_EQ(run->flow, "main");
    EXPECT_EQ(run->from, "139");
    EXPECT_EQ(run->transfers, "busy,over");
    EXPECT_EQ(run->keys, "4,10001,#");
    EXPECT_EQ(run->at, "2026-10-01T09:30");
    EXPECT_EQ(parse({"ivr", "run"})->keys, std::nullopt) << "from the keyboard";
    const auto graph = parse({"ivr", "graph", "main"});
    ASSERT_TRUE(graph);
    EXPECT_EQ(graph->command, Options::Command::DrawFlow);
    EXPECT_EQ(graph->flow, "main");
    EXPECT_EQ(mistake({"ivr"}), "ivr is followed by run or graph.");
    EXPECT_EQ(mistake({"ivr", "rnu"}), "unknown command \"ivr rnu\". Did you mean \"ivr run\"?");
    EXPECT_EQ(mistake({"ivr", "graph", "--keys", "1"}), "ivr graph has no option --keys. Known here: --site, --set.");
    EXPECT_EQ(mistake({"ivr", "run", "a", "b"}), "unexpected \"b\".");
}

TEST(Options, UsageNamesEveryCommand) {
    for (const char* command :
         {"serve", "check", "migrate", "reload", "status", "explain", "stop", "ivr run", "ivr graph", "version", "help"})
        EXPECT_NE(usage().find("hotlined " + std::string(command)), std::string::npos) << command;
}

}  // namespace
}  // namespace hotline::app
