// systemd, when it started us: ready, alive, stopping (sd_notify(3)). Without it every call does nothing.
#pragma once
#include <string>

namespace hotline::app {

void notify_ready(const std::string& status);
void notify_alive();
void notify_stopping();

}  // namespace hotline::app
