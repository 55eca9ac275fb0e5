// SPDX-License-Identifier: Apache-2.0
// What answers hold. What listens on the socket may be no agent, or another version's. These throw
// json::type_error where there is something else than they ask for.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "commands/units.h"
#include "config/text.h"

namespace flowmark {

// A whole number; get() would cast what has a fraction or is as large as 1e30. What a T does not
// hold becomes the nearest that it does.
template <std::unsigned_integral T = std::uint64_t>
T count_of(const nlohmann::json &value)
{
	const auto &whole = value.get_ref<const nlohmann::json::number_integer_t &>();
	// Above 2^63 it is kept as unsigned, and reads as negative here.
	const auto count = value.is_number_unsigned()
				   ? static_cast<std::uint64_t>(whole)
				   : static_cast<std::uint64_t>(std::max<std::int64_t>(whole, 0));
	return static_cast<T>(std::min<std::uint64_t>(count, std::numeric_limits<T>::max()));
}

// Fit for a terminal.
inline std::string text_of(const nlohmann::json &value)
{
	return printable(value.get<std::string>());
}

inline std::string text_or_empty(const nlohmann::json &value)
{
	return value.is_null() ? "" : text_of(value);
}

// "192.0.2.1:443": one end of a flow; its port may be null or 0 where there is none.
inline std::string end_of(const nlohmann::json &flow, const char *address_key, const char *port_key)
{
	const nlohmann::json &value = flow.at(port_key);
	const auto port = value.is_null() ? std::uint16_t{0} : count_of<std::uint16_t>(value);
	return format_end(text_of(flow.at(address_key)),
			  port == 0 ? std::nullopt : std::optional(port));
}

// "12.3 MB"
inline std::string bytes_of(const nlohmann::json &row)
{
	return format_si(row.at("bytes").get<double>(), "B");
}

} // namespace flowmark
