// Which variables are set where: data flow over the graph of a program and those it calls.
#pragma once
#include "hotline/ivr/program.h"

namespace hotline::ivr {

/// Variables that may be unset where they are read (of a program made to be called: told at the nodes that call it), and masked
/// ones that would be said aloud.
std::vector<Flaw> variable_flaws(const Program& program);

}  // namespace hotline::ivr
