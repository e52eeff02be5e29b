// What a node tells about itself: where it leads and what is odd about it. The graph's flaws, and its picture, follow from that.
#pragma once
#include <string>
#include <vector>

#include "hotline/ivr/program.h"

namespace hotline::ivr {

/// A way out of a node.
struct Exit {
    std::string field;
    NodeIndex to;
    bool asks_nothing;  // taken without waiting for a key or a place in a queue
    bool when_silent;   // taken by a caller who presses nothing
};

struct Portrait {
    struct Oddity {
        std::string text;
        bool fatal;
        std::string field;
    };
    std::vector<Exit> exits;
    bool makes_sound = false;  // whoever goes through hears something
    std::vector<Oddity> oddities;

    void fatal(std::string text, std::string field = {}) { oddities.push_back({std::move(text), true, std::move(field)}); }
    void warn(std::string text, std::string field = {}) { oddities.push_back({std::move(text), false, std::move(field)}); }
    void fatal_if(bool wrong, std::string text) {
        if (wrong) fatal(std::move(text));
    }
};

/// One for each node, in their order; what a called program does is known of its node.
std::vector<Portrait> portraits_of(const Program& program);

}  // namespace hotline::ivr
