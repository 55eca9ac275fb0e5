// SPDX-License-Identifier: Apache-2.0
#include "datapath/table_reader.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include <bpf/libbpf.h>

#include "datapath/map_walk.h"

namespace flowmark {

namespace {

template <typename Key, typename Value>
std::uint64_t count_entries(int map_fd, std::uint32_t max_entries)
{
	std::uint64_t count = 0;
	walk_map<Key, Value>(map_fd, max_entries, [&](const Key &, const Value &) { count++; });
	return std::min<std::uint64_t>(count, max_entries);
}

// Decisions of the generation in force; the rest is free to be overwritten.
std::uint64_t count_cache(const BpfObject &object)
{
	std::uint64_t *begin = object.cache(), *end = begin + object.cache_entries();
	const std::uint64_t generation = object.generation() & 0xff;
	return static_cast<std::uint64_t>(std::count_if(begin, end, [&](std::uint64_t &entry) {
		const auto value = std::atomic_ref(entry).load(std::memory_order_relaxed);
		return value != 0 && (value >> FM_ENTRY_GENERATION_SHIFT & 0xff) == generation;
	}));
}

std::uint64_t read_failures(int map_fd, std::uint32_t table)
{
	std::vector<std::uint64_t> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
	std::uint64_t sum = 0;
	if (bpf_map_lookup_elem(map_fd, &table, values.data()) == 0)
		for (const std::uint64_t value : values)
			sum += value;
	return sum;
}

ProgramStatus read_program(const char *name, int fd)
{
	ProgramStatus status;
	bpf_prog_info info{};
	std::uint32_t length = sizeof(info);
	status.name = name;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
		return status;
	status.id = info.id;
	for (const unsigned char byte : info.tag)
		status.tag += fmt::format("{:02x}", byte);
	status.run_count = info.run_cnt;
	status.run_time_ns = info.run_time_ns;
	return status;
}

} // namespace

std::vector<TableStatus> read_packet_tables(const BpfObject &object)
{
	const int failures = object.failures_fd();
	return {
		{"flow_cache", count_cache(object), object.cache_entries(), 0},
		{"flow_facts",
		 count_entries<fm_flow_key, fm_exact>(object.exact_fd(), FM_EXACT_ENTRIES),
		 FM_EXACT_ENTRIES, read_failures(failures, FM_TABLE_EXACT)},
		{"fragments",
		 count_entries<fm_frag_key, fm_frag>(object.frags_fd(), FM_FRAG_ENTRIES),
		 FM_FRAG_ENTRIES, read_failures(failures, FM_TABLE_FRAGMENTS)},
		{"recent_flows",
		 count_entries<fm_flow_key, fm_recent>(object.recent_fd(), FM_RECENT_ENTRIES),
		 FM_RECENT_ENTRIES, read_failures(failures, FM_TABLE_RECENT)},
		{"flow_names",
		 count_entries<fm_flow_key, fm_name>(object.names_fd(), FM_NAME_ENTRIES),
		 FM_NAME_ENTRIES, read_failures(failures, FM_TABLE_NAMES)},
		{"new_names",
		 count_entries<fm_flow_key, fm_name>(object.new_names_fd(), FM_NEW_NAME_ENTRIES),
		 FM_NEW_NAME_ENTRIES, read_failures(failures, FM_TABLE_NEW_NAMES)},
		{"dns_bindings",
		 count_entries<fm_binding_key, fm_binding>(object.bindings_fd(),
							   FM_BINDING_ENTRIES),
		 FM_BINDING_ENTRIES, 0},
		{"public_names",
		 count_entries<std::uint64_t, std::uint8_t>(object.public_names_fd(),
							    FM_PUBLIC_NAME_ENTRIES),
		 FM_PUBLIC_NAME_ENTRIES, 0},
	};
}

std::vector<NameCount> read_name_counts(BpfObject &object, const NameService *service)
{
	static constexpr const char *kEvents[] = {
#define FM_LABEL(name, label, help) label,
		FM_NAME_EVENTS(FM_LABEL)
#undef FM_LABEL
	};
	std::vector<NameCount> out;
	const auto events = NameMaps(object).events();
	for (std::size_t i = 0; i < events.size(); i++)
		out.push_back({"name_events", "event", kEvents[i], events[i]});
	static const NameCounts nothing;
	const NameCounts &counts = service != nullptr ? service->counts() : nothing;
	out.push_back({"quic_hellos", "result", "name", counts.quic_names});
	out.push_back({"quic_hellos", "result", "no_name", counts.quic_no_names});
	out.push_back({"quic_hellos", "result", "not_kept", counts.quic_not_kept});
	for (std::size_t i = 0; i < kQuicReasons; i++)
		out.push_back({"quic_failures", "reason",
			       std::string(label_of(static_cast<QuicReason>(i))),
			       counts.quic_failures[i]});
	out.push_back({"dns", "what", "messages", counts.dns_messages});
	out.push_back({"dns", "what", "bindings", counts.dns_bindings});
	for (std::size_t i = 0; i < kDnsProblems.size(); i++)
		out.push_back({"dns_problems", "problem", std::string(kDnsProblems[i].label),
			       counts.dns_problems[i]});
	return out;
}

std::vector<ProgramStatus> read_programs(const BpfObject &object)
{
	const std::pair<const char *, int> programs[] = {
		{"flowmark_xdp", object.xdp_fd(false)},
		{"flowmark_xdp_frags", object.xdp_fd(true)},
		{"flowmark_after", object.after_xdp_fd()},
		{"flowmark_in", object.program_fd(FM_INGRESS)},
		{"flowmark_out", object.program_fd(FM_EGRESS)},
	};
	std::vector<ProgramStatus> out;
	for (const auto &[name, fd] : programs)
		if (fd >= 0) // else not loaded: this kernel cannot
			out.push_back(read_program(name, fd));
	return out;
}

} // namespace flowmark
