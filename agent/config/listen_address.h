// SPDX-License-Identifier: Apache-2.0
// Where the metrics are served: ADDRESS:PORT or [ADDRESS]:PORT, addresses only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flowmark {

struct ListenAddress {
	std::string address;	// as inet_ntop(3) writes it
	std::uint16_t port = 0; // 0: any free one
	bool is_ipv6 = false;

	[[nodiscard]] bool is_loopback() const;
	[[nodiscard]] std::string format() const; // "127.0.0.1:19735", "[::1]:19735"
};

Result<ListenAddress> parse_listen_address(std::string_view text);

constexpr std::string_view kMetricsOff = "off"; // in place of an address

// Whether `text` is an address or "off".
Result<void> check_metrics_setting(std::string_view text);

} // namespace flowmark
