// SPDX-License-Identifier: Apache-2.0
#include "metrics/agent_families.h"

#include "config/scalars.h"
#include "control/version.h"
#include "metrics/process.h"

namespace flowmark {

void append_reloads(Families &out, const ReloadRecord &record)
{
	out.push_back(single_gauge("flowmark_config_last_reload_successful",
				   "Whether the last load of the policy file was accepted.",
				   record.last.ok ? 1 : 0));
	out.push_back(single_gauge("flowmark_config_last_reload_success_timestamp_seconds",
				   "When the policy in force was loaded.",
				   record.last_success ? unix_seconds(*record.last_success) : 0));
	Family reloads = Family::counter("flowmark_config_reloads_total",
					 "Reloads of the policy file.");
	reloads.add({{"result", "success"}}, record.successes);
	reloads.add({{"result", "failure"}}, record.failures);
	out.push_back(std::move(reloads).take());
}

void append_classes(Families &out, const ReloadRecord &record)
{
	Family info = Family::gauge("flowmark_class_info",
				    "The classes of the policy in force with their DSCP.");
	if (record.config)
		for (const Class &row : record.config->classes)
			info.add({{"class", row.name}, {"dscp", format_dscp(row.dscp)}}, 1.0);
	out.push_back(std::move(info).take());
}

void append_build(Families &out)
{
	Family info = Family::gauge("flowmark_build_info", "The version of the running agent.");
	info.add({{"version", version()}, {"revision", revision()}}, 1.0);
	out.push_back(std::move(info).take());
}

void append_process(Families &out)
{
	const ProcessStatus process = process_status();
	Family cpu = Family::counter("process_cpu_seconds_total",
				     "User and system CPU time of the agent.");
	cpu.add({}, process.cpu_seconds);
	out.push_back(std::move(cpu).take());
	out.push_back(single_gauge("process_resident_memory_bytes", "Resident memory of the agent.",
				   process.resident_bytes));
	out.push_back(single_gauge("process_open_fds", "Open file descriptors of the agent.",
				   process.open_fds));
	out.push_back(single_gauge("process_start_time_seconds",
				   "When the agent was started, since 1970.",
				   process.start_time_seconds));
}

} // namespace flowmark
