// SPDX-License-Identifier: Apache-2.0
// Taking away what a pins folder names: links, filters, qdiscs, and the pins.
#pragma once

#include <string>
#include <vector>

namespace flowmark {

struct Removed {
	std::vector<std::string> links, filters, qdiscs; // as the folder calls them: "7-ingress"
	std::vector<std::string> pins;			 // folders and files
	std::vector<std::string> errors;

	[[nodiscard]] bool nothing() const
	{
		return links.empty() && filters.empty() && qdiscs.empty() && pins.empty();
	}
};

// Removes the folder of one version and all that it put on interfaces. What is
// attached goes first, then the maps. A filter whose place the folder `ours`
// (if not empty) names as well is that one's by now and stays, with its qdisc.
// The filters are looked for in the network namespace of the caller.
Removed remove_pins(const std::string &folder, const std::string &ours = "");

} // namespace flowmark
