// SPDX-License-Identifier: Apache-2.0
#include "metrics/engine_families.h"

namespace flowmark {

namespace {

constexpr double kSecondsPerNanosecond = 1e-9;

const char *name_of(Direction direction)
{
	return direction == kIngress ? "ingress" : "egress";
}

// One family of the series that `wanted` picks.
prometheus::MetricFamily count_family(Family family, const std::vector<ClassCount> &counts,
				      bool reasons, std::uint64_t ClassCount::*value)
{
	for (const ClassCount &count : counts)
		if (count.is_reason == reasons)
			family.add({{"interface", count.interface},
				    {"direction", name_of(count.direction)},
				    {reasons ? "reason" : "class", count.name}},
				   count.*value);
	return std::move(family).take();
}

void append_tables(Families &out, const std::vector<TableStatus> &tables)
{
	Family entries = Family::gauge("flowmark_table_entries", "Entries in a bounded table.");
	Family bound = Family::gauge("flowmark_table_max_entries",
				     "Entries that a bounded table has room for.");
	Family failures = Family::counter("flowmark_table_update_failures_total",
					  "Entries that a bounded table did not take.");
	for (const TableStatus &table : tables) {
		const Labels labels{{"table", table.name}};
		entries.add(labels, table.entries);
		bound.add(labels, table.max_entries);
		failures.add(labels, table.update_failures);
	}
	for (Family *family : {&entries, &bound, &failures})
		out.push_back(std::move(*family).take());
}

void append_policy(Families &out, const PolicyStatus &policy)
{
	out.push_back(single_gauge("flowmark_policy_generation",
				   "Generation of the policy in force, 0 before the first.",
				   policy.generation));
	out.push_back(single_gauge("flowmark_policy_rules", "Rules of the policy in force.",
				   static_cast<double>(policy.rules)));
	out.push_back(single_gauge("flowmark_policy_classes", "Classes of the policy in force.",
				   static_cast<double>(policy.classes)));
	out.push_back(single_gauge("flowmark_policy_set_members",
				   "Members over all sets of the policy in force.",
				   static_cast<double>(policy.set_members)));
}

// Healthy is absent while it cannot be looked at.
void append_canary(Families &out, const CanaryStatus &canary)
{
	Family packets = Family::counter("flowmark_canary_packets_total",
					 "Known packets sent through the living programs, by how "
					 "they left.");
	packets.add({{"result", "correct"}}, canary.correct);
	packets.add({{"result", "wrong"}}, canary.wrong);
	packets.add({{"result", "failed"}}, canary.failed);
	out.push_back(std::move(packets).take());
	if (canary.last.looked)
		out.push_back(single_gauge("flowmark_canary_healthy",
					   "Whether the last round of known packets left as the "
					   "policy in force says.",
					   canary.last.holds() ? 1 : 0));
}

void append_interfaces(Families &out, const std::vector<InterfaceStatus> &interfaces)
{
	Family family = Family::gauge("flowmark_interface_attached",
				      "Whether the program sits on the interface's hook.");
	for (const InterfaceStatus &interface : interfaces)
		family.add({{"interface", interface.name},
			    {"direction", name_of(interface.direction)},
			    {"hook", interface.hook}},
			   interface.attached ? 1.0 : 0.0);
	out.push_back(std::move(family).take());
	Family errors = Family::gauge(
		"flowmark_interface_error",
		"1 for each hook that could not be attached, with the reason.");
	for (const InterfaceStatus &interface : interfaces)
		if (!interface.error.empty())
			errors.add({{"interface", interface.name},
				    {"direction", name_of(interface.direction)},
				    {"reason", interface.error}},
				   1.0);
	out.push_back(std::move(errors).take());
}

const char *name_of(XdpMode mode)
{
	if (mode == XdpMode::off)
		return "off";
	return mode == XdpMode::native ? "native" : "generic";
}

void append_xdp(Families &out, const std::vector<XdpStatus> &interfaces)
{
	Family modes = Family::gauge(
		"flowmark_interface_xdp",
		"Whether XDP does its part of the work on an interface that asks "
		"for it: attached, and its notes reach tc.");
	Family errors = Family::gauge("flowmark_interface_xdp_fallback",
				      "1 for each interface that asks for XDP and has none, with "
				      "the reason.");
	for (const XdpStatus &xdp : interfaces) {
		modes.add({{"interface", xdp.name}, {"mode", name_of(xdp.mode)}},
			  xdp.proven ? 1.0 : 0.0);
		if (!xdp.error.empty())
			errors.add({{"interface", xdp.name}, {"reason", xdp.error}}, 1.0);
	}
	out.push_back(std::move(modes).take());
	out.push_back(std::move(errors).take());
}

// Only of classes that have a policer.
void append_policed(Families &out, const std::vector<ClassCount> &counts)
{
	Family packets = Family::counter("flowmark_class_policed_packets_total",
					 "Packets that the class's policer dropped.");
	Family bytes = Family::counter("flowmark_class_policed_bytes_total",
				       "Bytes that the class's policer dropped.");
	for (const ClassCount &count : counts) {
		if (!count.policed)
			continue;
		const Labels labels{{"interface", count.interface},
				    {"direction", name_of(count.direction)},
				    {"class", count.name}};
		packets.add(labels, count.policed_packets);
		bytes.add(labels, count.policed_bytes);
	}
	out.push_back(std::move(packets).take());
	out.push_back(std::move(bytes).take());
}

void append_pins(Families &out, const EngineStatus &status)
{
	out.push_back(single_gauge("flowmark_pinned",
				   "Whether marking and counting can outlive the agent.",
				   status.pins.pinned ? 1 : 0));
	Family retired = Family::counter("flowmark_retired_counters_total",
					 "Counters that gone interfaces lost to others, the table "
					 "being full.");
	retired.add({}, status.retired_counters);
	out.push_back(std::move(retired).take());
}

const char *help_of(const std::string &family)
{
	if (family == "name_events")
		return "What became of looking for host names in the packet path.";
	if (family == "quic_hellos")
		return "ClientHellos read from QUIC Initials.";
	if (family == "quic_failures")
		return "QUIC Initials that gave no name, by reason.";
	if (family == "dns")
		return "DNS answers seen, and addresses bound by them to names.";
	return "DNS messages with something wrong, by what it was.";
}

// Each run of one family's rows is one family.
void append_names(Families &out, const std::vector<NameCount> &counts)
{
	for (std::size_t i = 0; i < counts.size();) {
		const std::string &name = counts[i].family;
		Family family = Family::counter("flowmark_" + name + "_total", help_of(name));
		for (; i < counts.size() && counts[i].family == name; i++)
			family.add({{counts[i].label, counts[i].value}}, counts[i].count);
		out.push_back(std::move(family).take());
	}
}

void append_programs(Families &out, const std::vector<ProgramStatus> &programs)
{
	Family seconds = Family::counter("flowmark_program_run_seconds_total",
					 "Time spent in a BPF program; counted while "
					 "kernel.bpf_stats_enabled is 1.");
	Family runs = Family::counter("flowmark_program_runs_total",
				      "Runs of a BPF program; counted while "
				      "kernel.bpf_stats_enabled is 1.");
	for (const ProgramStatus &program : programs) {
		seconds.add({{"program", program.name}},
			    static_cast<double>(program.run_time_ns) * kSecondsPerNanosecond);
		runs.add({{"program", program.name}}, program.run_count);
	}
	out.push_back(std::move(seconds).take());
	out.push_back(std::move(runs).take());
}

} // namespace

void append_counts(Families &out, const std::vector<ClassCount> &counts)
{
	out.push_back(count_family(
		Family::counter("flowmark_class_packets_total", "Packets of a class on the wire."),
		counts, false, &ClassCount::packets));
	out.push_back(count_family(Family::counter("flowmark_class_bytes_total",
						   "Bytes of a class on the wire, without FCS."),
				   counts, false, &ClassCount::bytes));
	out.push_back(count_family(Family::counter("flowmark_class_marked_packets_total",
						   "Packets of a class whose DSCP was changed."),
				   counts, false, &ClassCount::marked));
	append_policed(out, counts);
	out.push_back(count_family(Family::counter("flowmark_undecided_packets_total",
						   "Packets that passed without a class."),
				   counts, true, &ClassCount::packets));
	out.push_back(count_family(Family::counter("flowmark_undecided_bytes_total",
						   "Bytes of packets that passed without a class."),
				   counts, true, &ClassCount::bytes));
}

void append_features(Families &out, const std::vector<FeatureStatus> &features)
{
	Family family = Family::gauge("flowmark_kernel_feature",
				      "Whether the kernel has what is used where it is there.");
	for (const FeatureStatus &feature : features)
		family.add({{"feature", feature.name}}, feature.available ? 1.0 : 0.0);
	out.push_back(std::move(family).take());
}

void append_status(Families &out, const EngineStatus &status)
{
	append_policy(out, status.policy);
	append_features(out, status.features);
	append_pins(out, status);
	append_canary(out, status.canary);
	append_interfaces(out, status.interfaces);
	append_xdp(out, status.xdp);
	append_tables(out, status.tables);
	append_programs(out, status.programs);
	append_names(out, status.names);
}

} // namespace flowmark
