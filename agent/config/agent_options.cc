// SPDX-License-Identifier: Apache-2.0
// agent: { metrics, control, log_format, pins, on_exit, flow_cache }
#include <sys/un.h>

#include <bit>

#include <fmt/format.h>

#include "config/expected.h"
#include "config/listen_address.h"
#include "config/scalars.h"
#include "config/sections.h"

namespace flowmark {

namespace {

constexpr std::uint32_t kMinFlowCache = 1024;
constexpr std::uint32_t kMaxFlowCache = 1u << 24;
constexpr std::size_t kMaxPins = 1024;

struct Option {
	std::string_view key;
	const char *expected;
	// False if the text is not what is expected; the options are then unchanged.
	bool (*parse)(const std::string &text, AgentOptions &options);
};

bool parse_metrics(const std::string &text, AgentOptions &options)
{
	auto address = parse_listen_address(text);
	const bool good = text == kMetricsOff || (address && address->port > 0);
	if (good)
		options.metrics = text;
	return good;
}

bool parse_control(const std::string &text, AgentOptions &options)
{
	if (!text.starts_with('/') || text.size() >= sizeof(sockaddr_un::sun_path) ||
	    printable(text) != text)
		return false;
	options.control = text;
	return true;
}

bool parse_log_format(const std::string &text, AgentOptions &options)
{
	if (text != "text" && text != "json")
		return false;
	options.log_format = text;
	return true;
}

// The longest entry below the folder adds some forty bytes.
bool parse_pins(const std::string &text, AgentOptions &options)
{
	const bool folder = text.starts_with('/') && text.size() > 1 && !text.ends_with('/') &&
			    text.size() < kMaxPins && printable(text) == text;
	if (!folder && text != "off")
		return false;
	options.pins = text;
	return true;
}

bool parse_on_exit(const std::string &text, AgentOptions &options)
{
	if (text != "keep" && text != "detach")
		return false;
	options.keep_on_exit = text == "keep";
	return true;
}

bool parse_flow_cache(const std::string &text, AgentOptions &options)
{
	const std::optional<std::uint32_t> entries = parse_number(text, kMaxFlowCache);
	if (!entries ||
	    (*entries != 0 && (*entries < kMinFlowCache || !std::has_single_bit(*entries))))
		return false;
	options.flow_cache = *entries;
	return true;
}

constexpr Option kOptions[] = {
	{"metrics", "an address and port such as 127.0.0.1:19735 or [::1]:19735, or off",
	 parse_metrics},
	{"control", "the absolute path of a socket, at most 107 bytes", parse_control},
	{"log_format", "text or json", parse_log_format},
	{"pins", "the absolute path of a folder on a BPF file system, or off", parse_pins},
	{"on_exit", "keep or detach", parse_on_exit},
	{"flow_cache", "a power of two of 1024 to 16777216, or 0 for twice the L2 cache",
	 parse_flow_cache},
};

std::vector<std::string_view> option_keys()
{
	std::vector<std::string_view> keys;
	for (const Option &option : kOptions)
		keys.push_back(option.key);
	return keys;
}

void decode_option(const Option &option, const YamlEntry &entry, Context &context)
{
	if (!give_once(*entry.key, fmt::format("agent.{}", option.key), context) ||
	    !expect_scalar(*entry.value, option.expected, context.report))
		return;
	if (!option.parse(entry.value->text, context.config.agent))
		refuse(*entry.value, expected_number(entry.value->text, option.expected),
		       context.report);
	else if (option.key == "metrics")
		context.config.agent.metrics_location = entry.value->at;
}

} // namespace

void decode_agent(const YamlEntry &section, Context &context)
{
	const std::vector<std::string_view> keys = option_keys();
	const Fields fields(*section.value, "the agent's options", keys, context.report);
	for (const Option &option : kOptions) {
		if (const YamlEntry *entry = fields.find(option.key))
			decode_option(option, *entry, context);
	}
}

} // namespace flowmark
