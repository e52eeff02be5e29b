// What the daemon's exit code says. Documented in docs/admin.md; scripts and the systemd unit rely on the numbers.
#pragma once
#include <stdexcept>
#include <string>
#include <utility>

#include "hotline/base/result.h"

namespace hotline::app {

enum class ExitCode {
    Ok = 0,
    Refused = 1,       // check found mistakes; a flow does not end; a command to the running daemon was refused
    Usage = 2,         // the command line is wrong
    BadConfig = 3,     // serve: the site has mistakes
    PortTaken = 4,     // serve: an address for SIP or HTTP cannot be had
    DataUnusable = 5,  // serve: the data directory cannot be written, or another daemon has it
    IsRoot = 6,        // serve: never as root
    NoResources = 7,   // serve: the system refused threads, descriptors or memory
    NotRunning = 8,    // no daemon answers at DIR/control.sock
    StoreFailed = 9,   // migrate: the database cannot be reached or refuses
};

/// Why the daemon cannot start: one line for the operator with the cure, and the exit code.
struct CannotStart : std::runtime_error {
    CannotStart(ExitCode c, const std::string& text) : std::runtime_error(text), code(c) {}
    ExitCode code;
};

/// What was made, or CannotStart with its error.
template <class T>
T or_throw(Result<T> made, ExitCode code) {
    if (!made) throw CannotStart(code, made.error().text);
    return std::move(*made);
}

}  // namespace hotline::app
