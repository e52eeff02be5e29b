// The numbers of /metrics that are looked up once a second, and what of them /healthz and `hotlined status` show.
#pragma once
#include <map>
#include <string>

#include "hotline/base/metrics.h"
#include "hotline/call/switchboard.h"
#include "hotline/sip/stack.h"

namespace hotline::app {

/// Control thread only.
class CoreGauges {
  public:
    explicit CoreGauges(Metrics& metrics);
    void update(const call::Census& census, const sip::StackCensus& stack);

  private:
    struct QueueGauges {
        Metric *waiting, *longest_wait, *ready;
    };
    QueueGauges& of_queue(const std::string& name);
    Metric& of_agents(const std::string& state);
    Metric& of_trunk(const std::string& name);
    Metric& of_refusals(const std::string& reason);

    Metrics& metrics_;
    Metric &calls_, &legs_, &machines_, &offers_, &callbacks_, &timers_, &late_, &emergencies_;
    Metric &sessions_, &contacts_, &nta_legs_, &nta_incoming_, &nta_outgoing_, &nta_lingering_;
    std::map<std::string, QueueGauges> queues_;
    std::map<std::string, Metric*> agents_, trunks_, refusals_;
};

/// What the kernel knows of this process; read when somebody asks. Any one thread.
class ProcessGauges {
  public:
    explicit ProcessGauges(Metrics& metrics);
    void update();

  private:
    Metric &descriptors_, &resident_, &threads_, &cpu_;
};

/// `census` as text for a person.
std::string describe(const call::Census& census);

}  // namespace hotline::app
