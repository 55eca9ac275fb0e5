// SPDX-License-Identifier: Apache-2.0
// interfaces: [{ name, xdp, mark, trust, wash }]
#include <net/if.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/sections.h"

namespace flowmark {

namespace {

constexpr std::string_view kInterfaceKeys[] = {"name", "xdp", "mark", "trust", "wash"};
constexpr std::size_t kMaxPattern = 64;

bool is_glob(std::string_view text)
{
	return text.find_first_of("*?[") != std::string_view::npos;
}

// What the kernel takes as a name, or a glob over such names.
bool is_pattern(std::string_view text)
{
	const std::size_t longest = is_glob(text) ? kMaxPattern : IFNAMSIZ - 1;
	if (text.empty() || text.size() > longest || text == "." || text == "..")
		return false;
	return std::none_of(text.begin(), text.end(),
			    [](char c) { return c == '/' || c == ':' || c <= ' ' || c >= 127; });
}

void decode_pattern(const YamlNode &node, InterfaceSpec &spec, Context &context)
{
	const std::string_view expected =
		"the name of an interface (at most 15 characters) or a glob such as 'ppp*'";
	if (!expect_scalar(node, expected, context.report))
		return;
	if (!is_pattern(node.text))
		refuse(node, expected, context.report);
	for (const InterfaceSpec &other : context.config.interfaces) {
		if (other.pattern == node.text)
			context.report.error(
				node.at,
				found(fmt::format("{} again (first at {})", quote(node.text),
						  context.report.where(other.location, node.at)),
				      "each interface once"));
	}
	spec.pattern = node.text;
}

void decode_xdp(const YamlNode &node, XdpMode &mode, Report &report)
{
	// in the order of enum XdpMode
	constexpr std::array<std::string_view, 4> kModes = {"off", "auto", "native", "generic"};
	const std::string_view expected = "off, auto, native or generic";
	if (!expect_scalar(node, expected, report))
		return;
	const auto *const known = std::find(kModes.begin(), kModes.end(), node.text);
	if (known == kModes.end())
		refuse(node, fmt::format("{}{}", expected, did_you_mean(node.text, kModes)),
		       report);
	else
		mode = static_cast<XdpMode>(known - kModes.begin());
}

void decode_directions(const YamlNode &node, std::array<bool, kDirections> &directions,
		       Report &report)
{
	constexpr std::array<std::string_view, kDirections> kNames = {"ingress", "egress"};
	const std::string_view expected = "ingress, egress or a list of these ([] for neither)";
	directions = {false, false};
	each_scalar(node, expected, EmptyList::allowed, report, [&](const YamlNode &word) {
		const auto *const known = std::find(kNames.begin(), kNames.end(), word.text);
		if (known != kNames.end())
			directions[static_cast<std::size_t>(known - kNames.begin())] = true;
		else
			refuse(word, fmt::format("{}{}", expected, did_you_mean(word.text, kNames)),
			       report);
	});
}

void decode_trust(const YamlNode &node, bool &trust, Report &report)
{
	if (!expect_scalar(node, "true or false", report))
		return;
	if (node.text != "true" && node.text != "false")
		refuse(node, "true or false", report);
	trust = node.text == "true";
}

void decode_interface(const YamlNode &node, Context &context)
{
	InterfaceSpec spec;
	spec.location = node.at;
	const Fields fields(node, "an interface", kInterfaceKeys, context.report);
	if (const YamlEntry *name = fields.require("name"))
		decode_pattern(*name->value, spec, context);
	if (const YamlEntry *xdp = fields.find("xdp"))
		decode_xdp(*xdp->value, spec.xdp, context.report);
	if (const YamlEntry *mark = fields.find("mark"))
		decode_directions(*mark->value, spec.mark, context.report);
	if (const YamlEntry *trust = fields.find("trust"))
		decode_trust(*trust->value, spec.trust, context.report);
	if (const YamlEntry *wash = fields.find("wash"))
		decode_directions(*wash->value, spec.wash, context.report);
	context.config.interfaces.push_back(std::move(spec));
	check_limit(context.config.interfaces.size(), FM_MAX_INTERFACES, "interface", node.at,
		    context.report);
}

} // namespace

void decode_interfaces(const YamlEntry &section, Context &context)
{
	if (!expect_list(*section.value, "a list of interfaces", context.report))
		return;
	for (const YamlNode *node : section.value->items)
		decode_interface(*node, context);
}

} // namespace flowmark
