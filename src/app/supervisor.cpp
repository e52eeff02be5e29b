#include "app/supervisor.h"

#include <systemd/sd-daemon.h>

namespace hotline::app {

void notify_ready(const std::string& status) { sd_notify(0, ("READY=1\nSTATUS=" + status).c_str()); }
void notify_alive() { sd_notify(0, "WATCHDOG=1"); }
void notify_stopping() { sd_notify(0, "STOPPING=1\nSTATUS=ending calls"); }

}  // namespace hotline::app
