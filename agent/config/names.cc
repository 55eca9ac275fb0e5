// SPDX-License-Identifier: Apache-2.0
// names: { dns_ttl_floor, dns_ttl_ceiling, public_names }
#include <fmt/format.h>

#include "config/expected.h"
#include "config/host.h"
#include "config/scalars.h"
#include "config/sections.h"

namespace flowmark {

namespace {

constexpr std::string_view kNameKeys[] = {"dns_ttl_floor", "dns_ttl_ceiling", "public_names"};
constexpr std::uint32_t kMostSeconds = 7 * 86400; // RFC 8767, section 4
constexpr std::size_t kMaxPublicNames = 1024;

constexpr std::string_view kExpectsSeconds = "seconds, 0 to 604800 (a week)";
constexpr std::string_view kExpectsName = "a host name (cloudflare-ech.com)";

void decode_seconds(const Fields &fields, std::string_view key, std::uint32_t &seconds,
		    Context &context)
{
	const YamlEntry *const entry = fields.find(key);
	if (entry == nullptr || !give_once(*entry->key, fmt::format("names.{}", key), context) ||
	    !expect_scalar(*entry->value, kExpectsSeconds, context.report))
		return;
	if (const auto number = parse_number(entry->value->text, kMostSeconds))
		seconds = *number;
	else
		refuse(*entry->value, expected_number(entry->value->text, kExpectsSeconds),
		       context.report);
}

void add_public_name(const YamlNode &node, Context &context)
{
	HostNames &names = context.config.names.public_names;
	const std::size_t before = names.size();
	if (!parse_host(node.text, names)) {
		refuse(node, expected_host(node.text), context.report);
		return;
	}
	// What stands in hellos is a name, never all below one.
	if (names[before].starts_with(kBelow)) {
		names.remove_last();
		refuse(node, kExpectsName, context.report);
		return;
	}
	check_limit(names.size(), kMaxPublicNames, "public names", node.at, context.report);
}

void decode_public_names(const Fields &fields, Context &context)
{
	if (const YamlEntry *const entry = fields.find("public_names"))
		each_scalar(*entry->value, "a host name or a list of these", EmptyList::allowed,
			    context.report,
			    [&](const YamlNode &node) { add_public_name(node, context); });
}

} // namespace

void decode_names(const YamlEntry &section, Context &context)
{
	const Fields fields(*section.value, "the options of names", kNameKeys, context.report);
	NameOptions &names = context.config.names;
	decode_seconds(fields, "dns_ttl_floor", names.dns_ttl_floor, context);
	decode_seconds(fields, "dns_ttl_ceiling", names.dns_ttl_ceiling, context);
	decode_public_names(fields, context);
}

// The floor and the ceiling may stand in different files.
void settle_names(Context &context)
{
	const NameOptions &names = context.config.names;
	if (names.dns_ttl_floor <= names.dns_ttl_ceiling)
		return;
	const auto floor = context.given.find("names.dns_ttl_floor");
	const auto ceiling = context.given.find("names.dns_ttl_ceiling");
	context.report.error(floor != context.given.end() ? floor->second : ceiling->second,
			     found(fmt::format("a dns_ttl_floor of {}, a dns_ttl_ceiling of {}",
					       names.dns_ttl_floor, names.dns_ttl_ceiling),
				   "a floor that is not above the ceiling"));
}

} // namespace flowmark
