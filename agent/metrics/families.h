// SPDX-License-Identifier: Apache-2.0
// Metric families made of numbers that somebody else counts.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

namespace flowmark {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// A family with its series so far. Label values are made printable here; they
// stay different where they were.
class Family {
      public:
	static Family counter(std::string name, std::string help);
	static Family gauge(std::string name, std::string help);

	void add(const Labels &labels, double value);
	void add(const Labels &labels, std::uint64_t value)
	{
		add(labels, static_cast<double>(value));
	}

	prometheus::MetricFamily take() && { return std::move(family_); }

      private:
	Family(std::string name, std::string help, prometheus::MetricType type);

	prometheus::MetricFamily family_;
};

// A gauge with one series and no labels.
prometheus::MetricFamily single_gauge(std::string name, std::string help, double value);

} // namespace flowmark
