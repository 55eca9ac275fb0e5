// SPDX-License-Identifier: Apache-2.0
#include "metrics/collector.h"

#include "metrics/agent_families.h"
#include "metrics/engine_families.h"

namespace flowmark {

std::vector<prometheus::MetricFamily> Collector::Collect() const
{
	const ReloadRecord record = reloader_.record();
	Families out;
	append_counts(out, engine_.counts());
	append_classes(out, record);
	append_status(out, engine_.status());
	append_reloads(out, record);
	append_build(out);
	append_process(out);
	return out;
}

} // namespace flowmark
