// SPDX-License-Identifier: Apache-2.0
// What several conditions read alike; see ConditionType::parse.
#pragma once

#include <string_view>

#include "config/config.h"

namespace flowmark {

inline constexpr const char *kExpectsPort =
	"a port (0-65535), a range (5060-5061) or @SET of ports";
inline constexpr const char *kExpectsPrefix =
	"an address, a prefix (192.0.2.0/24, 2001:db8::/32; no bits set after the length) or "
	"@SET of prefixes";

bool parse_port_value(std::string_view text, Values &values);
bool parse_prefix_value(std::string_view text, Values &values);
bool parse_single_value(std::optional<std::uint32_t> number, Values &values);

} // namespace flowmark
