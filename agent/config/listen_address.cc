// SPDX-License-Identifier: Apache-2.0
#include "config/listen_address.h"

#include <arpa/inet.h>

#include <array>
#include <optional>

#include <fmt/format.h>

#include "config/scalars.h"

namespace flowmark {

namespace {

// The address as inet_ntop(3) writes it; nothing if it is none.
std::optional<std::string> normal_form(int family, const std::string &text)
{
	std::array<unsigned char, sizeof(in6_addr)> bytes{};
	std::array<char, INET6_ADDRSTRLEN> out{};
	if (::inet_pton(family, text.c_str(), bytes.data()) != 1)
		return std::nullopt;
	return ::inet_ntop(family, bytes.data(), out.data(), out.size());
}

std::optional<ListenAddress> parse(std::string_view text)
{
	const std::size_t colon = text.rfind(':');
	if (colon == std::string_view::npos)
		return std::nullopt;
	std::string host(text.substr(0, colon));
	const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
	if (bracketed)
		host = host.substr(1, host.size() - 2);
	const auto address = normal_form(bracketed ? AF_INET6 : AF_INET, host);
	const auto port = parse_number(text.substr(colon + 1), UINT16_MAX);
	if (!address || !port)
		return std::nullopt;
	return ListenAddress{*address, static_cast<std::uint16_t>(*port), bracketed};
}

} // namespace

bool ListenAddress::is_loopback() const
{
	return is_ipv6 ? address == "::1" : address.starts_with("127.");
}

std::string ListenAddress::format() const
{
	return fmt::format(fmt::runtime(is_ipv6 ? "[{}]:{}" : "{}:{}"), address, port);
}

Result<ListenAddress> parse_listen_address(std::string_view text)
{
	if (const auto parsed = parse(text))
		return *parsed;
	return Error{fmt::format("metrics address: found \"{}\", expected ADDRESS:PORT, "
				 "[ADDRESS]:PORT or off",
				 text)};
}

Result<void> check_metrics_setting(std::string_view text)
{
	if (text == kMetricsOff)
		return {};
	const auto parsed = parse_listen_address(text);
	return parsed ? Result<void>() : parsed.error();
}

} // namespace flowmark
