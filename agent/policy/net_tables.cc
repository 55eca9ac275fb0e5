// SPDX-License-Identifier: Apache-2.0
#include "policy/net_tables.h"

#include <fmt/format.h>

#include "policy/content_hash.h"
#include "policy/net4_table.h"
#include "policy/net6_table.h"

namespace flowmark {

namespace {

std::uint64_t add_prefix(std::uint64_t hash, const Prefix &prefix)
{
	hash = mix_content(hash, prefix.hi);
	hash = mix_content(hash, prefix.lo);
	return mix_content(hash, static_cast<std::uint64_t>(prefix.family) << 8 | prefix.length);
}

Span<std::uint32_t> span4(const Prefix &prefix, std::uint32_t group)
{
	const auto first = static_cast<std::uint32_t>(prefix.lo);
	const std::uint32_t rest = prefix.length == 0 ? ~0U : (1U << (32 - prefix.length)) - 1;
	return {first, first | rest, group};
}

Span<Address6> span6(const Prefix &prefix, std::uint32_t group)
{
	const Address6 first = static_cast<Address6>(prefix.hi) << 64 | prefix.lo;
	const Address6 rest = prefix.length == 0 ? ~Address6{0}
						 : (Address6{1} << (128 - prefix.length)) - 1;
	return {first, first | rest, group};
}

} // namespace

std::uint64_t fingerprint(std::span<const PrefixGroup> groups)
{
	std::uint64_t hash = groups.size();
	for (const PrefixGroup &group : groups) {
		hash = mix_content(hash, group.size());
		for (const Prefix &prefix : group)
			hash = add_prefix(hash, prefix);
	}
	return hash;
}

Result<std::shared_ptr<const NetTables>> build_net_tables(std::span<const PrefixGroup> groups)
{
	std::vector<Span<std::uint32_t>> spans4;
	std::vector<Span<Address6>> spans6;
	for (std::uint32_t group = 0; group < groups.size(); group++)
		for (const Prefix &prefix : groups[group])
			if (prefix.family == 4)
				spans4.push_back(span4(prefix, group));
			else
				spans6.push_back(span6(prefix, group));

	GroupSets sets;
	const auto intervals4 = Sweep<std::uint32_t>(sets).run(spans4);
	const auto intervals6 = Sweep<Address6>(sets).run(spans6);
	if (sets.size() > FM_MAX_NETS)
		return Error{
			fmt::format("found {} different overlaps of the rules' prefixes, expected "
				    "at most {}",
				    sets.size(), FM_MAX_NETS)};

	auto tables = std::make_shared<NetTables>();
	fill_net4(intervals4, *tables);
	if (!spans6.empty())
		fill_net6(intervals6, *tables);
	tables->classes = sets.take();
	tables->fingerprint = fingerprint(groups);
	return std::shared_ptr<const NetTables>(std::move(tables));
}

} // namespace flowmark
