// SPDX-License-Identifier: Apache-2.0
#include "explain/words.h"

#include <array>

#include <fmt/format.h>

#include "config/scalars.h"

namespace flowmark {

namespace {

constexpr std::size_t kShown = 4; // values of a list

std::string address(const FlowFacts &facts, const FlowEnd &end)
{
	return format_address(facts.family, end.address[0], end.address[1]);
}

std::string port(const FlowFacts &facts, const FlowEnd &end)
{
	return protocol_has_ports(facts.protocol) ? fmt::to_string(end.port) : "no port";
}

// One function a condition: a row of the X-list without one does not build.
std::string found_protocol(const FlowFacts &facts)
{
	return format_protocol(facts.protocol);
}

std::string found_port(const FlowFacts &facts)
{
	if (!protocol_has_ports(facts.protocol))
		return "no port";
	return fmt::format("{} and {}", facts.client.port, facts.server.port);
}

std::string found_client_port(const FlowFacts &facts)
{
	return port(facts, facts.client);
}

std::string found_server_port(const FlowFacts &facts)
{
	return port(facts, facts.server);
}

std::string found_address(const FlowFacts &facts)
{
	return fmt::format("{} and {}", address(facts, facts.client), address(facts, facts.server));
}

std::string found_client(const FlowFacts &facts)
{
	return address(facts, facts.client);
}

std::string found_server(const FlowFacts &facts)
{
	return address(facts, facts.server);
}

std::string found_dscp(const FlowFacts &facts)
{
	return facts.dscp < FM_DSCP_NONE ? format_dscp(facts.dscp)
					 : "no mark of the client's is known or trusted";
}

std::string found_interface(const FlowFacts &facts)
{
	return facts.interface;
}

std::string found_vlan(const FlowFacts &facts)
{
	return facts.vlan == 0 ? "untagged" : fmt::to_string(facts.vlan);
}

std::string found_host(const FlowFacts &facts)
{
	return facts.host.empty() ? "no name is known" : facts.host;
}

constexpr std::array kFound
{
#define FM_FOUND(name, ends, help) &found_##name,
	FM_CONDITIONS(FM_FOUND)
#undef FM_FOUND
};

std::string number(fm_condition condition, std::uint16_t value)
{
	if (condition == FM_COND_protocol)
		return format_protocol(static_cast<std::uint8_t>(value));
	if (condition == FM_COND_dscp)
		return format_dscp(static_cast<std::uint8_t>(value));
	return fmt::to_string(value);
}

std::string range(fm_condition condition, const Range &range)
{
	if (range.first == range.last)
		return number(condition, range.first);
	return fmt::format("{}-{}", number(condition, range.first), number(condition, range.last));
}

// Comma-separated, no more than kShown.
class List {
      public:
	void add(const std::string &value)
	{
		if (count_++ < kShown)
			text_ += (text_.empty() ? "" : ", ") + value;
	}
	[[nodiscard]] std::string text() const
	{
		return count_ <= kShown ? text_
					: fmt::format("{} and {} more", text_, count_ - kShown);
	}

      private:
	std::string text_;
	std::size_t count_ = 0;
};

} // namespace

std::string found_words(fm_condition condition, const FlowFacts &facts)
{
	return kFound.at(condition)(facts);
}

std::string wanted_words(fm_condition condition, const Config &config, const Values &values)
{
	List list;
	for (const Range &each : values.ranges)
		list.add(range(condition, each));
	for (const Prefix &prefix : values.prefixes)
		list.add(format_prefix(prefix));
	for (const std::string_view host : values.hosts)
		list.add(std::string(host));
	for (const std::string &name : values.names)
		list.add(name);
	for (const std::uint32_t set : values.sets)
		list.add("@" + config.sets[set].name);
	return list.text();
}

} // namespace flowmark
