// SPDX-License-Identifier: Apache-2.0
#include "metrics/families.h"

#include "base/escape.h"

namespace flowmark {

using prometheus::ClientMetric;
using prometheus::MetricType;

Family::Family(std::string name, std::string help, MetricType type)
	: family_{std::move(name), std::move(help), type, {}}
{}

Family Family::counter(std::string name, std::string help)
{
	return {std::move(name), std::move(help), MetricType::Counter};
}

Family Family::gauge(std::string name, std::string help)
{
	return {std::move(name), std::move(help), MetricType::Gauge};
}

void Family::add(const Labels &labels, double value)
{
	ClientMetric metric;
	for (const auto &[name, text] : labels)
		metric.label.push_back({std::string(name), distinct_printable(text)});
	if (family_.type == MetricType::Counter)
		metric.counter.value = value;
	else
		metric.gauge.value = value;
	family_.metric.push_back(std::move(metric));
}

prometheus::MetricFamily single_gauge(std::string name, std::string help, double value)
{
	Family family = Family::gauge(std::move(name), std::move(help));
	family.add({}, value);
	return std::move(family).take();
}

} // namespace flowmark
